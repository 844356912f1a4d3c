"""Where a departure comes from: the first source that says so, and which one it was."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# Of a city and a regency that share the name of the place of birth, the one with most people.
SHARED = "shared_birth_place"
# Where one source gives the province alone, and another one names a regency in it.
PROVINCE_WITH = "province_with_"

# Province and regency columns of each basis, best first. A NIK tells where somebody was first
# registered, not where they live; a place of birth is weaker still, and a shared one weakest.
BASES: tuple[tuple[str, str, str], ...] = (
    ("list", "list_province_code", "list_regency_code"),
    ("placement", "placement_province_code", "placement_regency_code"),
    ("nik", "nik_province_code", "nik_regency_code"),
    ("birth_place", "birth_province_code", "birth_regency_code"),
    (SHARED, "birth_province_code", "birth_likely_regency_code"),
)


def origin(evidence: ir.Table) -> ir.Table:
    """Add origin_province_code, origin_regency_code and origin_basis (key and rows unchanged).

    The first basis that knows a province gives it, and the first that names a regency in that
    province gives this. A province alone is an origin too. The basis names whoever gave the
    regency, and says so where another gave the province.
    """
    t = evidence.mutate(nik_province_code=evidence.nik_regency_code.left(2))
    t = t.mutate(
        origin_province_code=ibis.coalesce(*(t[province] for _, province, _ in BASES)),
        province_basis=ibis.cases(
            *((t[province].notnull(), basis) for basis, province, _ in BASES)
        ),
    )
    inside = [
        (basis, (t[province] == t.origin_province_code) & t[regency].notnull(), t[regency])
        for basis, province, regency in BASES
    ]
    t = t.mutate(
        origin_regency_code=ibis.cases(*((is_inside, code) for _, is_inside, code in inside)),
        regency_basis=ibis.cases(*((is_inside, basis) for basis, is_inside, _ in inside)),
    )
    return t.mutate(origin_basis=_named(t)).drop("province_basis", "regency_basis")


def _named(t: ir.Table) -> ir.StringValue:
    is_of_one = (t.regency_basis == t.province_basis) | (t.regency_basis == SHARED)
    return ibis.cases(
        (t.regency_basis.isnull(), t.province_basis.fill_null("unknown")),
        (is_of_one, t.regency_basis),
        else_=ibis.literal(PROVINCE_WITH) + t.regency_basis,
    )
