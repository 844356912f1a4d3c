"""Refusals of departure: gates, countries and the numbers by which the person may be known."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise.crossings import local_date
from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import usable_name


def refusals(records: ir.Table, countries: ir.Table, gates: ir.Table) -> ir.Table:
    """The current refusals. Key: refusal_id.

    `refused_on` is the date at the gate; an unknown gate code stays as delivered. The reason stays
    in the records but for whether it was the fear of work outside the legal channel.
    """
    gate = gate_names.resolved(records.gate_code, gates)
    country = country_names.resolved(records.country_name, countries)
    joined = (
        records.filter(records.superseded_by.isnull())
        .left_join(gate, [("gate_code", "raw_gate")])
        .left_join(country, [("country_name", "raw_country")])
    )
    return joined.select(
        "refusal_id",
        refused_on=local_date(joined.refused_at, joined.hours_ahead),
        gate_code=ibis.coalesce(joined.known_gate_code, joined.gate_code.upper()),
        country_code=joined.country_code,
        is_nonprocedural=(joined.refusal_reason == "NONPROSEDURAL").fill_null(False),
        document_number=document_number(joined.document_number),
        nik=nik(joined.nik),
        name=usable_name(joined.full_name),
        birth_date=joined.birth_date,
        batch_id=joined.batch_id,
        row_number=joined.row_number,
    )
