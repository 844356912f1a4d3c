"""Coverage: how much of each record meets another, month by month."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from pipelines.surface import counts

COUNTS = (
    "exits",
    "exits_with_entry",
    "entries",
    "entries_with_exit",
    "placements",
    "placements_with_exit",
    "returnees",
    "returnees_with_exit",
    "departures",
    "origin_unknown",
)
SHARES = (
    ("exits_with_entry", "exits"),
    ("entries_with_exit", "entries"),
    ("placements_with_exit", "placements"),
    ("returnees_with_exit", "returnees"),
    ("origin_unknown", "departures"),
)
# Days after which the overdue are looked for again, as in the US overstay report.
RESOLVED_AFTER = (30, 60, 90, 180)


def coverage(
    traffic: ir.Table,
    departures: ir.Table,
    placements: ir.Table,
    rows: ir.Table,
    matches: ir.Table,
    as_of: date,
) -> ir.Table:
    """How many records of each month met their counterpart (key period_start).

    Exits count by the month of exit, entries by the month of entry, valid placements by their
    first day, returnees (list rows) by their arrival. days_without_feed: days of the month, inside
    the border record (`traffic`), without a single crossing. overdue and resolved: see `_resolved`.
    """
    parts = (
        _exits(departures),
        _entries(departures),
        _origins(departures),
        _placements(placements, departures),
        _returnees(rows, matches, departures),
    )
    both = ibis.union(*(_widened(part) for part in parts))
    totals = both.group_by("period_start").agg(
        **{name: both[name].sum().cast("int64") for name in COUNTS}
    )
    shares = {f"{part}_share": totals[part] / totals[whole].nullif(0) for part, whole in SHARES}
    measured = _with_feed_days(totals.mutate(shares), traffic)
    seen_until = ibis.least(traffic.crossed_on.max().as_scalar(), ibis.literal(as_of))
    resolved = _resolved(departures.mutate(seen_until=seen_until)).view()
    joined = measured.left_join(resolved, "period_start").drop("period_start_right")
    return joined.mutate(overdue=joined.overdue.fill_null(0))


def _exits(departures: ir.Table) -> ir.Table:
    rows = departures.filter(departures.departed_on.notnull())
    return rows.group_by(period_start=counts.month_of(rows.departed_on)).agg(
        exits=rows.count(), exits_with_entry=rows.return_crossing_id.notnull().sum()
    )


def _entries(departures: ir.Table) -> ir.Table:
    rows = departures.filter(departures.return_crossing_id.notnull())
    return rows.group_by(period_start=counts.month_of(rows.returned_on)).agg(
        entries=rows.count(), entries_with_exit=rows.departed_on.notnull().sum()
    )


def _origins(departures: ir.Table) -> ir.Table:
    return departures.group_by(period_start=counts.month_of(departures.occurred_on)).agg(
        departures=departures.count(),
        origin_unknown=(departures.origin_basis == "unknown").sum(),
    )


def _placements(placements: ir.Table, departures: ir.Table) -> ir.Table:
    valid = placements.filter(placements.is_valid).select("placement_id", "valid_from")
    left = departures.filter(departures.departed_on.notnull() & departures.placement_id.notnull())
    met = left.select(met_id="placement_id").distinct()
    rows = valid.left_join(met, valid.placement_id == met.met_id)
    return rows.group_by(period_start=counts.month_of(rows.valid_from)).agg(
        placements=rows.count(), placements_with_exit=rows.met_id.notnull().sum()
    )


def _returnees(rows: ir.Table, matches: ir.Table, departures: ir.Table) -> ir.Table:
    slim = rows.select("list_file", "list_number", "arrived_on")
    keyed = slim.left_join(
        matches.select("list_file", "list_number", "departure_key"), ["list_file", "list_number"]
    )
    listed = departures.filter(departures.list_file.notnull())
    met = keyed.left_join(listed.select("departure_key", "exit_crossing_id"), "departure_key")
    return met.group_by(period_start=counts.month_of(met.arrived_on)).agg(
        returnees=met.count(), returnees_with_exit=met.exit_crossing_id.notnull().sum()
    )


def _widened(part: ir.Table) -> ir.Table:
    """The part with zeros for the counts that it does not make."""
    zeros = {name: ibis.literal(0, "int64") for name in COUNTS if name not in part.columns}
    made = {name: part[name].cast("int64") for name in COUNTS if name in part.columns}
    return part.mutate({**zeros, **made}).select("period_start", *COUNTS)


def _with_feed_days(totals: ir.Table, traffic: ir.Table) -> ir.Table:
    """Add days_without_feed: days of the month inside the record, less those with a crossing."""
    days = traffic.select("crossed_on").distinct()
    seen = days.group_by(month=counts.month_of(days.crossed_on)).agg(seen_days=days.count())
    record = days.agg(record_from=days.crossed_on.min(), record_to=days.crossed_on.max())
    rows = totals.left_join(seen, totals.period_start == seen.month).cross_join(record)
    next_month = _as_date(rows.period_start + ibis.interval(months=1))
    after_record = _as_date(rows.record_to + ibis.interval(days=1))
    first = ibis.greatest(rows.period_start, rows.record_from)
    expected = ibis.least(next_month, after_record).delta(first, unit="day")
    missing = ibis.greatest(expected, 0) - rows.seen_days.fill_null(0)
    return rows.mutate(days_without_feed=missing.cast("int64")).drop(
        "month", "seen_days", "record_from", "record_to"
    )


def _resolved(departures: ir.Table) -> ir.Table:
    """How many of the unmatched came back later, by month of exit (key period_start).

    overdue: not back on `due_on`, the last day of stay and grace, with neither a valid placement
    nor an exempt purpose. resolved_N: of them back within N days after that day; somebody who left
    again had come back by then. Null until N days have passed for every exit of the month, and
    the border record (`seen_until`) covers them.
    """
    left = departures.filter(
        departures.departed_on.notnull()
        & departures.placement_id.isnull()
        & (departures.outcome != "exempt")
    )
    back_on = left.returned_on.coalesce(left.next_exit_on)
    is_overdue = (left.due_on < left.seen_until) & (back_on.isnull() | (back_on > left.due_on))
    days_late = ibis.ifelse(is_overdue, back_on.delta(left.due_on, unit="day"), ibis.null("int64"))
    rows = left.mutate(is_overdue=is_overdue, days_late=days_late)
    within = {f"within_{days}": (rows.days_late <= days).sum() for days in RESOLVED_AFTER}
    months = rows.group_by(period_start=counts.month_of(rows.departed_on)).agg(
        overdue=rows.is_overdue.sum().cast("int64"),
        last_due_on=rows.due_on.max(),
        seen_until=rows.seen_until.max(),
        **within,
    )
    resolved = {}
    for days in RESOLVED_AFTER:
        is_known = months.seen_until.delta(months.last_due_on, unit="day") > days
        count = months[f"within_{days}"].fill_null(0).cast("int64")
        resolved[f"resolved_{days}"] = ibis.cases((is_known, count))
    shares = {f"{n}_share": count / months.overdue.nullif(0) for n, count in resolved.items()}
    return months.select("period_start", "overdue", **resolved, **shares)


def _as_date(value: ir.DateValue) -> ir.DateValue:
    """A date again: engines make a timestamp of a date plus an interval, unknown to Ibis."""
    return value.cast("timestamp").cast("date")
