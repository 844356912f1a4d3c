"""Archived deliveries, read again: one row of them, or all behind an extract and its evidence."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag

from pipelines import contracts, keys, settings, spills
from pipelines.audit import selection
from pipelines.audit.remains import Taken
from pipelines.intake import arrivals, deliveries, typed
from pipelines.lake import Lake
from pipelines.night.corrections import judged

ROW = ["batch_id", "row_number"]
# What the copy of a delivery is: as it came, with rows less, taken away, or not as it was written.
WHOLE, LESS, REMOVED, DESTROYED, CHANGED = "whole", "less", "removed", "destroyed", "changed"


@dataclass
class Compared:
    """Deliveries by what their copy is; delivered rows behind the extract of which there still is
    one, those the same, and those that an order has corrected and that are as it says."""

    deliveries: Counter[str] = field(default_factory=Counter)
    without: list[str] = field(default_factory=list)
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
    taken: Taken,
    folder: Path,
) -> Compared:
    """Read the deliveries `batches` again, one at a time in `folder`, private to the owner.

    `orders` are those of ops.corrections that hold.
    """
    archive = arrivals.Archive(now.home.lake / "archive", secret.derive("archive"))
    cited = evidence.select("source", *ROW, "fields").distinct()
    plain, ordered, found = cited.anti_join(orders, ROW), cited.semi_join(orders, ROW), Compared()
    for name, source in selection.SOURCES.items():
        of_source = [batch for batch in batches if batch["source"] == source]
        judge, contract = typed.judge(lake, source), contracts.sources()[source]
        laid_out = _laid_out(archive, of_source, taken, folder, found)
        for chunk in deliveries.chunks(laid_out, contract):
            found.same += _same(lake, judge(chunk), plain.filter(plain.source == source), name)
        corrected = judged(lake, orders.filter(orders.source == source), source)
        wanted = ordered.filter(ordered.source == source, ~ordered.batch_id.isin(found.without))
        found.corrected += _same(lake, corrected, wanted, name)
    found.rows = cited.filter(~cited.batch_id.isin(found.without)).count().to_pyarrow().as_py()
    return found


def _same(lake: Lake, read: pa.Table, wanted: ir.Table, name: str) -> int:
    """How many of the rows `wanted` are among typed rows, with the same fields."""
    with lake.delivered(read) as rows, lake.scratchpad() as hold:
        again = hold(rows.select(*ROW, fields=selection.fields(rows, name)))
        return int(wanted.semi_join(again, [*ROW, "fields"]).count().to_pyarrow().as_py())


def _laid_out(
    archive: arrivals.Archive,
    batches: list[dict[str, Any]],
    taken: Taken,
    folder: Path,
    found: Compared,
) -> Iterator[deliveries.Batch]:
    """Each delivery as it landed or as erasure left it, gone when the next is asked for."""
    erased = {batch for batch, _ in taken.rows}
    erased = {batch["sha256"] for batch in batches if batch["batch_id"] in erased}
    for batch in batches:
        content = _content(archive, batch["sha256"])
        copy = _copy(batch, content, batch["sha256"] in erased, taken)
        found.deliveries[copy] += 1
        if content is None or copy not in (WHOLE, LESS):
            found.without += [batch["batch_id"]] if copy in (REMOVED, DESTROYED) else []
            continue
        yield _laid(batch, content, folder)
        (folder / batch["file"]).unlink()


def _content(archive: arrivals.Archive, digest: str) -> bytes | None:
    """The bytes of a copy; None where there is none, or not as it was written."""
    try:
        return archive.read(digest)
    except (OSError, InvalidTag):
        return None


def _copy(batch: dict[str, Any], content: bytes | None, is_erased: bool, taken: Taken) -> str:
    """What a copy is. A copy with rows erased has another digest, and was written by the house."""
    if content is None:
        return DESTROYED if batch["batch_id"] in taken.deliveries else CHANGED
    if sha256(content).hexdigest() == batch["sha256"]:
        return WHOLE
    if not is_erased:
        return CHANGED
    return LESS if content else REMOVED


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
