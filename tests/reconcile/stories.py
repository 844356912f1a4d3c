"""Five-row histories, written as they would be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from pipelines import reconcile, standardise
from pipelines.policy import Policy

POLICY = Policy.load()
NOBODY_ABROAD = POLICY.model_copy(update={"abroad_at_record_start": "none"})
COVERAGE_FROM = date(2023, 1, 1)
AS_OF = date(2026, 1, 15)
STAYS = pa.table({"alpha3": ["KHM", "MMR", "MYS", "SGP", "THA"], "days": [30] * 5})

CROSSINGS = pa.schema(
    [
        ("crossing_id", pa.string()),
        ("is_exit", pa.bool_()),
        ("crossed_at", pa.timestamp("us", tz="UTC")),
        ("crossed_on", pa.date32()),
        ("gate_code", pa.string()),
        ("is_known_gate", pa.bool_()),
        ("document_type", pa.string()),
        ("document_number", pa.string()),
        ("country_code", pa.string()),
        ("purpose", pa.string()),
        ("batch_id", pa.string()),
        ("row_number", pa.int64()),
        ("person_id", pa.string()),
    ]
)
PLACEMENTS = pa.schema(
    [
        ("placement_id", pa.string()),
        ("person_id", pa.string()),
        ("regency_code", pa.string()),
        ("province_code", pa.string()),
        ("country_code", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("is_valid", pa.bool_()),
        ("batch_id", pa.string()),
        ("row_number", pa.int64()),
        ("link_probability", pa.float64()),
    ]
)
LISTS = pa.schema(
    [
        ("list_file", pa.string()),
        ("list_number", pa.string()),
        ("person_id", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.date32()),
        ("birth_year", pa.int32()),
        ("province_code", pa.string()),
        ("regency_code", pa.string()),
        ("country_code", pa.string()),
        ("arrived_on", pa.date32()),
        ("gate_code", pa.string()),
        ("category", pa.string()),
        ("link_probability", pa.float64()),
    ]
)
PERSONS = pa.schema(
    [
        ("person_id", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.date32()),
        ("nik_regency_code", pa.string()),
        ("birth_province_code", pa.string()),
        ("birth_regency_code", pa.string()),
        ("birth_likely_regency_code", pa.string()),
        ("is_poorly_identified", pa.bool_()),
    ]
)
GAPS = pa.schema(
    [
        ("gap_on", pa.date32()),
        ("is_exit", pa.bool_()),
        ("crossings", pa.int64()),
        ("expected_crossings", pa.float64()),
    ]
)
SCHEMAS = {
    "crossings": CROSSINGS,
    "placements": PLACEMENTS,
    "repatriations": LISTS,
    "persons": PERSONS,
    "gaps": GAPS,
}


@dataclass(frozen=True)
class Row:
    """One row of one of the tables of a story."""

    table: str
    values: dict[str, Any]


def day(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


def crossing(is_exit: bool, on: str | date, country: str | None, values: dict[str, Any]) -> Row:
    at = datetime.fromisoformat(f"{day(on)}T{values.pop('at', '08:00')}+00:00")
    defaults = {
        "is_exit": is_exit,
        "crossed_at": at,
        "crossed_on": day(on),
        "gate_code": "CGK",
        "is_known_gate": True,
        "document_type": "PASPOR",
        "document_number": "X1234567",
        "country_code": country,
        "purpose": None,
        "batch_id": "B1",
        "person_id": "P1",
    }
    return Row("crossings", {**defaults, **values})


def exit(on: str | date, country: str | None = None, **values: Any) -> Row:
    return crossing(True, on, country, values)


def entry(on: str | date, country: str | None = None, **values: Any) -> Row:
    return crossing(False, on, country, values)


def placement(
    country: str | None, first: str | date, last: str | date | None, **values: Any
) -> Row:
    defaults = {
        "person_id": "P1",
        "regency_code": "35.02",
        "province_code": "35",
        "country_code": country,
        "valid_from": day(first),
        "valid_to": day(last) if last else None,
        "is_valid": True,
        "batch_id": "B2",
        "link_probability": 1.0,
    }
    return Row("placements", {**defaults, **values})


def listed(on: str | date, country: str | None, category: str = "TPPO", **values: Any) -> Row:
    defaults = {
        "list_file": "list.xlsx",
        "person_id": "P1",
        "country_code": country,
        "arrived_on": day(on),
        "gate_code": "KNO",
        "category": category,
        "link_probability": 1.0,
    }
    return Row("repatriations", {**defaults, **values})


def person(person_id: str = "P1", born: str | None = "1990-05-01", **values: Any) -> Row:
    defaults = {
        "person_id": person_id,
        "sex": "P",
        "birth_date": day(born) if born else None,
        "nik_regency_code": "52.03",
        "is_poorly_identified": False,
    }
    return Row("persons", {**defaults, **values})


def gap(on: str | date, is_exit: bool, crossings: int = 0) -> Row:
    """A day on which one direction of the feed is known to be missing."""
    values = {
        "gap_on": day(on), "is_exit": is_exit, "crossings": crossings, "expected_crossings": 900.0,
    }  # fmt: skip
    return Row("gaps", values)


@dataclass(frozen=True)
class Told:
    """What came out: rows as dictionaries, in the order of their keys."""

    journeys: list[dict[str, Any]]
    departures: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    findings: list[dict[str, Any]]

    @property
    def only(self) -> dict[str, Any]:
        """The one departure of the story."""
        (departure,) = self.departures
        return departure

    @property
    def outcome(self) -> str:
        return str(self.only["outcome"])

    @property
    def rule(self) -> str:
        return str(self.only["rule"])

    @property
    def codes(self) -> list[str]:
        """The finding codes, sorted."""
        return sorted(row["code"] for row in self.findings)


def story(
    *rows: Row,
    policy: Policy = POLICY,
    as_of: str | date = AS_OF,
    coverage_from: str | date | None = COVERAGE_FROM,
) -> Told:
    """Run a history through journeys, departures, matches and findings."""
    tables = {
        name: pa.Table.from_pylist(_numbered(name, rows), schema=schema)
        for name, schema in SCHEMAS.items()
    }
    return run(tables, policy, day(as_of), day(coverage_from) if coverage_from else None)


def run(
    tables: dict[str, pa.Table], policy: Policy, as_of: date, coverage_from: date | None
) -> Told:
    """Run records through journeys, departures, matches and findings."""
    con = connection()
    for name, table in tables.items():
        con.register(name, table)
    queries = compiled(policy, as_of, coverage_from)
    con.execute(f"create or replace temp table journeys as {queries['journeys']}")
    return Told(**{name: _rows(con, sql) for name, sql in queries.items() if name != "gaps"})


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = con.execute(sql).to_arrow_table().to_pylist()
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _numbered(table: str, rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Rows of a table with keys in the order of the telling; people nobody introduced are added."""
    told = [row.values for row in rows if row.table == table]
    if table == "persons":
        known = {values["person_id"] for values in told}
        met = {row.values.get("person_id") for row in rows} - known - {None}
        told += [person(name).values for name in sorted(met)]
    keys = {
        "crossings": "crossing_id",
        "placements": "placement_id",
        "repatriations": "list_number",
    }
    numbered = []
    for number, values in enumerate(told, start=1):
        key = {keys[table]: f"{table[0]}{number:03}"} if table in keys else {}
        numbered.append({**key, "row_number": number, **values})
    return numbered


