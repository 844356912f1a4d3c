"""Refused people who left all the same. A refusal is no exit, and leaving later no offence."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.policy import Policy
from pipelines.reconcile.findings import as_findings, detailed

LEFT_BY_ANOTHER_GATE = "left_by_another_gate"


def followed(refusals: ir.Table, departures: ir.Table, policy: Policy) -> ir.Table:
    """Refusals with the first departure of the person in the days after. Key: refusal_id.

    Adds left_on, left_gate_code and left_outcome, null where nobody left or nobody is known.
    The day of the refusal counts: one gate in the morning, another in the evening.
    """
    exits = departures.filter(departures.departed_on.notnull()).select(
        "person_id", "departed_on", "departure_key", left_gate_code="gate_code",
        left_outcome="outcome",
    )  # fmt: skip
    pairs = refusals.select("refusal_id", "person_id", "refused_on").inner_join(exits, "person_id")
    days = pairs.departed_on.delta(pairs.refused_on, unit="day")
    soon = pairs.filter(days.between(0, policy.refusal_watch_days))
    in_order = ibis.window(group_by="refusal_id", order_by=["departed_on", "departure_key"])
    first = soon.mutate(place=ibis.row_number().over(in_order))
    first = first.filter(first.place == 0).select(
        "refusal_id", "left_gate_code", "left_outcome", left_on="departed_on"
    )
    return refusals.left_join(first, "refusal_id").drop("refusal_id_right")


def left_by_another_gate(followed: ir.Table) -> ir.Table:
    """Refused at one gate, left by another one soon after: one finding per refusal."""
    rows = followed.filter(followed.left_gate_code != followed.gate_code)
    parts = {
        "refused_at": rows.gate_code,
        "refused_on": rows.refused_on,
        "outcome": rows.left_outcome,
    }
    told = rows.select(
        "batch_id",
        "row_number",
        "person_id",
        occurred_on=rows.left_on,
        gate_code=rows.left_gate_code,
        detail=detailed(parts),
    )
    return as_findings(told, LEFT_BY_ANOTHER_GATE)
