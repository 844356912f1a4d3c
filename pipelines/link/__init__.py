"""Link: which records belong to one person, by number, by evidence and by judgement."""

from pipelines.link.blocking import Known
from pipelines.link.deterministic import links
from pipelines.link.history import history
from pipelines.link.identities import identities, place_words, places, traveller_keys
from pipelines.link.matching import Hold, Linking, kept, known
from pipelines.link.model import WEIGHTS, Weights, declared, weights
from pipelines.link.persons import (
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
    "WEIGHTS",
    "Hold",
    "Known",
    "Linking",
    "School",
    "Weights",
    "crossings_with_person",
    "declared",
    "history",
    "identities",
    "kept",
    "known",
    "links",
    "otherwise_keyed",
    "person_records",
    "persons",
    "place_words",
    "placements_with_person",
    "places",
    "repatriations_with_person",
    "shared_identities",
    "trained",
    "traveller_keys",
    "weights",
    "without_numbers",
]
