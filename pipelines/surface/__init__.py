"""Surface: departures as published figures by region, corridor, gate, list and month."""

from pipelines.surface.corridors import corridors
from pipelines.surface.coverage import coverage
from pipelines.surface.gates import gates
from pipelines.surface.hotspots import hotspots
from pipelines.surface.repatriations import repatriations

__all__ = ["corridors", "coverage", "gates", "hotspots", "repatriations"]
