"""Tonight's deliveries: which files are new, and their rows in chunks for the engine."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Table
from pipelines.intake import arrivals, read

CHUNK_ROWS = 1_000_000  # planning the judgement of a chunk costs as much as 250,000 rows of it
SKIPPED_SPANS = 200  # listed of one delivery
Item = TypeVar("Item")
Judge = Callable[[pa.Table], pa.Table]

UNSAFE_NAME = "unsafe_name"
TAKEN_IN, REPEATED, REFUSED = "taken_in", "repeated", "refused"
DESTROYED = "destroyed"  # its time of retention was over


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
    skipped: str | None = None
    stated_rows: int | None = None
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
            "skipped": self.skipped, "stated_rows": self.stated_rows,
            "modified_ns": arrival.modified_ns, "bytes": arrival.bytes, "night": night,
        }  # fmt: skip


def new_batches(
    landed: Iterable[arrivals.Arrival], known: list[dict[str, Any]], archive: arrivals.Archive
) -> Iterator[Batch]:
    """Deliveries not seen before, archived as they are met, in order of receipt.

    `known` are rows of ops.batches. A file that was taken in and not touched since is not read
    again; the same bytes under another name are a batch that repeats the first.
    """
    seen = {(b["source"], b["file"], b["modified_ns"], b["bytes"]) for b in known}
    ids = {b["batch_id"] for b in known}
    originals = {(b["source"], b["sha256"]): b for b in known
                 if b["status"] != REPEATED and b["status_reason"] != UNSAFE_NAME}  # fmt: skip
    for arrival in landed:
        if (arrival.source, arrival.file, arrival.modified_ns, arrival.bytes) in seen:
            continue
        batch = _batch(arrival, archive)
        if batch.batch_id not in ids:
            _mark_repetition(batch, originals)
            ids.add(batch.batch_id)
            yield batch


def _batch(arrival: arrivals.Arrival, archive: arrivals.Archive) -> Batch:
    print_ = archive.keep(arrival)
    identifier = arrivals.batch_id(arrival.source, arrival.file, print_.sha256)
    batch = Batch(identifier, arrival, print_.sha256, print_.encoding)
    if arrivals.HIDDEN in arrival.file:
        batch.status, batch.status_reason = REFUSED, UNSAFE_NAME
    return batch


def _mark_repetition(batch: Batch, originals: dict[tuple[str, str], Any]) -> None:
    content = (batch.arrival.source, batch.sha256)
    if batch.status == REFUSED:
        return
    if content in originals:
        batch.status = REPEATED
        original = originals[content]
        batch.status_reason = original["batch_id"]
    else:
        originals[content] = {"batch_id": batch.batch_id}


class Intake:
    """The rows of one source's new deliveries on their way: read, judged, and what was refused.

    Reading and judging run in threads of their own, a chunk ahead of whoever takes the rows.
    `batches`, `refused_rows` and `malformed_rows` are complete once `judged` is exhausted.
    """

    def __init__(self, new: Iterator[Batch], contract: Table, judge: Judge) -> None:
        """`judge` gives a chunk its typed columns, `field` and `reason` (`typed.typed`)."""
        self.contract = contract
        self.batches: list[Batch] = []
        self._refused: list[pa.Table] = []
        chunked = ahead(chunks(self._noted(new), contract))
        self._pairs = ahead((chunk, judge(chunk)) for chunk in chunked)

    def judged(self) -> pa.RecordBatchReader | None:
        """All rows, accepted or not, as one stream; None where there are none."""
        tables = self._set_refused_aside()
        first = next(tables, None)
        if first is None:
            return None
        batches = (batch for table in chain([first], tables) for batch in table.to_batches())
        return pa.RecordBatchReader.from_batches(first.schema, batches)

    def refused_rows(self) -> pa.Table | None:
        """The refused rows as delivered, with field and reason; None where there are none."""
        return pa.concat_tables(self._refused) if self._refused else None

    def malformed_rows(self) -> list[dict[str, Any]]:
        """Rows of ops.quarantine for lines that have not the columns of their header."""
        return [
            {
                "batch_id": batch.batch_id, "row_number": row.row_number,
                "source": self.contract.name, "field": row.field, "reason": row.reason,
                "file_position": row.position, "delivered_row": row.text,
            }
            for batch in self.batches
            for row in batch.malformed
        ]  # fmt: skip

    def _noted(self, new: Iterator[Batch]) -> Iterator[Batch]:
        for batch in new:
            self.batches.append(batch)
            yield batch

    def _set_refused_aside(self) -> Iterator[pa.Table]:
        for chunk, judged in self._pairs:
            refused = judged.filter(pc.is_valid(judged["reason"]))
            if refused.num_rows:
                rows = chunk.take(refused["chunk_row"])
                for name in ("field", "reason"):
                    rows = rows.append_column(name, refused[name])
                self._refused.append(rows)
            yield judged


def chunks(batches: Iterable[Batch], contract: Table) -> Iterator[pa.Table]:
    """Rows of the batches that are taken in, under the contract's columns, in chunks.

    Adds row_number, batch_id, received_at, list_file, missing_column (the first required column
    that the delivery lacks), file_position (sheet or page, and row on it, where the format has
    any) and chunk_row (in the chunk, from 0). A file that cannot be read is marked refused; the
    others go on.
    """
    waiting: list[pa.Table] = []
    for batch in batches:
        if batch.status != TAKEN_IN:
            continue
        try:
            # The whole file first: one that breaks off in the middle must not leave its start.
            waiting.extend(list(_rows_of(batch, contract)))
        except read.UnreadableError as error:
            batch.status, batch.status_reason = REFUSED, error.reason
        if sum(t.num_rows for t in waiting) >= CHUNK_ROWS:
            yield _chunk(waiting)
            waiting = []
    if waiting:
        yield _chunk(waiting)


def _chunk(tables: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.append_column("chunk_row", pa.array(np.arange(whole.num_rows)))


def _rows_of(batch: Batch, contract: Table) -> Iterator[pa.Table]:
    delivery = read.open_delivery(batch.arrival.path, batch.encoding, contract)
    missing = delivery.missing[0] if delivery.missing else None
    marks = {
        "batch_id": pa.scalar(batch.batch_id),
        "received_at": pa.scalar(batch.arrival.received_at, pa.timestamp("us", "UTC")),
        "list_file": pa.scalar(batch.arrival.file),
        "missing_column": pa.scalar(missing, pa.string()),
        "file_position": pa.scalar(None, pa.string()),
    }
    names = [*contract.names, "row_number", *marks]
    for table in read.rows(delivery):
        for name, value in marks.items():
            if name not in table.column_names:
                table = table.append_column(name, pa.repeat(value, table.num_rows))
        yield table.select(names)
    batch.rows, batch.malformed = delivery.rows, delivery.malformed
    batch.unknown_columns = _said_unknown(delivery)
    batch.skipped, batch.stated_rows = _listed(delivery.skipped), delivery.stated_rows
    if delivery.missing:
        batch.status_reason = f"missing_column {delivery.missing[0]}"


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


def _said_unknown(delivery: read.Delivery) -> str | None:
    """Unknown columns by name, or by number where few columns are known.

    The "header" is then probably a row of data, and these words are published.
    """
    if len(delivery.unknown) > len(delivery.columns):
        return f"{len(delivery.unknown)} columns"
    return ", ".join(delivery.unknown) or None


def _listed(skipped: list[str]) -> str | None:
    """What was skipped, like lines next to each other taken together; no words of the file."""
    said: list[tuple[str, str, list[int]]] = []
    for line in skipped:
        where, what = line.rsplit(": ", 1)
        page, number = where.rsplit(" row ", 1)
        if said and said[-1][:2] == (page, what) and said[-1][2][-1] + 1 == int(number):
            said[-1][2].append(int(number))
        else:
            said.append((page, what, [int(number)]))
    spans = (f"{p} row {_span(numbers)}: {what}" for p, what, numbers in said[:SKIPPED_SPANS])
    return "; ".join([*spans, *["..."][: len(said) > SKIPPED_SPANS]]) or None


def _span(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, the next one being made in a thread of its own while this one is used."""
    with ThreadPoolExecutor(1) as maker:
        waiting = maker.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = maker.submit(next, items, None)
            yield item
