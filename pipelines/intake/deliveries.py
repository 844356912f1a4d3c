"""Tonight's deliveries: which files are new, and their rows in chunks for the engine."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.contracts import Table
from pipelines.intake import arrivals, read

CHUNK_ROWS = 1_000_000
TAKEN_IN, REPEATED, REFUSED = "taken_in", "repeated", "refused"


@dataclass
class Batch:
    """One delivery of tonight. `rows` and `malformed` are complete once its chunks were read."""

    batch_id: str
    arrival: arrivals.Arrival
    sha256: str
    encoding: str
    status: str = TAKEN_IN
    status_reason: str | None = None
    unknown_columns: str | None = None
    rows: int = 0
    malformed: list[read.MalformedRow] = field(default_factory=list)

    def as_row(self, night: date) -> dict[str, Any]:
        """The row of ops.batches, its counts not yet taken."""
        arrival = self.arrival
        return {
            "batch_id": self.batch_id, "source": arrival.source, "file": arrival.file,
            "sha256": self.sha256, "received_at": arrival.received_at, "rows": self.rows,
            "accepted": 0, "quarantined": 0, "superseded": 0, "status": self.status,
            "status_reason": self.status_reason, "unknown_columns": self.unknown_columns,
            "modified_ns": arrival.modified_ns, "bytes": arrival.bytes, "night": night,
        }  # fmt: skip


def new_batches(
    landed: Iterable[arrivals.Arrival], known: list[dict[str, Any]], archive: arrivals.Archive
) -> list[Batch]:
    """Deliveries not seen before, archived, in order of receipt.

    `known` are rows of ops.batches. A file that was taken in and not touched since is not read
    again; the same bytes under another name are a batch that repeats the first.
    """
    seen = {(b["source"], b["file"], b["modified_ns"], b["bytes"]) for b in known}
    ids = {b["batch_id"] for b in known}
    originals = {(b["source"], b["sha256"]): b for b in known if b["status"] != REPEATED}
    batches: list[Batch] = []
    for arrival in landed:
        if (arrival.source, arrival.file, arrival.modified_ns, arrival.bytes) in seen:
            continue
        batch = _batch(arrival, archive)
        if batch.batch_id not in ids:
            _mark_repetition(batch, originals)
            ids.add(batch.batch_id)
            batches.append(batch)
    return batches


def _batch(arrival: arrivals.Arrival, archive: arrivals.Archive) -> Batch:
    print_ = archive.keep(arrival)
    identifier = arrivals.batch_id(arrival.source, arrival.file, print_.sha256)
    return Batch(identifier, arrival, print_.sha256, print_.encoding)


def _mark_repetition(batch: Batch, originals: dict[tuple[str, str], Any]) -> None:
    content = (batch.arrival.source, batch.sha256)
    if content in originals:
        batch.status = REPEATED
        original = originals[content]
        batch.status_reason = original["batch_id"]
    else:
        originals[content] = {"batch_id": batch.batch_id}


def chunks(batches: list[Batch], contract: Table) -> Iterator[pa.Table]:
    """Rows of the batches under the contract's columns, in chunks of about a million.

    Adds row_number, batch_id, received_at, list_file and missing_column (the first required column
    that the delivery lacks). A file that cannot be read is marked refused; the others go on.
    """
    waiting: list[pa.Table] = []
    for batch in batches:
        try:
            # The whole file first: one that breaks off in the middle must not leave its start.
            waiting.extend(list(_rows_of(batch, contract)))
        except read.UnreadableError as error:
            batch.status, batch.status_reason = REFUSED, error.reason
        if sum(t.num_rows for t in waiting) >= CHUNK_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _rows_of(batch: Batch, contract: Table) -> Iterator[pa.Table]:
    delivery = read.open_delivery(batch.arrival.path, batch.encoding, contract)
    batch.unknown_columns = ", ".join(delivery.unknown) or None
    missing = delivery.missing[0] if delivery.missing else None
    if missing:
        batch.status_reason = f"missing_column {missing}"
    marks = {
        "batch_id": pa.scalar(batch.batch_id),
        "received_at": pa.scalar(batch.arrival.received_at, pa.timestamp("us", "UTC")),
        "list_file": pa.scalar(batch.arrival.file),
        "missing_column": pa.scalar(missing, pa.string()),
    }
    for table in read.rows(delivery):
        for name, value in marks.items():
            table = table.append_column(name, pa.repeat(value, table.num_rows))
        yield table
    batch.rows, batch.malformed = delivery.rows, delivery.malformed


def batch_rows(
    batches: list[Batch], known: list[dict[str, Any]], night: date
) -> list[dict[str, Any]]:
    """Rows of ops.batches for tonight's deliveries; a repetition has the rows of its original."""
    rows = [batch.as_row(night) for batch in batches]
    delivered = {row["batch_id"]: row["rows"] for row in [*known, *rows]}
    for row in rows:
        if row["status"] == REPEATED:
            row["rows"] = delivered[row["status_reason"]]
    return rows


def malformed_rows(batches: list[Batch]) -> list[dict[str, Any]]:
    """Rows of ops.quarantine for lines that have not the columns of their header."""
    return [
        {
            "batch_id": batch.batch_id, "row_number": row.row_number,
            "source": batch.arrival.source, "field": "", "reason": "malformed_row",
            "delivered_row": row.text,
        }
        for batch in batches
        for row in batch.malformed
    ]  # fmt: skip


def ahead(items: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same items, the next one being read while the engine works on this one."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = reader.submit(next, items, None)
            yield item
