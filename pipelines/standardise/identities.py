"""Identities: crossings collapsed to who they say crossed, before anything is compared.

A frequent traveller crosses a hundred times and is written two or three ways; names are
standardised on the few ways, not on the crossings.
"""

import ibis
import ibis.expr.types as ir

from pipelines.record_keys import document_key
from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import standard_name, usable

IN_LIEU = "SPLP"


def traveller_tuples(records: ir.Table) -> ir.Table:
    """Distinct ways in which travellers were written down, over all versions of the crossings.

    Key: raw_document, raw_name, birth_date, sex, raw_nik (the last only where there is no document
    or no name, and the NIK is all that is left). `records` counts current crossings; a tuple that
    only superseded versions carry keeps its first receipt but no crossing.
    """
    needs_nik = records.document_number.isnull() | records.full_name.isnull()
    keyed = records.mutate(
        raw_nik=ibis.cases((needs_nik, records.nik)),
        is_current=records.superseded_by.isnull().cast("int64"),
        place=records.birth_place.hash(),  # numbers are aggregated in half the time and memory
        office=records.issuing_office.hash(),
        is_in_lieu=records.document_type == IN_LIEU,
    )
    collapsed = keyed.group_by(
        raw_document="document_number",
        raw_name="full_name",
        birth_date="birth_date",
        sex="sex",
        raw_nik="raw_nik",
    ).agg(
        nik=lambda t: t.nik.max(),
        place=lambda t: t.place.max(),
        office=lambda t: t.office.max(),
        is_in_lieu=lambda t: t.is_in_lieu.any(),
        records=lambda t: t.is_current.sum(),
        first_received_at=lambda t: t.received_at.min(),
        first_event_at=lambda t: t.crossed_at.min(),
        last_event_at=lambda t: t.crossed_at.max(),
    )
    tuples = _standardised(collapsed.filter(collapsed.records > 0))
    return _worded(_worded(tuples, records, "place", "birth_place"), records, "office",
                   "issuing_office")  # fmt: skip


def renumbered(earlier: ir.Table, current: ir.Table) -> ir.Table:
    """Documents of current crossings of which an earlier version bore another number.

    Key: record_key, former_key, those of the documents under both numbers. Takes superseded and
    current versions of crossings. Columns: former_received_at and former_event_at of the earliest
    version that bore the former number.
    """
    former = earlier.select(
        "crossing_id", "received_at", "crossed_at", former_number=_number(earlier)
    )
    known = current.semi_join(earlier, "crossing_id")
    both = known.select("crossing_id", document_number=_number(known)).inner_join(
        former, "crossing_id"
    )
    other = both.filter(both.document_number != both.former_number)
    return other.group_by(
        record_key=document_key(other.document_number),
        former_key=document_key(other.former_number),
    ).agg(former_received_at=other.received_at.min(), former_event_at=other.crossed_at.min())


def _number(records: ir.Table) -> ir.StringValue:
    return document_number(records.document_number)


def _worded(tuples: ir.Table, records: ir.Table, code: str, word: str) -> ir.Table:
    """`tuples` with the word in place of its code; of two words with one code the smaller."""
    words = records.select(word).drop_null().distinct()
    coded = words.group_by(**{code: words[word].hash()}).agg(**{word: words[word].min()})
    joined = tuples.left_join(coded, code)
    return joined.select(*(c for c in tuples.columns if c != code), word)


def _standardised(tuples: ir.Table) -> ir.Table:
    # The views make every expensive value once; without them the engine would write the regular
    # expressions of a name into each of its uses.
    whole = tuples.view()
    named = whole.mutate(name=standard_name(whole.raw_name)).view()
    return named.mutate(
        document_number=document_number(named.raw_document),
        name=usable(named.name),
        nik=nik(named.nik),
    )
