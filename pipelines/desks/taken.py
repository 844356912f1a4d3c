"""What has left the lake since an extract was made, and the entries of the log that ordered it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.audit.remains import Taken
from pipelines.desks.extracts import Then
from pipelines.intake.deliveries import DESTROYED
from pipelines.intake.refusals import ERASED
from pipelines.lake import Lake, rows_of

ERASURE, RETENTION, ROTATION = "erasure", "retention", "key_rotation"
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Since:
    """The log from the entry of an extract on; all of it where no entry names the extract."""

    made: Entry | None
    later: tuple[Entry, ...]

    def orders(self, *kinds: str) -> str:
        """Entries of these kinds, for a sentence: `7 (2026-01-15), 9 (2026-02-01)`."""
        named = (e for e in self.later if e["kind"] in kinds)
        return ", ".join(f"{e['entry_number']} ({e['entered_at']:%Y-%m-%d})" for e in named)


def since(lake: Lake, name: str) -> Since:
    """What the access log has of an extract and what came after it was first made."""
    log = rows_of(lake.table_if_there("ops", "access_log").order_by("entry_number"))
    made = next((entry for entry in log if _tells_of(entry, name)), None)
    first = made["entry_number"] if made else 0
    return Since(made, tuple(entry for entry in log if entry["entry_number"] > first))


def _tells_of(entry: Entry, name: str) -> bool:
    return bool(entry["kind"] == "extract" and json.loads(entry["details"])["extract"] == name)


def taken(then: Then) -> Taken:
    """What was erased from the lake or destroyed by now, and what is empty in that night."""
    apart, batches = then.lake.table("ops", "quarantine"), then.lake.table("ops", "batches")
    erased = apart.filter(apart.reason == ERASED).select("batch_id", "row_number")
    destroyed = batches.filter(batches.status == DESTROYED).select("batch_id")
    everyone = then.table("reconciled", "departures")
    return Taken(
        frozenset((row["batch_id"], row["row_number"]) for row in rows_of(erased)),
        frozenset(row["batch_id"] for row in rows_of(destroyed)),
        everyone.filter(everyone.departure_id.isnull()).count().to_pyarrow().as_py(),
    )
