"""Link: which records belong to one person, by number, by evidence and by judgement."""

from pipelines.link.blocking import Known
from pipelines.link.deterministic import links
from pipelines.link.evidence import ALL, bearers, named_documents, step, weighed
from pipelines.link.history import history
from pipelines.link.identities import identities, place_words, places, traveller_keys
from pipelines.link.matching import (
    Found,
    Hold,
    Linking,
    Stored,
    kept,
    known,
    weighed_words,
    words_of,
)
from pipelines.link.model import WEIGHTS, Weights, declared, weights
from pipelines.link.persons import (
    claims,
    concerned,
    crossings_keyed,
    crossings_with_person,
    otherwise_keyed,
    person_records,
    persons,
    placements_with_person,
    repatriations_with_person,
    shared_identities,
)
from pipelines.link.training import School, trained, without_numbers

__all__ = [
    "ALL",
    "WEIGHTS",
    "Found",
    "Hold",
    "Known",
    "Linking",
    "School",
    "Stored",
    "Weights",
    "bearers",
    "claims",
    "concerned",
    "crossings_keyed",
    "crossings_with_person",
    "declared",
    "history",
    "identities",
    "kept",
    "known",
    "links",
    "named_documents",
    "otherwise_keyed",
    "person_records",
    "persons",
    "place_words",
    "placements_with_person",
    "places",
    "repatriations_with_person",
    "shared_identities",
    "step",
    "trained",
    "traveller_keys",
    "weighed",
    "weighed_words",
    "weights",
    "without_numbers",
    "words_of",
]
