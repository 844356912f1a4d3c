"""Counting departures by outcome, the same way in every published table."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

UNDOCUMENTED = ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")

OUTCOMES = (
    "documented",
    *UNDOCUMENTED,
    "awaiting",
    "documented_diverted",
    "exempt",
    "returned_within_stay",
    "returned_late",
    "insufficient_data",
)

MEASURES = ("departures", *OUTCOMES)


def by_outcome(departures: ir.Table) -> dict[str, ir.IntegerScalar]:
    """Aggregations `departures` and one per outcome, to be used in `.agg(...)`."""
    counts = {outcome: (departures.outcome == outcome).sum() for outcome in OUTCOMES}
    return {"departures": departures.count(), **counts}


def undocumented_by(departures: ir.Table, *bases: str) -> ir.IntegerScalar:
    """Undocumented departures whose origin rests on one of `bases`."""
    is_counted = departures.outcome.isin(UNDOCUMENTED)
    return (is_counted & departures.origin_basis.isin(bases)).sum()


def summed(table: ir.Table, measures: tuple[str, ...] = MEASURES) -> dict[str, ir.IntegerScalar]:
    """Aggregations that add up counts already made."""
    return {measure: table[measure].sum().cast("int64") for measure in measures}


def undocumented(table: ir.Table) -> ir.IntegerValue:
    """Confirmed, suspected and unrecorded: the sum that regions are ranked by."""
    confirmed, suspected, unrecorded = (table[outcome] for outcome in UNDOCUMENTED)
    return confirmed + suspected + unrecorded


def month_of(day: ir.DateValue) -> ir.DateValue:
    """The first day of the month."""
    return day.truncate("M").cast("date")


def in_grains(months: ir.Table, grains: dict[str, str]) -> ir.Table:
    """Monthly counts once per grain, `period_start` moved to the start of each grain's period."""
    return ibis.union(
        *(
            months.mutate(
                period_start=months.period_start.truncate(unit).cast("date"),
                grain=ibis.literal(grain),
            )
            for grain, unit in grains.items()
        )
    )
