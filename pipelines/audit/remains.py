"""What still holds of an extract when rows behind it were erased or destroyed since.

What is withheld depends on every row, so it cannot be worked out again with some of them gone. Each
row that is left can be: what is shown of it has to be true, and its evidence the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.audit.compose import Parts
from pipelines.audit.figures import quarter_of
from pipelines.audit.proof import Extract
from pipelines.audit.suppression import WITHHELD

SAME, OTHER, GONE = "same", "other", "gone"
# These rest on the papers behind a departure, and change where one of them is gone.
OF_PAPERS = ("papers", "full_name", "birth_date", "nik", "document_number")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """What left the lake: rows (batch_id, row_number) erased, deliveries (batch_id) destroyed.

    `departures` are those of which the night of the extract has an empty row left.
    """

    rows: frozenset[tuple[str, int]] = frozenset()
    deliveries: frozenset[str] = frozenset()
    departures: int = 0


@dataclass(frozen=True)
class Remains:
    """How many rows of each table are SAME, OTHER or GONE."""

    departures: Counter[str]
    evidence: Counter[str]


def compared(extract: Extract, left: Parts, taken: Taken) -> Remains:
    """Hold every row of an extract against what is left of its scope."""
    key = "departure_id" if extract.request.is_identified else "row_id"
    truth = {row[key]: row for row in left.departures.to_pylist()}
    sealed = left.whole
    judge = _rows(left, taken) if sealed is None else _seals(extract, left, sealed, taken)
    behind = [(row[key], judge(row)) for row in extract.rows("evidence").to_pylist()]
    touched = {name for name, verdict in behind if verdict == GONE}
    shown = [
        _departure(row, truth.get(row[key]), OF_PAPERS if row[key] in touched else ())
        for row in extract.rows("departures").to_pylist()
    ]
    found = Counter(shown)
    if found[GONE] > taken.departures:  # an erasure leaves an empty row, nothing else does
        found[OTHER] += found.pop(GONE)
    return Remains(found, Counter(verdict for _, verdict in behind))


def _departure(said: Row, true: Row | None, but: tuple[str, ...]) -> str:
    if true is None:
        return GONE
    is_so = all(_is_true(name, said[name], true[name]) for name in said if name not in but)
    return SAME if is_so else OTHER


def _is_true(name: str, said: Any, true: Any) -> bool:
    if said in (WITHHELD, true):
        return True
    return name == "period" and bool(true) and said in (quarter_of(true), true[:4])


def _seals(extract: Extract, left: Parts, whole: pa.Table, taken: Taken) -> Callable[[Row], str]:
    """A judge of seals. One that covers a destroyed row cannot be told from a changed one."""
    again = {(r["row_id"], r["role"], r["seal"]) for r in left.evidence.to_pylist()}
    again |= {(r["row_id"], WITHHELD, r["seal"]) for r in whole.to_pylist()}
    there = set(left.departures["row_id"].to_pylist())
    has_less = not taken.deliveries.isdisjoint(extract.rows("deliveries")["batch_id"].to_pylist())

    def judge(row: Row) -> str:
        if (row["row_id"], row["role"], row["seal"]) in again:
            return SAME
        return GONE if has_less or row["row_id"] not in there else OTHER

    return judge


def _rows(left: Parts, taken: Taken) -> Callable[[Row], str]:
    """A judge of delivered rows."""
    keys = ("departure_id", "role", "batch_id", "row_number")
    again = {tuple(row[k] for k in keys): row for row in left.evidence.to_pylist()}

    def judge(row: Row) -> str:
        found = again.get(tuple(row[name] for name in keys))
        if found is not None:
            return SAME if found == row else OTHER
        is_erased = (row["batch_id"], row["row_number"]) in taken.rows
        return GONE if is_erased or row["batch_id"] in taken.deliveries else OTHER

    return judge
