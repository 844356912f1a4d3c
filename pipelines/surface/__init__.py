"""Surface: departures as published figures by region, corridor, gate, list, promise and month."""

from pipelines.surface.benchmarks import benchmarks
from pipelines.surface.chances import chances, with_chances
from pipelines.surface.corridors import corridors
from pipelines.surface.coverage import coverage
from pipelines.surface.doubts import doubts
from pipelines.surface.gates import gates
from pipelines.surface.hotspots import hotspots
from pipelines.surface.origins import trust
from pipelines.surface.population import with_latest_population
from pipelines.surface.recruitment import recruitment
from pipelines.surface.repatriations import repatriations

__all__ = [
    "benchmarks",
    "chances",
    "corridors",
    "coverage",
    "doubts",
    "gates",
    "hotspots",
    "recruitment",
    "repatriations",
    "trust",
    "with_chances",
    "with_latest_population",
]
