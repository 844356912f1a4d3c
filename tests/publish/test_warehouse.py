"""The published departures of a night are those of the night before, patched, or written anew."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.publish import digest, kept, warehouse

DEPARTURES = contracts.marts()["departures"]
CHANCES = ["departure_id", "chance_late", "undocumented_probability"]
Nation = Mapping[str, tuple[str, float | None]]  # departure -> outcome and chance

OUTCOME = st.tuples(st.sampled_from(["awaiting", "exempt"]), st.sampled_from([None, 0.25, 0.75]))
NATION = st.dictionaries(st.sampled_from([f"D{n}" for n in range(12)]), OUTCOME)
BEFORE: Nation = {f"D{n}": ("awaiting", 0.25) for n in range(8)}
AFTER: Nation = {**BEFORE, "D0": ("exempt", None), "D1": ("awaiting", 0.75), "D9": ("exempt", None)}


@pytest.fixture(autouse=True, scope="module")
def nothing_but_departures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contracts, "marts", lambda: {"departures": DEPARTURES})
        patched.setattr(kept, "keep", lambda _: None)  # it asks the table of nights
        yield


def rows_of(nation: Nation) -> pa.Table:
    rows = [
        {"departure_id": key, "outcome": outcome, "chance_late": chance,
         "undocumented_probability": chance or 0.0}
        for key, (outcome, chance) in sorted(nation.items())
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, DEPARTURES.arrow_schema)


def patch(before: Nation, after: Nation) -> warehouse.Patch:
    """Rows that came, went or have another outcome are replaced; chances are told of all."""

    def outcome(nation: Nation, key: str) -> str | None:
        return nation[key][0] if key in nation else None

    moved = {key for key in {**before, **after} if outcome(before, key) != outcome(after, key)}
    there = ibis.memtable(rows_of(after))
    return warehouse.Patch(
        gone=ibis.memtable(rows_of({k: v for k, v in before.items() if k in moved})).select(
            "departure_id"
        ),
        fresh=ibis.memtable(rows_of({k: v for k, v in after.items() if k in moved})),
        told=there.select(CHANCES),
        rows=there.count(),
    )  # fmt: skip


def write(path: Path, nation: Nation, base: Path | None = None, before: Nation = {}) -> Path:  # noqa: B006
    engine = ibis.duckdb.connect()
    patches = {"departures": patch(before, nation)} if base else {}
    warehouse.write(engine, path, {"departures": ibis.memtable(rows_of(nation))}, base, patches)
    return path


def marked(path: Path) -> Path:
    """A file with a row as no write makes it, to be known again where it was taken over."""
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE departures SET rule = 'taken over' WHERE departure_id = 'D5'")
    return path


def rule(path: Path) -> Any:
    with duckdb.connect(str(path), read_only=True) as con:
        [(said,)] = con.execute("SELECT rule FROM departures WHERE departure_id = 'D5'").fetchall()
    return said


@settings(max_examples=20, deadline=None)
@given(before=NATION, after=NATION)
def test_a_patched_file_says_what_a_whole_one_says(
    tmp_path_factory: pytest.TempPathFactory, before: Nation, after: Nation
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    base = write(folder / "base.duckdb", before)
    patched = write(folder / "patched.duckdb", after, base, before)
    whole = write(folder / "whole.duckdb", after)
    assert digest.digests(patched) == digest.digests(whole)


def test_rows_that_nothing_touched_are_taken_over(tmp_path: Path) -> None:
    base = marked(write(tmp_path / "base.duckdb", BEFORE))
    assert rule(write(tmp_path / "next.duckdb", AFTER, base, BEFORE)) == "taken over"


def test_a_file_that_lost_a_row_is_written_anew(tmp_path: Path) -> None:
    base = marked(write(tmp_path / "base.duckdb", BEFORE))
    with duckdb.connect(str(base)) as con:
        con.execute("DELETE FROM departures WHERE departure_id = 'D6'")
    again = write(tmp_path / "next.duckdb", AFTER, base, BEFORE)
    assert rule(again) is None
    assert digest.digests(again) == digest.digests(write(tmp_path / "whole.duckdb", AFTER))


@pytest.mark.parametrize(("worn", "said"), [(1.0, "taken over"), (0.99, None)])
def test_a_table_that_is_worn_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worn: float, said: str | None
) -> None:
    monkeypatch.setattr(warehouse, "WORN", worn)  # no row was deleted: rows are 1.0 times the rows
    base = marked(write(tmp_path / "base.duckdb", BEFORE))
    assert rule(write(tmp_path / "next.duckdb", AFTER, base, BEFORE)) == said
