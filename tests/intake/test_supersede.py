"""Corrections: of several versions of a record, which one counts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines import contracts
from pipelines.intake import supersede

Version = tuple[str, str, str, int]  # key, file, day of receipt, row number
MOMENT = pa.timestamp("us", "UTC")


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def losers(
    con: Any, versions: list[Version], new: list[str] | None = None
) -> dict[tuple[str, int], str]:
    """(file, row_number) of each replaced version -> the file that replaces it.

    `new` are the files of tonight, all of them if not given.
    """
    files = sorted({(file, day) for _, file, day, _ in versions})
    batch = {(file, day): f"B{n}" for n, (file, day) in enumerate(files)}
    names = {identifier: file for (file, _), identifier in batch.items()}
    rows = pa.table(
        {
            "batch_id": pa.array([batch[file, day] for _, file, day, _ in versions]),
            "row_number": pa.array([number for *_, number in versions], pa.int64()),
            "received_at": pa.array([at(day) for _, _, day, _ in versions], MOMENT),
            "record_key": pa.array([key for key, *_ in versions]),
        }
    )
    batches = ibis.memtable(pa.table({"batch_id": list(names), "file": list(names.values())}))
    tonight = None if new is None else batches.filter(batches.file.isin(new)).select("batch_id")
    found = supersede.losers(ibis.memtable(rows), "record_key", batches, tonight)
    return {
        (names[row["batch_id"]], row["row_number"]): names[row["superseded_by"]]
        for row in con.to_pyarrow(found).to_pylist()
    }


CASES: list[tuple[str, list[Version], dict[tuple[str, int], str]]] = [
    ("one version", [("K", "a.csv", "2025-01-01", 1)], {}),
    (
        "the later delivery wins",
        [("K", "b.csv", "2025-01-01", 9), ("K", "a.csv", "2025-01-02", 1)],
        {("b.csv", 9): "a.csv"},
    ),
    (
        "at the same time the later name wins",
        [("K", "a.csv", "2025-01-01", 9), ("K", "b.csv", "2025-01-01", 1)],
        {("a.csv", 9): "b.csv"},
    ),
    (
        "within a file the later row wins",
        [("K", "a.csv", "2025-01-01", 1), ("K", "a.csv", "2025-01-01", 3)],
        {("a.csv", 1): "a.csv"},
    ),
    (
        "the winner is named, not the next in line",
        [("K", "a.csv", "2025-01-01", 1), ("K", "b.csv", "2025-01-02", 1),
         ("K", "c.csv", "2025-01-03", 1)],
        {("a.csv", 1): "c.csv", ("b.csv", 1): "c.csv"},
    ),
    (
        "other keys are left alone",
        [("K", "a.csv", "2025-01-01", 1), ("M", "b.csv", "2025-01-02", 1),
         ("K", "b.csv", "2025-01-02", 2)],
        {("a.csv", 1): "b.csv"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("_said", "versions", "expected"), CASES, ids=[c[0] for c in CASES])
def test_the_later_version_wins(
    con: Any, _said: str, versions: list[Version], expected: dict[tuple[str, int], str]
) -> None:
    for order in permutations(versions):
        assert losers(con, list(order)) == expected


def test_only_keys_of_tonight_are_looked_at(con: Any) -> None:
    old = [("K", "a.csv", "2025-01-01", 1), ("K", "b.csv", "2025-01-02", 1)]
    rest = [("M", "a.csv", "2025-01-01", 2), ("M", "b.csv", "2025-01-02", 2)]
    new = [("K", "c.csv", "2025-01-03", 1)]
    assert losers(con, old + rest + new, ["c.csv"]) == {
        ("a.csv", 1): "c.csv",
        ("b.csv", 1): "c.csv",
    }
    late = [
        ("K", "c.csv", "2024-12-31", 1)
    ]  # received before: it is replaced, and by whom is known
    assert losers(con, old + rest + late, ["c.csv"]) == {
        ("a.csv", 1): "b.csv", ("c.csv", 1): "b.csv",
    }  # fmt: skip
    assert losers(con, old + rest, []) == {}


def test_the_name_of_a_list_belongs_to_its_key(con: Any) -> None:
    contract, table = contracts.sources()["pemulangan"], contracts.records_of("pemulangan")
    rows = ibis.memtable(pa.table({"list_file": ["a.xlsx", "b.xlsx"], "list_number": ["1", "1"]}))
    keys = con.to_pyarrow(supersede.record_key(rows, table, contract)).to_pylist()
    assert keys == ["a.xlsx\x1f1", "b.xlsx\x1f1"]


def test_rows_are_counted_where_they_are(con: Any) -> None:
    names = ["batch_id", "rows", "accepted", "quarantined", "superseded", "status"]
    said = [("B1", 4, 0, 0, 0, "taken_in"), ("B2", 3, 0, 0, 0, "repeated"),
            ("B3", 0, 0, 0, 0, "refused")]  # fmt: skip
    batches = ibis.memtable(pa.Table.from_pylist([dict(zip(names, b, strict=True)) for b in said]))
    fates = [("B1", None), ("B1", "B9")]
    records = ibis.memtable(
        pa.table({
            "batch_id": pa.array([b for b, _ in fates]),
            "superseded_by": pa.array([s for _, s in fates], pa.string()),
        })
    )  # fmt: skip
    quarantine = ibis.memtable(pa.table({"batch_id": ["B1", "B1"], "row_number": [3, 4]}))
    found = con.to_pyarrow(supersede.counts(batches, [records], quarantine)).to_pylist()
    counted = {
        b["batch_id"]: (b["rows"], b["accepted"], b["quarantined"], b["superseded"]) for b in found
    }
    assert counted == {"B1": (4, 1, 2, 1), "B2": (3, 0, 0, 3), "B3": (0, 0, 0, 0)}
