"""Residents of regions: what was delivered, else the table that is shipped."""

from __future__ import annotations

import ibis.expr.types as ir

REFERENCE = "reference"


def with_population(frame: ir.Table, delivered: ir.Table) -> ir.Table:
    """Regions with the residents of the latest half-year that ended before the period.

    `frame` has region_code, period_start and population, that of the reference table, which stays
    where nothing was delivered; `population_semester` says which it is. Periods keep their figure
    when a later half-year comes. Rows unchanged.
    """
    periods = frame.select("period_start").distinct()
    due = periods.cross_join(delivered)
    due = due.filter(due.counted_on < due.period_start)
    return _given(frame, due, ["period_start", "region_code"])


def with_latest_population(regions: ir.Table, delivered: ir.Table) -> ir.Table:
    """Regions (region_code, population) with the residents of the latest half-year delivered."""
    return _given(regions, delivered, ["region_code"])


def _given(frame: ir.Table, delivered: ir.Table, key: list[str]) -> ir.Table:
    latest = delivered.group_by(key).agg(
        delivered=delivered.population.argmax(delivered.counted_on),
        population_semester=delivered.semester.argmax(delivered.counted_on),
    )
    joined = frame.left_join(latest, key)
    given = {
        "population": joined.delivered.coalesce(joined.population),
        "population_semester": joined.population_semester.fill_null(REFERENCE),
    }
    return joined.select(*(name for name in frame.columns if name not in given), **given)
