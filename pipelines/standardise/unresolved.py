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
    country = country_names.resolved(records.country_name, countries)
    gate = gate_names.resolved(records.gate_code, gates)
    purpose = purposes.resolved(records.purpose, synonyms_of_purpose)
    return _of_source(
        "perlintasan",
        _counted(current, "country_name", country.filter(country.country_code.isnull())),
        _counted(current, "gate_code", gate.filter(gate.known_gate_code.isnull())),
        _counted(current, "purpose", purpose.filter(purpose.known_purpose.isnull())),
    )


def unresolved_placements(
    records: ir.Table, countries: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries and regencies of the current placements."""
    current = records.filter(records.superseded_by.isnull())
    country = country_names.resolved(records.country_name, countries)
    placed = located_placements(current, regions)
    return _of_source(
        "penempatan",
        _counted(current, "country_name", country.filter(country.country_code.isnull())),
        _missing(placed, "regency_code", placed.regency_text, placed.regency_code),
    )


def unresolved_repatriations(
    records: ir.Table, countries: ir.Table, gates: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries, gates, provinces and regencies of the current list rows."""
    current = records.filter(records.superseded_by.isnull())
    country = country_names.resolved(records.country_name, countries)
    gate = gate_names.resolved(records.arrival_point, gates)
    placed = located_rows(current, regions)
    return _of_source(
        "pemulangan",
        _counted(current, "country_name", country.filter(country.country_code.isnull())),
        _counted(current, "arrival_point", gate.filter(gate.known_gate_code.isnull())),
        _missing(placed, "province_name", placed.province_name, placed.province_code),
        _missing(placed, "regency_name", placed.regency_name, placed.regency_code),
    )


def _counted(current: ir.Table, field: str, unknown: ir.Table) -> ir.Table:
    """How often each unknown word (the first column of `unknown`) stands in `field`."""
    values = unknown.select(value=unknown.columns[0])
    found = current.select(value=current[field]).inner_join(values, "value")
    return _rows_by_value(found, field)


def _missing(placed: ir.Table, field: str, raw: ir.StringValue, code: ir.StringValue) -> ir.Table:
    """How often each word in `raw` led to no code."""
    return _rows_by_value(placed.filter(raw.notnull() & code.isnull()).select(value=raw), field)


def _rows_by_value(values: ir.Table, field: str) -> ir.Table:
    counts = values.group_by("value").agg(rows=values.count())
    return counts.select(field=ibis.literal(field), value="value", rows="rows")


def _of_source(source: str, *counts: ir.Table) -> ir.Table:
    both = ibis.union(*counts)
    return both.select(source=ibis.literal(source), field="field", value="value", rows="rows")
