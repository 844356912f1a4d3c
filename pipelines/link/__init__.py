"""Link: which records belong to one person, by number, by evidence and by judgement."""

from pipelines.link.blocking import Known
from pipelines.link.deterministic import links
from pipelines.link.evidence import bearers, proven
from pipelines.link.history import history
from pipelines.link.identities import identities, place_words, traveller_keys, with_keys
from pipelines.link.linking import Found, Linking, Stored, kept, population
from pipelines.link.matching import known, name_keys
from pipelines.link.model import WEIGHTS, Weights, declared, weights
from pipelines.link.persons import (
    claims,
    crossings_keyed,
    crossings_of,
    crossings_with_person,
    otherwise_keyed,
    person_records,
    persons,
    placements_with_person,
    repatriations_with_person,
    shared_identities,
)
from pipelines.link.refused import refusals_with_person
from pipelines.link.training import School, trained, without_numbers

__all__ = [
    "WEIGHTS",
    "Found",
    "Known",
    "Linking",
    "School",
    "Stored",
    "Weights",
    "bearers",
    "claims",
    "crossings_keyed",
    "crossings_of",
    "crossings_with_person",
    "declared",
    "history",
    "identities",
    "kept",
    "known",
    "links",
    "name_keys",
    "otherwise_keyed",
    "person_records",
    "persons",
    "place_words",
    "placements_with_person",
    "population",
    "proven",
    "refusals_with_person",
    "repatriations_with_person",
    "shared_identities",
    "trained",
    "traveller_keys",
    "weights",
    "with_keys",
    "without_numbers",
]
