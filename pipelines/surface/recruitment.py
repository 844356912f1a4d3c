"""Recruitment: blocked content by promised country, beside who left for there."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.surface import counts
from pipelines.surface.corridors import GRAINS

KEY = ("period_start", "grain", "promised_country")
UNKNOWN = "unknown"


def recruitment(cases: ir.Table, departures: ir.Table, countries: ir.Table) -> ir.Table:
    """Cases by period of the report and promised country (key period_start, grain, country).

    Grains and destinations are those of `corridors`. Standing side by side proves no connection:
    content is counted where it was reported, not whom it reached.
    """
    reported = _reported(cases)
    left = _left(departures)
    both = reported.left_join(left, KEY)
    is_known = both.promised_country != UNKNOWN
    named = both.left_join(
        countries.select("alpha3", "name_id", "name_en"), both.promised_country == countries.alpha3
    )
    measured = {
        name: ibis.cases((is_known, named[name].fill_null(0))) for name in ("departures", SUM)
    }
    return named.select(
        *KEY, "name_id", "name_en", "reported", "blocked", "median_days_to_block", **measured
    )


SUM = "undocumented"


def _reported(cases: ir.Table) -> ir.Table:
    """Counts of cases (key KEY); a block before the report says nothing about speed."""
    rows = cases.select(
        "blocked_on",
        period_start=cases.reported_on,
        promised_country=cases.country_code.fill_null(UNKNOWN),
        days=cases.blocked_on.delta(cases.reported_on, unit="day"),
    )
    periods = counts.in_grains(rows, GRAINS)
    return periods.group_by(KEY).agg(
        reported=periods.count(),
        blocked=periods.blocked_on.count(),
        median_days_to_block=periods.days.median(where=periods.days >= 0),
    )


def _left(departures: ir.Table) -> ir.Table:
    """Departures by destination, as `corridors` counts them (key KEY)."""
    months = departures.group_by(
        period_start=counts.month_of(departures.occurred_on),
        promised_country=departures.observed_country.coalesce(departures.declared_country),
    ).agg(**counts.by_outcome(departures))
    periods = counts.in_grains(months, GRAINS)
    totals = periods.group_by(KEY).agg(**counts.summed(periods))
    return totals.select(*KEY, "departures", undocumented=counts.undocumented(totals))
