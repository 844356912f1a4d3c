"""Clusters -> persons, under a pseudonym that stays.

The person is named after the identity that was received first. That identity is a function of the
deliveries alone, so that nights one after another and one full rebuild give the same person_id; a
later record never renames a person, and when two persons turn out to be one the older id stays.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

Pseudonym = Callable[[ir.StringValue], ir.StringValue]

DAY_BITS = 20  # days since 1900 below the count of records, to pick the commonest date in one pass


def person_records(
    identities: ir.Table, members: ir.Table, links: ir.Table, pseudonym: Pseudonym
) -> ir.Table:
    """Which person each identity belongs to, and by which rule. Key: source, record_key.

    `members` are (record_key, cluster_id) of the identities that links touch; the others are
    persons of their own, with rule `own` and probability 1.
    """
    anchors = _anchors(identities, members)
    strongest = _strongest(links)
    joined = identities.left_join(anchors, "record_key").left_join(strongest, "record_key")
    return joined.select(
        "source",
        "record_key",
        person_id=pseudonym(joined.anchor_key.fill_null(joined.record_key)),
        link_rule=joined.rule.fill_null("own"),
        link_probability=joined.link_probability.fill_null(1.0),
    )


def _anchors(identities: ir.Table, members: ir.Table) -> ir.Table:
    """(record_key, anchor_key): the identity of the cluster that was received first."""
    clustered = identities.inner_join(members, "record_key")
    first = ibis.window(
        group_by="cluster_id", order_by=["first_received_at", "first_event_at", "record_key"]
    )
    return clustered.select("record_key", anchor_key=clustered.record_key.first().over(first))


def _strongest(links: ir.Table) -> ir.Table:
    """(record_key, rule, link_probability): the strongest link of each identity."""
    order = ibis.window(
        group_by="record_key", order_by=[ibis.desc("link_probability"), "rule", "token"]
    )
    ranked = links.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("record_key", "rule", "link_probability")


def persons(
    identities: ir.Table,
    person_records: ir.Table,
    nik_regions: ir.Table,
    birth_places: ir.Table,
    default_birth_dates: list[ir.Value],
) -> ir.Table:
    """One row per person with the attributes its records agree on most. Key: person_id.

    `nik_regions` are (nik_prefix, regency_code), `birth_places` (birth_place, regency_code).
    """
    of_person = identities.inner_join(
        person_records.select("record_key", "person_id"), "record_key"
    )
    poor = _is_poor(of_person, default_birth_dates)
    epoch = ibis.date("1900-01-01")
    weighed = of_person.mutate(
        weighed_birth_date=of_person.records * (1 << DAY_BITS)
        + of_person.birth_date.delta(epoch, unit="day"),
        is_poor=poor,
    )
    gathered = weighed.group_by("person_id").agg(
        sex=lambda t: t.sex.min(),
        sexes=lambda t: t.sex.nunique(),
        weighed_birth_date=lambda t: t.weighed_birth_date.max(),
        first_birth_date=lambda t: t.birth_date.min(),
        last_birth_date=lambda t: t.birth_date.max(),
        nik=lambda t: t.nik.min(),
        birth_place=lambda t: t.birth_place.min(),
        is_poorly_identified=lambda t: t.is_poor.all(),
    )
    days = gathered.weighed_birth_date % (1 << DAY_BITS)
    dated = gathered.mutate(
        birth_date=(epoch.cast("timestamp") + days.as_interval("D")).cast("date"),
        nik_prefix=gathered.nik.substr(0, 6),
    )
    regions = nik_regions.select("nik_prefix", nik_regency_code="regency_code")
    places = birth_places.select("birth_place", birth_regency_code="regency_code")
    known = dated.left_join(regions, "nik_prefix").left_join(places, "birth_place")
    return known.select(
        "person_id",
        sex=ibis.cases((known.sexes == 1, known.sex)),
        birth_date=known.birth_date,
        nik_regency_code=known.nik_regency_code,
        birth_regency_code=known.birth_regency_code,
        is_poorly_identified=known.is_poorly_identified,
        is_contested_birth_date=(known.first_birth_date != known.last_birth_date).fill_null(False),
    )


def _is_poor(identities: ir.Table, defaults: list[ir.Value]) -> ir.BooleanValue:
    """No usable name or (at the border) document, and a birth date that says nothing."""
    at_border = identities.source == "perlintasan"
    nameless = identities.name.isnull() | (at_border & identities.document_number.isnull())
    dateless = identities.birth_date.isnull() | identities.birth_date.isin(defaults)
    return nameless & dateless & identities.nik.isnull()