@lru_cache(maxsize=1)
def connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set enable_progress_bar = false; set threads = 1")
    return con


@lru_cache(maxsize=64)
def expressions(policy: Policy, as_of: date, coverage_from: date | None) -> dict[str, Any]:
    """The stages as unbound expressions over the tables of a story."""
    tables = {
        name: ibis.table(ibis.Schema.from_pyarrow(schema), name=name)
        for name, schema in {**SCHEMAS, "stays": STAYS.schema}.items()
    }
    paired = reconcile.journeys(tables["crossings"], policy)
    journeys = ibis.table(paired.schema(), name="journeys")
    lists, placements = tables["repatriations"], tables["placements"]
    written = tables["crossings"].select(
        "person_id", "document_number", birth_date=ibis.null("date")
    )
    text = ibis.literal("")
    unresolved = (
        tables["crossings"]
        .limit(0)
        .select(source=text, field=text, value=text, rows=ibis.literal(0))
    )
    return {
        "journeys": paired,
        "departures": reconcile.departures(
            journeys,
            placements,
            lists,
            tables["persons"],
            tables["stays"],
            tables["gaps"],
            policy,
            as_of,
            coverage_from,
        ),
        "matches": reconcile.list_matches(journeys, lists, policy),
        "findings": reconcile.findings_of_persons(
            tables["crossings"],
            tables["crossings"],
            journeys,
            placements,
            written,
            policy,
            as_of,
            coverage_from,
        ).union(reconcile.findings_of_records(tables["crossings"], tables["gaps"], unresolved)),
        "gaps": reconcile.feed_gaps(standardise.traffic(tables["crossings"]), policy),
    }


@lru_cache(maxsize=64)
def compiled(policy: Policy, as_of: date, coverage_from: date | None) -> dict[str, str]:
    """The stages as DuckDB queries, compiled once for all stories under the same policy."""
    connection().register("stays", STAYS)
    stages = expressions(policy, as_of, coverage_from)
    return {name: str(ibis.to_sql(stage, dialect="duckdb")) for name, stage in stages.items()}


def after(start: str | date, days: int) -> date:
    """The date so many days later."""
    return day(start) + timedelta(days=days)
