"""Words that no reference table knows, counted for the findings.

Only words of countries, gates, purposes and regions are here: nothing that names a person.
Every table: source, field, value, rows. Key: source, field, value.
"""

import ibis
import ibis.expr.types as ir

from pipelines import reference
from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise import places, purposes
from pipelines.standardise.placements import located as located_placements
from pipelines.standardise.repatriations import located as located_rows


def unresolved(
    crossings: ir.Table, placements: ir.Table, repatriations: ir.Table, purposes: ir.Table
) -> ir.Table:
    """The unknown words of all records, by the tables of `data/reference/`."""
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    regions = places.Regions.shipped()
    return ibis.union(
        unresolved_crossings(crossings, purposes, countries, gates),
        unresolved_placements(placements, countries, regions),
        unresolved_repatriations(repatriations, countries, gates, regions),
        distinct=False,
    )


def unresolved_crossings(
    records: ir.Table, synonyms_of_purpose: ir.Table, countries: ir.Table, gates: ir.Table
) -> ir.Table:
    """Unknown countries, gates and purposes of the current crossings."""
    current = records.filter(records.superseded_by.isnull())
    country, gate, purpose = (
        _rows_by_value(current.select(value=current[field]), field)
        for field in ("country_name", "gate_code", "purpose")
    )
    codes = country_names.resolved(country.value, countries)
    known_gates = gate_names.resolved(gate.value, gates)
    classes = purposes.resolved(purpose.value, synonyms_of_purpose)
    return _of_source(
        "perlintasan",
        _unknown(country, codes.filter(codes.country_code.isnull())),
        _unknown(gate, known_gates.filter(known_gates.known_gate_code.isnull())),
        _unknown(purpose, classes.filter(classes.known_purpose.isnull())),
    )


def unresolved_placements(
    records: ir.Table, countries: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries and regencies of the current placements."""
    current = records.filter(records.superseded_by.isnull())
    country = _rows_by_value(current.select(value="country_name"), "country_name")
    codes = country_names.resolved(country.value, countries)
    placed = located_placements(current, regions)
    return _of_source(
        "penempatan",
        _unknown(country, codes.filter(codes.country_code.isnull())),
        _missing(placed, "regency_code", placed.regency_text, placed.regency_code),
    )


def unresolved_repatriations(
    records: ir.Table, countries: ir.Table, gates: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries, gates, provinces and regencies of the current list rows."""
    current = records.filter(records.superseded_by.isnull())
    country, gate = (
        _rows_by_value(current.select(value=current[field]), field)
        for field in ("country_name", "arrival_point")
    )
    codes = country_names.resolved(country.value, countries)
    known_gates = gate_names.resolved(gate.value, gates)
    placed = located_rows(current, regions)
    return _of_source(
        "pemulangan",
        _unknown(country, codes.filter(codes.country_code.isnull())),
        _unknown(gate, known_gates.filter(known_gates.known_gate_code.isnull())),
        _missing(placed, "province_name", placed.province_name, placed.province_code),
        _missing(placed, "regency_name", placed.regency_name, placed.regency_code),
    )


def _unknown(counted: ir.Table, unknown: ir.Table) -> ir.Table:
    """What was counted of the words that are unknown (the first column of `unknown`)."""
    return counted.semi_join(unknown.select(value=unknown.columns[0]), "value")


def _missing(placed: ir.Table, field: str, raw: ir.StringValue, code: ir.StringValue) -> ir.Table:
    """How often each word in `raw` led to no code."""
    return _rows_by_value(placed.filter(raw.notnull() & code.isnull()).select(value=raw), field)


def _rows_by_value(values: ir.Table, field: str) -> ir.Table:
    counts = values.group_by("value").agg(rows=values.count())
    return counts.select(field=ibis.literal(field), value="value", rows="rows")


def _of_source(source: str, *counts: ir.Table) -> ir.Table:
    both = ibis.union(*counts)
    return both.select(source=ibis.literal(source), field="field", value="value", rows="rows")
