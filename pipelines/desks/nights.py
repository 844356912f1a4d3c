"""What people ask of past nights: their figures, and what changed between two. Only reads."""

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import settings
from pipelines.desks.front import NothingThereError, published
from pipelines.publish import kept

RESULT = ("departure_id", "person_id", "previous_outcome", "outcome", "previous_rule", "rule",
          "cause")  # fmt: skip


class Between(NamedTuple):
    """What changed after the first night up to the last. Key of `rows`: departure_id."""

    first: dict[str, Any]
    last: dict[str, Any]
    rows: pa.Table


def file_of(now: settings.Settings, night: date) -> Path:
    """The published file of a night; of several on one date, the last."""
    files = kept.kept(now.home.warehouse)
    if of_night := [one.file for one in files if one.night == night]:
        return of_night[-1]
    known = ", ".join(str(one.night) for one in files[-5:]) or "none"
    raise NothingThereError(
        f"no published file of the night of {night} is kept; the latest: {known}"
    )


def changes(now: settings.Settings, first: date, last: date) -> Between:
    """Departures whose outcome or rule is another than in the first night, with the last cause.

    Told by the current published file, which has the changes of every night.
    """
    with published(now) as con:
        engine = ibis.duckdb.from_connection(con)
        ends = [_numbered(engine.table("nights"), night) for night in (first, last)]
        numbers = [end["night_number"] for end in ends]
        if numbers[0] > numbers[1]:
            raise NothingThereError(f"the night of {last} was not published after that of {first}")
        rows = between(engine.table("changes"), *numbers).to_pyarrow()
        return Between(ends[0], ends[1], rows)


def between(changes: ir.Table, first: int, last: int) -> ir.Table:
    """The changes of nights first + 1 to last as one; what came back to where it was is left out.

    Key: departure_id.
    """
    inside = changes.filter(changes.night_number > first, changes.night_number <= last)
    number = inside.night_number
    # argmax passes over missing values, which mean here that there was no such departure.
    at = {name: ibis.struct({"is": inside[name]}) for name in RESULT if name != "departure_id"}
    ends = inside.group_by("departure_id").agg(
        **{
            name: (value.argmin(number) if name.startswith("previous") else value.argmax(number))
            for name, value in at.items()
        }
    )
    told = ends.select("departure_id", **{name: ends[name]["is"] for name in at})
    is_same = told.outcome.identical_to(told.previous_outcome) & told.rule.identical_to(
        told.previous_rule
    )
    return told.filter(~is_same).select(*RESULT).order_by("departure_id")


def counted(rows: pa.Table) -> pa.Table:
    """How many departures went from what to what, and why; the most first."""
    t = ibis.memtable(rows)
    found = t.group_by("previous_outcome", "outcome", "cause").agg(departures=t.count())
    return found.order_by(ibis.desc("departures"), *found.columns[:3]).to_pyarrow()


def _numbered(nights: ir.Table, night: date) -> dict[str, Any]:
    of_night = nights.filter(nights.night == night).order_by(ibis.desc("night_number"))
    for row in of_night.select("night_number", "night").limit(1).to_pyarrow().to_pylist():
        found: dict[str, Any] = row
        return found
    raise NothingThereError(f"no night of {night} was published")
