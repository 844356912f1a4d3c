"""Refused people among the known persons, by number only: evidence would be too dear for so few."""

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible


def refusals_with_person(
    refusals: ir.Table, identities: ir.Table, person_records: ir.Table
) -> ir.Table:
    """Standardised refusals with `person_id`, null where the numbers lead to nobody or to several.

    Key: refusal_id. The rules are those of the deterministic links: the same document and a birth
    date or a name that agrees, or the same NIK and a birth date that agrees.
    """
    known = identities.select(
        "record_key", "document_number", "nik", known_name="name", known_birth_date="birth_date"
    )
    found = ibis.union(
        _same(refusals, known, "document_number"), _same(refusals, known, "nik"), distinct=True
    )
    named = found.inner_join(person_records.select("record_key", "person_id"), "record_key")
    persons = named.group_by("refusal_id").agg(
        persons=named.person_id.nunique(), person_id=named.person_id.min()
    )
    only = persons.filter(persons.persons == 1).select("refusal_id", "person_id")
    return refusals.left_join(only, "refusal_id").drop("refusal_id_right")


def _same(refusals: ir.Table, known: ir.Table, number: str) -> ir.Table:
    """Pairs (refusal_id, record_key) of one number that may be one person."""
    slim = refusals.select("refusal_id", "name", "birth_date", number)
    pairs = slim.inner_join(known.select("record_key", "known_name", "known_birth_date", number),
                            number)  # fmt: skip
    agrees = compatible.birth_dates(pairs.birth_date, pairs.known_birth_date)
    if number == "document_number":
        agrees |= compatible.names(pairs.name, pairs.known_name)
    return pairs.filter(agrees).select("refusal_id", "record_key")
