"""Identities: crossings collapsed to who they say crossed, before anything is compared.

A frequent traveller crosses a hundred times and is written two or three ways; names are
standardised on the few ways, not on the crossings.
"""

import ibis
import ibis.expr.types as ir

from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import is_placeholder_name, standard_name


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
    )
    collapsed = keyed.group_by(
        raw_document="document_number",
        raw_name="full_name",
        birth_date="birth_date",
        sex="sex",
        raw_nik="raw_nik",
    ).agg(
        nik=lambda t: t.nik.max(),
        birth_place=lambda t: t.birth_place.max(),
        issuing_office=lambda t: t.issuing_office.max(),
        document_type=lambda t: t.document_type.max(),
        records=lambda t: t.is_current.sum(),
        first_received_at=lambda t: t.received_at.min(),
        first_event_at=lambda t: t.crossed_at.min(),
        last_event_at=lambda t: t.crossed_at.max(),
    )
    return _standardised(collapsed.filter(collapsed.records > 0))


def _standardised(tuples: ir.Table) -> ir.Table:
    # The views make every expensive value once; without them the engine would write the regular
    # expressions of a name into each of its uses.
    whole = tuples.view()
    named = whole.mutate(name=standard_name(whole.raw_name)).view()
    return named.mutate(
        document_number=document_number(named.raw_document),
        name=is_placeholder_name(named.name).ifelse(ibis.null(str), named.name),
        nik=nik(named.nik),
    )
