"""Corridors: from which province, through which gate, to which country."""

from __future__ import annotations

import ibis.expr.types as ir

from pipelines.surface import counts

GRAINS = {"quarter": "Q", "year": "Y"}
KEY = (
    "period_start",
    "grain",
    "origin_province_code",
    "gate_code",
    "destination_country",
)


def corridors(departures: ir.Table, provinces: ir.Table, gates: ir.Table) -> ir.Table:
    """Count departures by corridor (key period_start, grain, origin, gate, destination).

    The destination is where the person was observed, else the country stated at the gate. Unknown
    origins, gates and destinations are null and form corridors of their own.
    """
    months = departures.group_by(
        period_start=counts.month_of(departures.occurred_on),
        origin_province_code=departures.origin_province_code,
        gate_code=departures.gate_code,
        destination_country=departures.observed_country.coalesce(departures.declared_country),
    ).agg(**counts.by_outcome(departures))
    periods = counts.in_grains(months, GRAINS)
    totals = periods.group_by(KEY).agg(**counts.summed(periods))
    return _named(totals.mutate(undocumented=counts.undocumented(totals)), provinces, gates)


def _named(totals: ir.Table, provinces: ir.Table, gates: ir.Table) -> ir.Table:
    origins = provinces.select(origin_code="code", origin_province_name="name")
    points = gates.select(point_code="code", gate_name="name")
    named = totals.left_join(origins, totals.origin_province_code == origins.origin_code)
    named = named.left_join(points, named.gate_code == points.point_code)
    return named.select(*KEY, "origin_province_name", "gate_name", *counts.MEASURES, "undocumented")
