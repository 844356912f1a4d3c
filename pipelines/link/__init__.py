"""Link: which records belong to one person. Deterministic rules here; Splink has its room next."""

from pipelines.link.clusters import connected, edges, nodes
from pipelines.link.deterministic import links
from pipelines.link.identities import identities, places, traveller_keys
from pipelines.link.model import declared
from pipelines.link.persons import (
    crossings_with_person,
    person_records,
    persons,
    placements_with_person,
    repatriations_with_person,
    shared_identities,
)

__all__ = [
    "connected",
    "crossings_with_person",
    "declared",
    "edges",
    "identities",
    "links",
    "nodes",
    "person_records",
    "persons",
    "placements_with_person",
    "places",
    "repatriations_with_person",
    "shared_identities",
    "traveller_keys",
]
