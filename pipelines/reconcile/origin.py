"""Where a departure comes from: the first source that says so, and which one it was."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# Province and regency columns of each basis, best first. A NIK tells where somebody was first
# registered, not where they live; a place of birth is weaker still.
BASES: tuple[tuple[str, str, str], ...] = (
    ("list", "list_province_code", "list_regency_code"),
    ("placement", "placement_province_code", "placement_regency_code"),
    ("nik", "nik_province_code", "nik_regency_code"),
    ("birth_place", "birth_province_code", "birth_regency_code"),
)


def origin(evidence: ir.Table) -> ir.Table:
    """Add origin_province_code, origin_regency_code and origin_basis (key and rows unchanged).

    Province and regency come from the same basis; a province alone is an origin too.
    """
    known = evidence.mutate(nik_province_code=evidence.nik_regency_code.left(2))
    return known.mutate(
        origin_province_code=_first(known, [(p, p) for _, p, _ in BASES]),
        origin_regency_code=_first(known, [(p, r) for _, p, r in BASES]),
        origin_basis=ibis.cases(
            *((known[province].notnull(), basis) for basis, province, _ in BASES), else_="unknown"
        ),
    )


def _first(known: ir.Table, columns: list[tuple[str, str]]) -> ir.StringValue:
    """The value of the first basis whose province is known."""
    return ibis.cases(*((known[province].notnull(), known[value]) for province, value in columns))
