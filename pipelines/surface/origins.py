"""How far an origin can be trusted: what else is known of people whose address is on record."""

from __future__ import annotations

from typing import NamedTuple

import ibis
import ibis.expr.types as ir

# Of each basis the columns of the province and the regency that it names: a name that a city and a
# regency share names the province alone.
BASES = {
    "nik": ("nik_province_code", "nik_regency_code"),
    "birth_place": ("birth_province_code", "birth_regency_code"),
}
# What `reconcile.origin` calls a regency that a basis names in a province that another gave, and
# one that shares the name of the place of birth with a smaller one.
IN_PROVINCE = "province_with_"
SHARED = "shared_birth_place"


class Trust(NamedTuple):
    """agreement (key basis; regency, province): how often a basis names the region of the address.
    strays (key basis, province_code; people): the wrong provinces that it names instead. unplaced
    (key home; unplaced): how often the birth place of people from a regency names no region.
    namesakes (key regency_code, home; share): where the people of a shared name live.
    """

    agreement: ir.Table
    strays: ir.Table
    unplaced: ir.Table
    namesakes: ir.Table


def trust(persons: ir.Table, placements: ir.Table, lists: ir.Table, regencies: ir.Table) -> Trust:
    """Told by people with an address on a placement or a list, by people with a NIK, and by the
    population of regencies (code, name, province_code, population)."""
    addresses = ibis.union(
        *(rows.select("person_id", home="regency_code") for rows in (placements, lists)),
        distinct=True,
    ).filter(lambda t: t.home.notnull() & t.person_id.notnull())
    people = persons.mutate(nik_province_code=persons.nik_regency_code.left(2))
    columns = [column for of_basis in BASES.values() for column in of_basis]
    known = addresses.inner_join(people.select("person_id", *columns), "person_id")
    return Trust(agreement(known), strays(known), unplaced(persons), namesakes(regencies))


def agreement(known: ir.Table) -> ir.Table:
    """How often each basis names the region of the address (key basis; regency, province).

    Takes people with an address and the columns of BASES. A basis without such people is missing
    here, and so are addresses themselves. Of a regency in a province that is known, those in the
    right province tell.
    """
    of_basis = ibis.union(*(_of(known, basis) for basis in BASES))
    inside = of_basis.filter(of_basis.province > 0).select(
        basis=ibis.literal(IN_PROVINCE) + of_basis.basis,
        regency=of_basis.regency / of_basis.province,
        province=ibis.literal(1.0),
    )
    return of_basis.union(inside)


def _of(known: ir.Table, basis: str) -> ir.Table:
    province, regency = (known[column] for column in BASES[basis])
    told = known.agg(
        regency=(regency == known.home).mean(),
        province=(province == known.home.left(2)).mean(),
    )
    columns = {"basis": ibis.literal(basis), "regency": told.regency, "province": told.province}
    return told.filter(told.regency.notnull()).select(**columns)


def strays(known: ir.Table) -> ir.Table:
    """Which wrong provinces each basis names, and for how many (key basis, province_code; people).

    They are not those where most people live: a slip of the pen does not ask how many do. Who is at
    home in a province cannot be said to be from there wrongly, so that those who can count for all.
    """
    named = ibis.union(
        *(
            known.select(
                basis=ibis.literal(basis), province_code=province, lives_in=known.home.left(2)
            )
            for basis, (province, _) in BASES.items()
        )
    ).drop_null("province_code")
    all_of_basis = named.group_by("basis").agg(all=named.count())
    homes = named.group_by("basis", province_code="lives_in").agg(at_home=named.count())
    wrong = named.filter(named.province_code != named.lives_in)
    counted = wrong.group_by("basis", "province_code").agg(people=wrong.count())
    t = counted.inner_join(all_of_basis, "basis").left_join(homes, ["basis", "province_code"])
    everybody = t["all"] / (t["all"] - t.at_home.fill_null(0))
    return t.select("basis", "province_code", people=(t.people * everybody).round().cast("int64"))


def unplaced(persons: ir.Table) -> ir.Table:
    """How often the birth place of people from a regency names no region (key home; unplaced).

    Told by people with a NIK. Where a city and a regency share a name, few birth places tell.
    """
    known = persons.filter(persons.nik_regency_code.notnull())
    place = known.birth_regency_code.coalesce(known.birth_likely_regency_code)
    return known.group_by(home=known.nik_regency_code).agg(unplaced=place.isnull().mean())


def namesakes(regencies: ir.Table) -> ir.Table:
    """The regencies of a province that share a name, each beside each (key regency_code, home).

    Column share: how many of the people of both live in `home`.
    """
    named = regencies.select(
        "name", "province_code", home="code", people=regencies.population.cast("float64")
    )
    beside = ibis.window(group_by=["name", "province_code"])
    shared = named.mutate(share=named.people / named.people.sum().over(beside))
    return named.select("name", "province_code", regency_code="home").inner_join(
        shared.filter(shared.share < 1), ["name", "province_code"]
    ).select("regency_code", "home", "share")  # fmt: skip
