"""The archived deliveries behind an extract, read again and compared with its evidence."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from cryptography.exceptions import InvalidTag

from pipelines import contracts, keys, settings
from pipelines.audit import selection
from pipelines.intake import arrivals, deliveries, typed
from pipelines.lake import Lake

ROW = ["batch_id", "row_number"]


@dataclass
class Compared:
    """Deliveries looked at and changed; delivered rows behind the extract, and those the same."""

    deliveries: int
    changed: int = 0
    rows: int = 0
    same: int = 0


def compare(
    lake: Lake,
    now: settings.Settings,
    secret: keys.Keys,
    evidence: ir.Table,
    batches: list[dict[str, Any]],
    folder: Path,
) -> Compared:
    """Read the deliveries `batches` again, one at a time in `folder`, private to the owner."""
    archive = arrivals.Archive(now.home.lake / "archive", secret.derive("archive"))
    cited = evidence.select("source", *ROW, "fields").distinct()
    found = Compared(len(batches), rows=cited.count().to_pyarrow().as_py())
    for name, source in selection.SOURCES.items():
        of_source = [batch for batch in batches if batch["source"] == source]
        contract, records = contracts.sources()[source], contracts.lake()["records", name]
        laid_out = _laid_out(archive, of_source, folder, found)
        wanted = cited.filter(cited.source == source).drop("source")
        for chunk in deliveries.chunks(laid_out, contract):
            with lake.delivered(chunk) as rows, lake.scratchpad() as hold:
                read = hold(typed.typed(rows, contract, records))
                again = read.select(*ROW, fields=selection.fields(read, name))
                same = wanted.semi_join(again, [*ROW, "fields"])
                found.same += same.count().to_pyarrow().as_py()
    return found


def _laid_out(
    archive: arrivals.Archive, batches: list[dict[str, Any]], folder: Path, found: Compared
) -> Iterator[deliveries.Batch]:
    """Each delivery as it landed, gone when the next is asked for."""
    for batch in batches:
        try:
            content = archive.read(batch["sha256"])
        except (OSError, InvalidTag):
            content = b""
        if sha256(content).hexdigest() != batch["sha256"]:
            found.changed += 1
            continue
        file = folder / batch["file"]
        file.write_bytes(content)
        os.utime(file, ns=(batch["modified_ns"], batch["modified_ns"]))
        arrival = arrivals.Arrival(
            batch["modified_ns"], batch["file"], batch["source"], file, batch["bytes"]
        )
        known = arrivals.fingerprint(arrival)
        yield deliveries.Batch(batch["batch_id"], arrival, known.sha256, known.encoding)
        file.unlink()
