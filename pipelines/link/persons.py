"""Clusters -> persons, under a pseudonym that stays.

The person is named after the identity that was received first. That identity is a function of the
deliveries alone, so that nights one after another and one full rebuild give the same person_id; a
later record never renames a person, and when two persons turn out to be one the older id stays. A
document whose number was corrected keeps the name that it had, as long as nobody else bears it.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from pipelines.record_keys import document_key, list_key, placement_key

Pseudonym = Callable[[ir.StringValue], ir.StringValue]

SEXES = ("L", "P")  # another word says nothing, and might say who it is
OWN = "own"  # the rule of an identity that no link touches, or that others are linked to
DAY_BITS = 20  # days since 1900 below the count of records, to pick the commonest date in one pass


def person_records(
    identities: ir.Table,
    members: ir.Table,
    links: ir.Table,
    claims: ir.Table,
    pseudonym: Pseudonym,
) -> ir.Table:
    """Which person each identity belongs to, and by which rule. Key: source, record_key.

    `members` are (record_key, cluster_id) of the identities that links touch; the others are
    persons of their own, with rule `own` and probability 1. Some identities may be left out, as
    long as the clusters of the others are whole. `claims` are those of `claims`.
    """
    named = _named(identities, claims)
    anchors = _anchors(named, members)
    strongest = _strongest(links)
    joined = named.left_join(anchors, "record_key").left_join(strongest, "record_key")
    return joined.select(
        "source",
        "record_key",
        person_id=pseudonym(joined.anchor_name.fill_null(joined.name_key)),
        link_rule=joined.rule.fill_null(OWN),
        link_probability=joined.link_probability.fill_null(1.0),
    )


def claims(renumbered: ir.Table, identities: ir.Table) -> ir.Table:
    """Documents named after a number that they bore before a correction. Key: record_key.

    Takes `renumbered` of `standardise`, and has its columns; a claim lapses where one of all
    `identities` bears the number.
    """
    claimed = renumbered.anti_join(identities, [("former_key", "record_key")])
    earliest = ["former_received_at", "former_event_at", "record_key", "former_key"]
    for key in ("former_key", "record_key"):  # one document claims it, and claims one
        order = ibis.window(group_by=key, order_by=earliest)
        ranked = claimed.mutate(place=ibis.row_number().over(order)).view()
        claimed = ranked.filter(ranked.place == 0).drop("place")
    return claimed


def _named(identities: ir.Table, claims: ir.Table) -> ir.Table:
    """Identities by the key that may name a person, and when it came. Key: record_key.

    That is their own, or that of the document as it was written before a correction.
    """
    joined = identities.left_join(claims, "record_key")
    return joined.select(
        "source",
        "record_key",
        name_key=joined.former_key.fill_null(joined.record_key),
        first_received_at=joined.former_received_at.fill_null(joined.first_received_at),
        first_event_at=joined.former_event_at.fill_null(joined.first_event_at),
    )


def _anchors(named: ir.Table, members: ir.Table) -> ir.Table:
    """(record_key, anchor_name): the identity of the cluster that was received first."""
    clustered = named.inner_join(members, "record_key")
    first = ibis.window(
        group_by="cluster_id", order_by=["first_received_at", "first_event_at", "name_key"]
    )
    return clustered.select("record_key", anchor_name=clustered.name_key.first().over(first))


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
) -> ir.Table:
    """One row per person with the attributes its records agree on most. Key: person_id.

    `nik_regions` are (nik_prefix, regency_code), `birth_places` (birth_place, province_code,
    regency_code, likely_regency_code).
    """
    of_person = identities.inner_join(
        person_records.select("record_key", "person_id"), "record_key"
    )
    epoch = ibis.date("1900-01-01")
    weighed = of_person.mutate(
        weighed_birth_date=of_person.records * (1 << DAY_BITS)
        + of_person.birth_date.delta(epoch, unit="day"),
        sex=ibis.cases((of_person.sex.isin(SEXES), of_person.sex)),
        is_poor=_is_poor(of_person),
    )
    gathered = weighed.group_by("person_id").agg(
        sex=lambda t: t.sex.min(),
        other_sex=lambda t: t.sex.max(),
        weighed_birth_date=lambda t: t.weighed_birth_date.max(),
        first_birth_date=lambda t: t.birth_date.min(),
        last_birth_date=lambda t: t.birth_date.max(),
        nik=lambda t: t.nik.min(),
        birth_place=lambda t: t.birth_place.min(where=t.source == "perlintasan"),
        is_poorly_identified=lambda t: t.is_poor.all(),
    )
    days = gathered.weighed_birth_date % (1 << DAY_BITS)
    dated = gathered.mutate(
        birth_date=(epoch.cast("timestamp") + days.as_interval("D")).cast("date"),
        nik_prefix=gathered.nik.substr(0, 6),
    )
    regions = nik_regions.select("nik_prefix", nik_regency_code="regency_code")
    codes = ("province_code", "regency_code", "likely_regency_code")
    places = birth_places.rename({f"birth_{code}": code for code in codes})
    known = dated.left_join(regions, "nik_prefix").left_join(places, "birth_place")
    return known.select(
        "person_id",
        sex=ibis.cases((known.sex == known.other_sex, known.sex)),
        birth_date=known.birth_date,
        nik_regency_code=known.nik_regency_code,
        birth_province_code=known.birth_province_code,
        birth_regency_code=known.birth_regency_code,
        birth_likely_regency_code=known.birth_likely_regency_code,
        is_poorly_identified=known.is_poorly_identified,
        is_contested_birth_date=(known.first_birth_date != known.last_birth_date).fill_null(False),
    )


def shared_identities(identities: ir.Table, person_records: ir.Table) -> ir.Table:
    """Identities of persons whom a link joined from several. Key: record_key.

    Columns: record_key, person_id, document_number, birth_date.
    """
    joined = person_records.filter(person_records.link_rule != OWN).select("person_id").distinct()
    theirs = person_records.semi_join(joined, "person_id").select("record_key", "person_id")
    return identities.inner_join(theirs, "record_key").select(
        "record_key", "person_id", "document_number", "birth_date"
    )


def _is_poor(identities: ir.Table) -> ir.BooleanValue:
    """No usable name or (at the border) document, no birth date and no NIK."""
    at_border = identities.source == "perlintasan"
    nameless = identities.name.isnull() | (at_border & identities.document_number.isnull())
    return nameless & identities.birth_date.isnull() & identities.nik.isnull()


def crossings_keyed(crossings: ir.Table, others: ir.Table) -> ir.Table:
    """Standardised crossings with the record_key of their traveller. Key: crossing_id.

    A document leads to its bearer. `others` (see `crossings_of`) are the few whose record_key is
    not their document: none given, or another bearer's number.
    """
    others = others.rename(by_words="record_key")
    whole = crossings.view()  # closes the joins that made it, so that more can follow
    joined = whole.left_join(others, "crossing_id")
    by_document = document_key(joined.document_number)
    return joined.select(*crossings.columns, record_key=joined.by_words.coalesce(by_document))


def crossings_with_person(crossings: ir.Table, person_records: ir.Table) -> ir.Table:
    """Crossings with person_id, where the traveller's record_key has one. Key: crossing_id."""
    travellers = person_records.filter(person_records.source == "perlintasan").select(
        "record_key", "person_id"
    )
    joined = crossings.view().left_join(travellers, "record_key")
    return joined.select(*(c for c in crossings.columns if c != "record_key"), "person_id")


