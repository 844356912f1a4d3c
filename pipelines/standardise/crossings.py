"""Crossings: 22 million a year, so words are resolved on their few distinct values."""

import ibis
import ibis.expr.types as ir

from pipelines import moments
from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise import purposes
from pipelines.standardise.identifiers import document_number

# WIB, where a gate is not known: most crossings are in it, and DESIGN reads a bare time as WIB.
DEFAULT_HOURS_AHEAD = gate_names.HOURS_AHEAD_OF_UTC["WIB"]


def crossings(
    records: ir.Table, synonyms_of_purpose: ir.Table, countries: ir.Table, gates: ir.Table
) -> ir.Table:
    """`std_crossings`: the current crossings. Key: crossing_id.

    `records` are all versions; `synonyms_of_purpose` has word and purpose. `crossed_on` is the date
    at the gate. `gate_code` is null only when missing: an unknown code stays as delivered.
    """
    gate = gate_names.resolved(records.gate_code, gates)
    country = country_names.resolved(records.country_name, countries)
    purpose = purposes.resolved(records.purpose, synonyms_of_purpose)
    joined = (
        records.filter(records.superseded_by.isnull())
        .left_join(gate, [("gate_code", "raw_gate")])
        .left_join(country, [("country_name", "raw_country")])
        .left_join(purpose, [("purpose", "raw_purpose")])
    )
    return joined.select(
        "crossing_id",
        is_exit=joined.direction == "KELUAR",
        crossed_at=joined.crossed_at,
        crossed_on=local_date(joined.crossed_at, joined.hours_ahead),
        gate_code=ibis.coalesce(joined.known_gate_code, joined.gate_code.upper()),
        is_known_gate=joined.known_gate_code.notnull(),
        document_type=joined.document_type,
        document_number=document_number(joined.document_number),
        country_code=joined.country_code,
        purpose=purposes.class_of(joined.purpose, joined.known_purpose),
        batch_id=joined.batch_id,
        row_number=joined.row_number,
    )


def local_date(moment: ir.TimestampValue, hours_ahead: ir.IntegerValue) -> ir.DateValue:
    """The date on the wall where `moment` is `hours_ahead` of UTC (WIB when null)."""
    ahead = hours_ahead.fill_null(DEFAULT_HOURS_AHEAD) * moments.HOUR
    return moments.date_of(moments.microseconds(moment) + ahead)
