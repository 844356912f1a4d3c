"""Surface: departures as published figures by region, corridor, gate, list and month."""

from pipelines.surface.benchmarks import benchmarks
from pipelines.surface.chances import chances, with_chances
from pipelines.surface.corridors import corridors
from pipelines.surface.coverage import coverage
from pipelines.surface.doubts import doubts
from pipelines.surface.gates import gates
from pipelines.surface.hotspots import hotspots
from pipelines.surface.origins import agreement, unplaced
from pipelines.surface.repatriations import repatriations

__all__ = [
    "agreement",
    "benchmarks",
    "chances",
    "corridors",
    "coverage",
    "doubts",
    "gates",
    "hotspots",
    "repatriations",
    "unplaced",
    "with_chances",
]
