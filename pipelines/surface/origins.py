"""How far an origin can be trusted: what else is known of people whose address is on record."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

BASES = {"nik": "nik_regency_code", "birth_place": "birth_regency_code"}


def agreement(persons: ir.Table, placements: ir.Table, lists: ir.Table) -> ir.Table:
    """How often each basis names the region of the address (key basis; regency, province).

    Told by people with an address on a placement or a list. A basis without such people is missing
    here, and so are addresses themselves.
    """
    addresses = ibis.union(
        *(rows.select("person_id", home="regency_code") for rows in (placements, lists)),
        distinct=True,
    ).filter(lambda t: t.home.notnull() & t.person_id.notnull())
    known = addresses.inner_join(persons.select("person_id", *BASES.values()), "person_id")
    return ibis.union(*(_of(known, basis, column) for basis, column in BASES.items()))


def unplaced(persons: ir.Table) -> ir.Table:
    """How often the birth place of people from a regency names no region (key home; unplaced).

    Told by people with a NIK. Where a city and a regency share a name, few birth places tell.
    """
    known = persons.filter(persons.nik_regency_code.notnull())
    return known.group_by(home=known.nik_regency_code).agg(
        unplaced=known.birth_regency_code.isnull().mean()
    )


def _of(known: ir.Table, basis: str, column: str) -> ir.Table:
    rows = known.filter(known[column].notnull())
    told = rows.agg(
        all=rows.count(),
        regency=(rows[column] == rows.home).sum(),
        province=(rows[column].left(2) == rows.home.left(2)).sum(),
    )
    return told.filter(told["all"] > 0).select(
        basis=ibis.literal(basis),
        regency=told.regency / told["all"],
        province=told.province / told["all"],
    )
