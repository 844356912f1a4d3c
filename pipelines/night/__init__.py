"""The night: the stages in order. The one room that reads and writes the lake.

Each stage goes from lake to lake in one transaction, and works on what has changed since it last
ran. A night that was killed is simply run again; stages may run in processes of their own.
"""

from pipelines.night.context import (
    PUBLISHED,
    WITHHELD,
    ConservationError,
    Night,
    StageOrderError,
    last_published,
    records_of,
)
from pipelines.night.intake import take_in
from pipelines.night.reconcile import crossings_with_person
from pipelines.night.run import STAGES, Outcome, StageResult, run, run_stage
from pipelines.night.tidy import Tidied, tidy

__all__ = [
    "PUBLISHED",
    "STAGES",
    "WITHHELD",
    "ConservationError",
    "Night",
    "Outcome",
    "StageOrderError",
    "StageResult",
    "Tidied",
    "crossings_with_person",
    "last_published",
    "records_of",
    "run",
    "run_stage",
    "take_in",
    "tidy",
]
