"""Archived deliveries, read again: one row of them, or all behind an extract and its evidence."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag

from pipelines import contracts, keys, settings, spills
from pipelines.audit import selection
from pipelines.intake import arrivals, deliveries, typed
from pipelines.lake import Lake
from pipelines.night.corrections import judged

ROW = ["batch_id", "row_number"]


@dataclass
class Compared:
    """Deliveries looked at and changed; delivered rows behind the extract, those the same, and
    those that an order has corrected and that are as it says."""

    deliveries: int
    changed: int = 0
    rows: int = 0
    same: int = 0
    corrected: int = 0


def compare(
    lake: Lake,
    now: settings.Settings,
    secret: keys.Keys,
    evidence: ir.Table,
    orders: ir.Table,
    batches: list[dict[str, Any]],
    folder: Path,
) -> Compared:
    """Read the deliveries `batches` again, one at a time in `folder`, private to the owner.

    `orders` are those of ops.corrections that hold.
    """
    archive = arrivals.Archive(now.home.lake / "archive", secret.derive("archive"))
    cited = evidence.select("source", *ROW, "fields").distinct()
    found = Compared(len(batches), rows=cited.count().to_pyarrow().as_py())
    for name, source in selection.SOURCES.items():
        of_source = [batch for batch in batches if batch["source"] == source]
        judge, contract = typed.judge(lake, source), contracts.sources()[source]
        laid_out = _laid_out(archive, of_source, folder, found)
        wanted = cited.filter(cited.source == source).drop("source")
        ordered = orders.filter(orders.source == source)
        corrected = judged(lake, ordered, source)
        found.corrected += _same(lake, corrected, wanted.semi_join(ordered, ROW), name)
        for chunk in deliveries.chunks(laid_out, contract):
            found.same += _same(lake, judge(chunk), wanted.anti_join(ordered, ROW), name)
    return found


def _same(lake: Lake, read: pa.Table, wanted: ir.Table, name: str) -> int:
    """How many of the rows `wanted` are among typed rows, with the same fields."""
    with lake.delivered(read) as rows, lake.scratchpad() as hold:
        again = hold(rows.select(*ROW, fields=selection.fields(rows, name)))
        return int(wanted.semi_join(again, [*ROW, "fields"]).count().to_pyarrow().as_py())


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
        yield _laid(batch, content, folder)
        (folder / batch["file"]).unlink()


def _laid(batch: dict[str, Any], content: bytes, folder: Path) -> deliveries.Batch:
    file = folder / batch["file"]
    file.write_bytes(content)
    os.utime(file, ns=(batch["modified_ns"], batch["modified_ns"]))
    arrival = arrivals.Arrival(
        batch["modified_ns"], batch["file"], batch["source"], file, batch["bytes"]
    )
    known = arrivals.fingerprint(arrival)
    return deliveries.Batch(batch["batch_id"], arrival, known.sha256, known.encoding)


def row_of(
    now: settings.Settings, secret: keys.Keys, batch: dict[str, Any], number: int
) -> dict[str, str | None] | None:
    """The cells of one row of a delivery, by column of its contract; None where they are not kept.

    Rows of a copy from which others were erased keep their numbers.
    """
    archive = arrivals.Archive(now.home.lake / "archive", secret.derive("archive"))
    contract = contracts.sources()[batch["source"]]
    try:
        content = archive.read(batch["sha256"])
    except (OSError, InvalidTag):
        return None
    with spills.folder(now.home.temporary) as folder:
        for chunk in deliveries.chunks([_laid(batch, content, folder)], contract):
            is_it = pc.equal(chunk["row_number"], number)
            for row in chunk.filter(is_it).select(contract.names).to_pylist():
                return dict(row)
    return None
