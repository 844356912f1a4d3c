"""Every stage compiles for both engines, and its columns are those that are promised."""

import ibis
import pytest

from pipelines import reference, standardise

from .tables import (
    CROSSINGS,
    PLACEMENTS,
    POPULATION,
    RECRUITMENT,
    REFUSALS,
    REPATRIATIONS,
    reasons,
    synonyms,
    unbound,
)

MOMENT = "timestamp('UTC', 6)"


def stages():
    crossings = unbound("crossings", CROSSINGS)
    placements = unbound("placements", PLACEMENTS)
    lists = unbound("repatriations", REPATRIATIONS)
    refusals = unbound("refusals", REFUSALS)
    people, cases = unbound("population", POPULATION), unbound("recruitment", RECRUITMENT)
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    regions = standardise.Regions.shipped()
    return {
        "crossings": standardise.crossings(crossings, synonyms(), countries, gates),
        "placements": standardise.placements(placements, countries, regions),
        "repatriations": standardise.repatriations(lists, countries, gates, regions),
        "refusals": standardise.refusals(refusals, reasons(), countries, gates),
        "unresolved_refusals": standardise.unresolved_refusals(
            refusals, reasons(), countries, gates
        ),
        "population": standardise.population(people, regions.provinces, regions.regencies),
        "unresolved_population": standardise.unresolved_population(
            people, regions.provinces, regions.regencies
        ),
        "recruitment": standardise.recruitment(cases, countries),
        "unresolved_recruitment": standardise.unresolved_recruitment(cases, countries),
        "birth_places": standardise.birth_places(crossings.birth_place, regions, 0.8),
        "unresolved_crossings": standardise.unresolved_crossings(
            crossings, synonyms(), countries, gates
        ),
        "unresolved_placements": standardise.unresolved_placements(placements, countries, regions),
        "unresolved_repatriations": standardise.unresolved_repatriations(
            lists, countries, gates, regions
        ),
        "names": crossings.select(
            name=standardise.standard_name(crossings.full_name),
            tokens=standardise.tokens(crossings.full_name),
            is_placeholder=standardise.is_placeholder_name(crossings.full_name),
        ),
        "nik": crossings.select(
            nik=standardise.nik(crossings.nik),
            born=standardise.nik_birth_date(crossings.nik),
            sex=standardise.nik_sex(crossings.nik),
        ),
    }


STAGES = stages()


@pytest.mark.parametrize("stage", STAGES)
def test_compiles(stage, spark):
    for dialect in ("duckdb", spark):
        assert str(ibis.to_sql(STAGES[stage], dialect=dialect)).startswith(("SELECT", "WITH"))


def test_types_of_the_standard_tables():
    text, day, yes_no, number = "string", "date", "boolean", "int64"
    assert {c: str(t) for c, t in STAGES["crossings"].schema().items()} == {
        "crossing_id": text, "is_exit": yes_no, "crossed_at": MOMENT, "crossed_on": day,
        "gate_code": text, "is_known_gate": yes_no, "document_type": text,
        "document_number": text, "country_code": text, "purpose": text,
        "batch_id": text, "row_number": number,
    }  # fmt: skip
    kinds = {
        str(t) for name in ("placements", "repatriations") for t in STAGES[name].schema().types
    }
    assert kinds == {text, day, yes_no, number, MOMENT}
