"""Gates: what passes through each gate, apart from where people come from."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.surface import counts

KEY = ("period_start", "gate_code")
UNKNOWN = "unknown"


def gates(
    traffic: ir.Table,
    departures: ir.Table,
    refusals: ir.Table,
    reference: ir.Table,
    provinces: ir.Table,
) -> ir.Table:
    """Crossings, departures and refusals by month and gate (key period_start, gate_code).

    exits and entries count accepted crossings (`traffic`, by day and gate); outcomes count
    departures by the month and gate of the exit; refused, by the month and gate of the refusal, is
    none of them. Whatever has no gate stands under `unknown`. `refusals` know who left afterwards
    (`reconcile.followed`).
    """
    parts = (_flows(traffic), _outcomes(departures), _refused(refusals))
    both = ibis.union(*(_widened(part) for part in parts))
    totals = both.group_by(KEY).agg(**{name: both[name].sum().cast("int64") for name in _COUNTS})
    return _named(totals.mutate(undocumented=counts.undocumented(totals)), reference, provinces)


_REFUSED = ("refused", "refused_nonprocedural", "refused_left_later", "refused_left_elsewhere")
_COUNTS = ("exits", "entries", *counts.MEASURES, *_REFUSED)


def _flows(traffic: ir.Table) -> ir.Table:
    return traffic.group_by(
        period_start=counts.month_of(traffic.crossed_on),
        gate_code=traffic.gate_code.nullif("").fill_null(UNKNOWN),
    ).agg(
        exits=traffic.crossings.sum(where=traffic.is_exit),
        entries=traffic.crossings.sum(where=~traffic.is_exit),
    )


def _outcomes(departures: ir.Table) -> ir.Table:
    left = departures.filter(departures.departed_on.notnull())
    return left.group_by(
        period_start=counts.month_of(left.departed_on),
        gate_code=left.gate_code.fill_null(UNKNOWN),
    ).agg(**counts.by_outcome(left))


def _refused(refusals: ir.Table) -> ir.Table:
    is_elsewhere = refusals.left_gate_code != refusals.gate_code
    return refusals.group_by(
        period_start=counts.month_of(refusals.refused_on),
        gate_code=refusals.gate_code.fill_null(UNKNOWN),
    ).agg(
        refused=refusals.count(),
        refused_nonprocedural=refusals.is_nonprocedural.sum(),
        refused_left_later=refusals.left_on.count(),
        refused_left_elsewhere=is_elsewhere.fill_null(False).sum(),
    )


def _widened(part: ir.Table) -> ir.Table:
    """The part with zeros for the counts that it does not make."""
    zeros = {name: ibis.literal(0, "int64") for name in _COUNTS if name not in part.columns}
    made = {name: part[name].cast("int64") for name in _COUNTS if name in part.columns}
    return part.mutate({**zeros, **made}).select(*KEY, *_COUNTS)


def _named(totals: ir.Table, reference: ir.Table, provinces: ir.Table) -> ir.Table:
    points = reference.select(
        point_code="code",
        gate_name="name",
        gate_kind="kind",
        gate_province_code="province_code",
    )
    homes = provinces.select(home_code="code", gate_province_name="name")
    named = totals.left_join(points, totals.gate_code == points.point_code)
    named = named.left_join(homes, named.gate_province_code == homes.home_code)
    return named.select(
        *KEY,
        "gate_name",
        "gate_kind",
        "gate_province_code",
        "gate_province_name",
        *_COUNTS,
        "undocumented",
        is_known_gate=named.point_code.notnull(),
    )
