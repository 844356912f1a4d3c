"""Records to standard values: names, numbers, places, dates. Pure Ibis, nothing is guessed.

A value that cannot be resolved is null, and `unresolved_*` count its word. The tables that come
out are described in `schemas/lake/`.
"""

from pipelines.standardise.crossings import crossings
from pipelines.standardise.identifiers import (
    document_number,
    nik,
    nik_birth_date,
    nik_sex,
    without_default_birth_dates,
)
from pipelines.standardise.identities import renumbered, traveller_tuples
from pipelines.standardise.names import is_placeholder_name, standard_name, tokens
from pipelines.standardise.placements import placements
from pipelines.standardise.places import Regions, birth_places, namesakes, place_words
from pipelines.standardise.population import population
from pipelines.standardise.recruitment import recruitment
from pipelines.standardise.refusals import refusals
from pipelines.standardise.repatriations import repatriations
from pipelines.standardise.traffic import traffic
from pipelines.standardise.unresolved import (
    unresolved,
    unresolved_crossings,
    unresolved_placements,
    unresolved_population,
    unresolved_recruitment,
    unresolved_refusals,
    unresolved_repatriations,
)

__all__ = [
    "Regions",
    "birth_places",
    "crossings",
    "document_number",
    "is_placeholder_name",
    "namesakes",
    "nik",
    "nik_birth_date",
    "nik_sex",
    "place_words",
    "placements",
    "population",
    "recruitment",
    "refusals",
    "renumbered",
    "repatriations",
    "standard_name",
    "tokens",
    "traffic",
    "traveller_tuples",
    "unresolved",
    "unresolved_crossings",
    "unresolved_placements",
    "unresolved_population",
    "unresolved_recruitment",
    "unresolved_refusals",
    "unresolved_repatriations",
    "without_default_birth_dates",
]
