"""Link: which records belong to one person, by number, by evidence and by judgement."""

from pipelines.link.deterministic import links
from pipelines.link.history import history
from pipelines.link.identities import identities, place_words, places, traveller_keys
from pipelines.link.matching import Linking, kept, known
from pipelines.link.model import declared, weights
from pipelines.link.persons import (
    crossings_with_person,
    person_records,
    persons,
    placements_with_person,
    repatriations_with_person,
    shared_identities,
)

__all__ = [
    "Linking",
    "crossings_with_person",
    "declared",
    "history",
    "identities",
    "kept",
    "known",
    "links",
    "person_records",
    "persons",
    "place_words",
    "placements_with_person",
    "places",
    "repatriations_with_person",
    "shared_identities",
    "traveller_keys",
    "weights",
]
