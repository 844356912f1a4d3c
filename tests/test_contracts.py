"""Contracts: sound by the standard, used to the last column, and saying one thing once."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import ibis
import pytest
from datacontract.data_contract import DataContract

from pipelines import contracts, dictionary, settings
from pipelines.contracts import Column, Table
from pipelines.publish import warehouse
from tests import story
from tests.story import Told

FILES = sorted(settings.SCHEMAS.glob("*/*.yaml"))
CLASSES = {"public", "internal", "quasi-identifier", "sensitive", "direct-identifier"}


def every_table() -> dict[str, Table]:
    named = {f"{schema}.{name}": table for (schema, name), table in contracts.lake().items()}
    extracts = {f"{kind}.{name}": t for (kind, name), t in contracts.extracts().items()}
    return {**contracts.sources(), **named, **contracts.marts(), **extracts}


def every_column() -> list[tuple[str, Column]]:
    return [(name, column) for name, table in every_table().items() for column in table.columns]


# Sound


@pytest.mark.parametrize("file", FILES, ids=[f"{f.parent.name}/{f.stem}" for f in FILES])
def test_the_contract_lints(file: Path) -> None:
    run = DataContract(data_contract_file=str(file)).lint()
    problems = [check.reason for check in run.checks if check.result != "passed"]
    assert (run.result.value, problems) == ("passed", [])


def test_the_linter_would_complain(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILES[0].read_text("utf-8").replace("kind: DataContract", "kind: Nothing"))
    assert DataContract(data_contract_file=str(broken)).lint().result.value != "passed"


def test_all_contracts_are_read() -> None:
    assert len(FILES) == len(contracts.sources()) + 5 + len(contracts.marts()) + 3
    assert len(every_table()) > 25
    assert len(every_column()) > 200


@pytest.mark.parametrize("name", every_table())
def test_every_table_and_column_has_its_meaning_class_and_key(name: str) -> None:
    table = every_table()[name]
    assert table.description_en
    assert table.grain
    assert table.keys
    assert len(set(table.names)) == len(table.names)
    for column in table.columns:
        assert column.description_en, column.name
        assert column.description_id, column.name
        assert column.classification in CLASSES, column.name


def test_a_direction_is_one_of_its_vocabulary() -> None:
    direction = contracts.sources()["perlintasan"].column("arah")
    [check] = [c for c in contracts.sources()["perlintasan"].checks if c.id == "unknown_direction"]
    assert set(check.arguments["validValues"]) == set(direction.vocabulary.values())


# One word, two things: the state of a delivery or of a placement, a province's official name or
# what a list wrote for it, and why a row was set apart or a person passed into another.
HOMONYMS = {"status", "province_name", "reason"}


def test_a_field_means_the_same_everywhere() -> None:
    said = defaultdict(set)
    for table, column in every_column():
        if table not in contracts.sources():
            said[column.name].add((column.logical_type, column.classification))
    assert {name for name, found in said.items() if len(found) > 1} == HOMONYMS
    assert all(len({kind for kind, _ in said[name]}) == 1 for name in HOMONYMS)


def test_records_take_type_and_class_of_what_was_delivered() -> None:
    compared = 0
    for source, contract in contracts.sources().items():
        for column in contracts.records_of(source).columns:
            if column.source and column.source.startswith(f"{source}."):
                delivered = contract.column(column.source.split(".")[1])
                found = (column.logical_type, column.classification)
                assert found == (delivered.logical_type, delivered.classification), column.source
                compared += 1
    assert compared > 40


def test_every_delivered_column_goes_into_the_records() -> None:
    for source, contract in contracts.sources().items():
        taken = {c.source for c in contracts.records_of(source).columns}
        assert {f"{source}.{name}" for name in contract.names} <= taken


# Used


# What humans decided, and what changed since the night before: the first night has neither.
OF_LATER_NIGHTS = {
    ("identity", "judgements"), ("identity", "person_history"), ("reconciled", "changes"),
    ("ops", "corrections"), ("ops", "erased"),
}  # fmt: skip


def test_every_lake_table_is_written_and_no_other_is_there(told: Told) -> None:
    with story.opened(told.now) as lake:
        there = {
            (schema, name)
            for schema in ("ops", "records", "standard", "identity", "reconciled")
            for name in lake.ibis.list_tables(database=("lake", schema))
        }
        assert there == set(contracts.lake())
        for (schema, name), contract in contracts.lake().items():
            rows = lake.table(schema, name)
            assert rows.schema().to_pyarrow().names == contract.names
            is_written = bool(story.rows(lake, schema, name))
            is_told = (schema, name) not in OF_LATER_NIGHTS | NOT_TOLD
            assert is_written is is_told, f"{schema}.{name}"


# The story tells of none of these sources, of no gap of the feed and of no corrected number.
NOT_TOLD = {("records", name) for name in ("refusals", "population", "recruitment")}
NOT_TOLD |= {("reconciled", "gaps"), ("reconciled", "refusals"), ("standard", "renumbered")}

# Empty in the story although written: a list of journeys has no second wave, and so on.
NEVER_FILLED = {
    "records.crossings.issuing_office", "records.crossings.carrier_number",
    "records.placements.district_code", "records.placements.village", "records.placements.agency",
    "records.placements.superseded_by", "records.repatriations.age",
    "records.repatriations.village", "records.repatriations.district_name",
    "records.repatriations.wave", "records.repatriations.remarks",
    "records.repatriations.superseded_by", "reconciled.departures.next_exit_on",
    "standard.repatriations.wave", "standard.repatriations.district_code",
    "standard.identities.issuing_office", "ops.batches.skipped", "ops.batches.stated_rows",
    "ops.quarantine.file_position", "identity.persons.birth_likely_regency_code",
}  # fmt: skip


def test_every_column_of_the_lake_is_filled_by_some_row(told: Told) -> None:
    empty = set()
    with story.opened(told.now) as lake:
        for schema, name in set(contracts.lake()) - OF_LATER_NIGHTS - NOT_TOLD:
            table = lake.table(schema, name)
            counts = table.agg(**{c: table[c].count() for c in table.columns}).to_pyarrow()
            [counted] = counts.to_pylist()
            empty |= {f"{schema}.{name}.{column}" for column, n in counted.items() if n == 0}
    assert empty == NEVER_FILLED


def test_the_published_tables_are_those_of_the_contracts(told: Told) -> None:
    query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    types = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
             "date": "DATE", "timestamp": "TIMESTAMP WITH TIME ZONE"}  # fmt: skip
    wanted = [
        (table.name, column.name, types[column.logical_type])
        for table in contracts.marts().values()
        for column in table.columns
    ]
    assert sorted(story.ask(told.home, query)) == sorted(wanted)


def test_every_published_table_has_rows(told: Told) -> None:
    empty = [name for name, rows in story.published(told.home).items() if not rows]
    assert empty == ["changes", "recruitment"]


def test_meanings_are_comments_in_the_published_file(told: Told) -> None:
    tables = dict(story.ask(told.home, "SELECT table_name, comment FROM duckdb_tables()"))
    assert tables == {
        t.name: f"{t.description_en} | {t.description_id}" for t in contracts.marts().values()
    }
    query = "SELECT table_name, column_name, comment FROM duckdb_columns()"
    columns = {(table, column): said for table, column, said in story.ask(told.home, query)}
    for table in contracts.marts().values():
        for column in table.columns:
            wanted = f"{column.description_en} | {column.description_id}"
            assert columns[table.name, column.name] == wanted


# Dictionary


def test_the_dictionary_is_what_the_contracts_say() -> None:
    written = dictionary.FILE.read_text("utf-8")
    assert written == dictionary.dictionary_markdown(), "run `make dictionary`"


def test_the_dictionary_has_every_table_and_column() -> None:
    page = dictionary.dictionary_markdown()
    for name, table in every_table().items():
        section = page.split(f"\n### {name}\n")[1].split("\n### ")[0]
        assert section.count("\n| ") == len(table.columns) + 1, name


# Identifiers


def test_no_published_column_is_a_direct_identifier() -> None:
    direct = [
        f"{table.name}.{column.name}"
        for table in contracts.marts().values()
        for column in table.columns
        if column.classification == contracts.DIRECT_IDENTIFIER
    ]
    assert direct == []
    identifying = {c.name for _, c in every_column() if c.classification == "direct-identifier"}
    assert {"full_name", "nik", "document_number", "passport_number"} <= identifying
    assert identifying.isdisjoint(n for t in contracts.marts().values() for n in t.names)


def tables_of(con: Any) -> dict[str, Any]:
    return {
        name: con.create_table(f"t_{name}", schema=ibis.schema(table.arrow_schema))
        for name, table in contracts.marts().items()
    }


def test_the_warehouse_refuses_a_direct_identifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_name = contracts.lake()["records", "crossings"].column("full_name")
    batches = contracts.marts()["batches"]
    named = Table(**{**vars_of(batches), "columns": (*batches.columns, full_name)})
    con = ibis.duckdb.connect()
    tables = tables_of(con)
    with monkeypatch.context() as patched:
        patched.setattr(contracts, "marts", lambda: {"batches": named})
        with pytest.raises(warehouse.IdentifierError, match=r"batches\.full_name"):
            warehouse.write(con, tmp_path / "pulang.duckdb", tables)
    assert list(tmp_path.iterdir()) == []


def vars_of(table: Table) -> dict[str, Any]:
    return {name: getattr(table, name) for name in table.__dataclass_fields__}


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_the_warehouse_wants_exactly_the_tables_of_the_contracts(
    tmp_path: Path, change: str
) -> None:
    con = ibis.duckdb.connect()
    tables = tables_of(con)
    if change == "missing":
        del tables["gates"]
    else:
        tables["extra"] = tables["gates"]
    with pytest.raises(KeyError, match="gates" if change == "missing" else "extra"):
        warehouse.write(con, tmp_path / "pulang.duckdb", tables)
    assert list(tmp_path.iterdir()) == []


def test_columns_beyond_the_contract_are_not_published(tmp_path: Path) -> None:
    con = ibis.duckdb.connect()
    tables = tables_of(con)
    tables["gates"] = tables["gates"].mutate(full_name=ibis.literal("SITI KENARI"))
    warehouse.write(con, tmp_path / "pulang.duckdb", tables)
    assert b"KENARI" not in (tmp_path / "pulang.duckdb").read_bytes()