def otherwise_keyed(keyed: ir.Table) -> ir.Table:
    """The ways of writing that their document alone does not lead to: none, or another bearer's."""
    by_document = keyed.record_key == document_key(keyed.document_number)
    return keyed.filter(~by_document.fill_null(False))


def crossings_of(records: ir.Table, keyed: ir.Table) -> ir.Table:
    """(crossing_id, record_key) of the current crossings that are written as one of `keyed`.

    They are looked up by the words in which they were delivered.
    """
    documents = keyed.select(document=keyed.raw_document.fill_null("")).distinct()
    written = records.filter(records.superseded_by.isnull())
    near = written.mutate(document=written.document_number.fill_null("")).semi_join(
        documents, "document"
    )
    needs_nik = near.document_number.isnull() | near.full_name.isnull()
    near = near.mutate(raw_nik=ibis.cases((needs_nik, near.nik)))
    found = _as_words(near, "document_number", "full_name", "raw_nik", "crossing_id")
    wanted = _as_words(keyed, "raw_document", "raw_name", "raw_nik", "record_key")
    return found.inner_join(wanted, WORDS).select("crossing_id", "record_key")


WORDS = ["document", "words", "born", "gender", "number"]


def _as_words(t: ir.Table, document: str, name: str, nik: str, key: str) -> ir.Table:
    """The five columns of WORDS without nulls, so that they can be joined, and the key."""
    columns = (t[document], t[name], t.birth_date.cast("string"), t.sex, t[nik])
    values = {word: c.fill_null("") for word, c in zip(WORDS, columns, strict=True)}
    return t.select(key, **values)


def placements_with_person(placements: ir.Table, person_records: ir.Table) -> ir.Table:
    """Placements with person_id and link_probability. Key: placement_id."""
    return _with_person(placements, placement_key(placements.placement_id), person_records)


def repatriations_with_person(repatriations: ir.Table, person_records: ir.Table) -> ir.Table:
    """List rows with person_id and link_probability. Key: list_file, list_number."""
    return _with_person(
        repatriations, list_key(repatriations.list_file, repatriations.list_number), person_records
    )


def _with_person(records: ir.Table, key: ir.StringValue, person_records: ir.Table) -> ir.Table:
    of_record = person_records.select("record_key", "person_id", "link_probability")
    return records.mutate(record_key=key).inner_join(of_record, "record_key").drop("record_key")
