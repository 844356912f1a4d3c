"""Refusals of departure: gates, countries and the numbers by which the person may be known."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise import purposes
from pipelines.standardise.crossings import local_date
from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import usable, with_standard_name


def refusals(
    records: ir.Table, synonyms_of_reason: ir.Table, countries: ir.Table, gates: ir.Table
) -> ir.Table:
    """The current refusals. Key: refusal_id.

    `synonyms_of_reason` has word and reason. `refused_on` is the date at the gate; an unknown gate
    code stays as delivered. `is_nonprocedural`: work outside the legal channel was feared; other
    reasons stay in the records.
    """
    gate = gate_names.resolved(records.gate_code, gates)
    country = country_names.resolved(records.country_name, countries)
    reason = reasons(records.refusal_reason, synonyms_of_reason)
    current = with_standard_name(records.filter(records.superseded_by.isnull()))
    joined = (
        current.left_join(gate, [("gate_code", "raw_gate")])
        .left_join(country, [("country_name", "raw_country")])
        .left_join(reason, [("refusal_reason", "raw_reason")])
    )
    return joined.select(
        "refusal_id",
        refused_on=local_date(joined.refused_at, joined.hours_ahead),
        gate_code=ibis.coalesce(joined.known_gate_code, joined.gate_code.upper()),
        country_code=joined.country_code,
        is_nonprocedural=(joined.known_reason == "NONPROSEDURAL").fill_null(False),
        document_number=document_number(joined.document_number),
        nik=nik(joined.nik),
        name=usable(joined.full_name),
        birth_date=joined.birth_date,
        batch_id=joined.batch_id,
        row_number=joined.row_number,
    )


def reasons(raw: ir.StringColumn, synonyms: ir.Table) -> ir.Table:
    """The distinct values of `raw` with their reasons. Key: raw_reason. Columns: and known_reason.

    Words are read as those of purposes are; known_reason is null where the contract has none such.
    """
    known = purposes.resolved(raw, synonyms.select("word", purpose="reason"))
    return known.select(raw_reason="raw_purpose", known_reason="known_purpose")
