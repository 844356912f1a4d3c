"""Traffic: how many cross where and when, apart from who they are."""

import ibis.expr.types as ir

NO_GATE = ""


def traffic(crossings: ir.Table) -> ir.Table:
    """Crossings by day, gate and direction. Key: crossed_on, gate_code, is_exit.

    Takes standardised crossings. `gate_code` is NO_GATE where none was told.
    """
    return crossings.group_by(
        "crossed_on", "is_exit", gate_code=crossings.gate_code.fill_null(NO_GATE)
    ).agg(crossings=crossings.count())
