"""Words that no reference table knows, counted for the findings.

Only words of countries, gates, purposes and regions are here: nothing that names a person.
Every table: source, field, value, rows. Key: source, field, value.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from pipelines import reference
from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise import places, purposes
from pipelines.standardise.placements import located as located_placements
from pipelines.standardise.population import unknown_regions
from pipelines.standardise.refusals import reasons as refusal_reasons
from pipelines.standardise.repatriations import located as located_rows


def unresolved(records: dict[str, ir.Table], purposes: ir.Table, reasons: ir.Table) -> ir.Table:
    """The unknown words of the tables of records given, by the tables of `data/reference/`.

    Each row is counted by itself: words of rows that came add to those of the rows before.
    """
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    regions = places.Regions.shipped()
    of: dict[str, Callable[[ir.Table], ir.Table]] = {
        "crossings": lambda t: unresolved_crossings(t, purposes, countries, gates),
        "placements": lambda t: unresolved_placements(t, countries, regions),
        "repatriations": lambda t: unresolved_repatriations(t, countries, gates, regions),
        "refusals": lambda t: unresolved_refusals(t, reasons, countries, gates),
        "recruitment": lambda t: unresolved_recruitment(t, countries),
        "population": lambda t: unresolved_population(t, regions.provinces, regions.regencies),
    }
    return ibis.union(*(of[name](rows) for name, rows in records.items()))


def unresolved_crossings(
    records: ir.Table, synonyms_of_purpose: ir.Table, countries: ir.Table, gates: ir.Table
) -> ir.Table:
    """Unknown countries, gates and purposes of the current crossings."""
    current = records.filter(records.superseded_by.isnull())
    purpose = _words(current, "purpose")
    classes = purposes.resolved(purpose.value, synonyms_of_purpose)
    return _of_source(
        "perlintasan",
        _countries(current, countries),
        _gates(current, "gate_code", gates),
        _unknown(purpose, classes.filter(classes.known_purpose.isnull())),
    )


def unresolved_placements(
    records: ir.Table, countries: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries and regencies of the current placements."""
    current = records.filter(records.superseded_by.isnull())
    placed = located_placements(current, regions)
    return _of_source(
        "penempatan",
        _countries(current, countries),
        _missing(placed, "regency_code", placed.regency_text, placed.regency_code),
    )


def unresolved_repatriations(
    records: ir.Table, countries: ir.Table, gates: ir.Table, regions: places.Regions
) -> ir.Table:
    """Unknown countries, gates, provinces and regencies of the current list rows."""
    current = records.filter(records.superseded_by.isnull())
    placed = located_rows(current, regions)
    return _of_source(
        "pemulangan",
        _countries(current, countries),
        _gates(current, "arrival_point", gates),
        _missing(placed, "province_name", placed.province_name, placed.province_code),
        _missing(placed, "regency_name", placed.regency_name, placed.regency_code),
    )


def unresolved_refusals(
    records: ir.Table, synonyms_of_reason: ir.Table, countries: ir.Table, gates: ir.Table
) -> ir.Table:
    """Unknown countries, gates and reasons of the current refusals."""
    current = records.filter(records.superseded_by.isnull())
    reason = _words(current, "refusal_reason")
    known = refusal_reasons(reason.value, synonyms_of_reason)
    return _of_source(
        "penundaan",
        _countries(current, countries),
        _gates(current, "gate_code", gates),
        _unknown(reason, known.filter(known.known_reason.isnull())),
    )


def unresolved_recruitment(records: ir.Table, countries: ir.Table) -> ir.Table:
    """Unknown promised countries of the current cases."""
    current = records.filter(records.superseded_by.isnull())
    return _of_source("takedown", _countries(current, countries))


def unresolved_population(records: ir.Table, provinces: ir.Table, regencies: ir.Table) -> ir.Table:
    """Codes of regions in the current counts that are not of today."""
    unknown = unknown_regions(records, provinces, regencies)
    return _of_source("penduduk", _words(unknown, "region_code"))


def _countries(current: ir.Table, countries: ir.Table) -> ir.Table:
    found = _words(current, "country_name")
    codes = country_names.resolved(found.value, countries)
    return _unknown(found, codes.filter(codes.country_code.isnull()))


def _gates(current: ir.Table, field: str, gates: ir.Table) -> ir.Table:
    found = _words(current, field)
    known = gate_names.resolved(found.value, gates)
    return _unknown(found, known.filter(known.known_gate_code.isnull()))


def _words(current: ir.Table, field: str) -> ir.Table:
    """The words of a field, counted before they are looked up: they are few."""
    return _rows_by_value(current.select(value=current[field]), field)


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
