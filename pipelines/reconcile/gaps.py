"""Days on which the border feed is known to be missing: they explain, they never accuse."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.moments import days_after
from pipelines.policy import Policy
from pipelines.reconcile.periods import in_force

#: One side of a gap speaks for itself once each day of the week is in it.
WEEK = 7
SCHEMA = ibis.schema(
    {"gap_on": "date", "is_exit": "boolean", "crossings": "int64", "expected_crossings": "float64"}
)


def feed_gaps(traffic: ir.Table, policy: Policy) -> ir.Table:
    """Days without crossings, or with few, of a direction that is normally busy.

    Takes crossings counted by day (crossed_on, is_exit, crossings). Gives gap_on and is_exit (key),
    the crossings that came and the number expected. Usual is the median of the days with crossings
    within `feed_gap_window_days`: the lower one of before and after, so that a lasting fall of
    travel is no gap. A direction is normally busy where more than half of those days have crossings
    and the usual number is at least `feed_gap_min_crossings`: then silence cannot be chance. A few
    crossings a week, or a ship a week, are never one.

    Only days between the first and the last of the record are judged. Few crossings count as part
    of a delivery only with a week on either side: a record may begin and end slowly.
    """
    counted = traffic.group_by("crossed_on", "is_exit").agg(crossings=traffic.crossings.sum())
    busy = counted.view()
    days = _every_day(busy).left_join(busy, ["crossed_on", "is_exit"])
    days = days.select("crossed_on", "is_exit", crossings=days.crossings.fill_null(0))
    usual = _usual(days, busy, policy)
    is_busy = usual.is_mostly_busy & (usual.expected_crossings >= policy.feed_gap_min_crossings)
    is_thin = usual.crossings <= usual.expected_crossings * policy.feed_gap_partial_share
    is_inside = usual.before.notnull() & usual.after.notnull()
    gaps = usual.filter(is_busy & ((usual.crossings == 0) | (is_thin & is_inside)))
    return gaps.mutate(gap_on=gaps.crossed_on).select(tuple(SCHEMA)).cast(SCHEMA)


def _every_day(busy: ir.Table) -> ir.Table:
    """Each day of the record in both directions (key crossed_on, is_exit)."""
    ends = busy.agg(first=busy.crossed_on.min(), last=busy.crossed_on.max())
    stop = days_after(ends.last, 1).cast("timestamp")
    spans = ends.select(
        day=ibis.range(ends["first"].cast("timestamp"), stop, ibis.interval(days=1)).unnest()
    )
    directions = ibis.array([False, True]).unnest().name("is_exit").as_table()
    return spans.select(crossed_on=spans.day.cast("date")).cross_join(directions)


def _usual(days: ir.Table, busy: ir.Table, policy: Policy) -> ir.Table:
    """Days with what their neighbours of the same direction had (key crossed_on, is_exit)."""
    window = policy.feed_gap_window_days
    near = busy.select("is_exit", near_on="crossed_on", near_crossings="crossings")
    pairs = days.join(near, "is_exit")
    apart = pairs.near_on.delta(pairs.crossed_on, unit="day")
    pairs = pairs.mutate(apart=apart).filter(apart.between(-window, window) & (apart != 0))
    usual = pairs.group_by("crossed_on", "is_exit").agg(
        crossings=pairs.crossings.max(),
        busy_days=pairs.count(),
        before=_median(pairs, pairs.apart < 0),
        after=_median(pairs, pairs.apart > 0),
    )
    first, last = busy.crossed_on.min().as_scalar(), busy.crossed_on.max().as_scalar()
    days_before = ibis.least(usual.crossed_on.delta(first, unit="day"), window)
    days_after_it = ibis.least(last.delta(usual.crossed_on, unit="day"), window)
    return usual.mutate(
        is_mostly_busy=usual.busy_days * 2 > days_before + days_after_it,
        expected_crossings=ibis.least(
            usual.before.coalesce(usual.after), usual.after.coalesce(usual.before)
        ),
    )


def _median(pairs: ir.Table, side: ir.BooleanValue) -> ir.FloatingValue:
    """The median of one side, null where it has less than a week of days."""
    is_enough = pairs.count(where=side) >= WEEK
    return ibis.ifelse(
        is_enough, pairs.near_crossings.cast("float64").median(where=side), ibis.null("float64")
    )


def explained_days(gaps: ir.Table, policy: Policy) -> ir.Table:
    """Days of a crossing whose counterpart may lie in a gap (key seen_on, is_exit_missing).

    An entry after an exit is looked for from the day of the exit on, an exit before an entry up to
    the day of the entry, each at most `feed_gap_trip_days` away. For a missing entry the
    nearest of the gaps there must lie within `feed_gap_reach_days` for each of their days: a day
    hides the end of short trips, several days that of long ones too.
    """
    reach = max(days for _, days in policy.history("feed_gap_trip_days"))
    steps = ibis.range(0, reach + 1).unnest().name("step").as_table()
    pairs = gaps.select("gap_on", "is_exit").cross_join(steps)
    away = ibis.ifelse(pairs.is_exit, pairs.step, -pairs.step)
    near = pairs.mutate(seen_on=days_after(pairs.gap_on, away), is_exit_missing=pairs.is_exit)
    inside = near.filter(near.step <= in_force(policy, "feed_gap_trip_days", near.seen_on))
    found = inside.group_by("seen_on", "is_exit_missing").agg(
        nearest=inside.step.min(), missing=inside.count()
    )
    reach_days = found.missing * in_force(policy, "feed_gap_reach_days", found.seen_on)
    is_plausible = found.is_exit_missing | (found.nearest <= reach_days)
    return found.filter(is_plausible).select("seen_on", "is_exit_missing")
