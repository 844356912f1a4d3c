"""The night: the stages in order. The one place that reads and writes the lake."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from queue import Queue
from threading import Thread
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, keys, settings
from pipelines.intake import arrivals, read, supersede, typed
from pipelines.lake import Lake

CHUNK_ROWS = 1_000_000


class ConservationError(Exception):
    """Rows delivered are not rows accepted + quarantined + superseded."""


@dataclass
class Batch:
    """One delivery of tonight, as it goes into ops.batches."""

    batch_id: str
    arrival: arrivals.Arrival
    sha256: str
    encoding: str
    status: str = "taken_in"
    status_reason: str | None = None
    unknown_columns: str | None = None
    rows: int = 0


def take_in(lake: Lake, archive: arrivals.Archive, landing: Any, night: date, report: Callable[[str], None]) -> list[Batch]:
    known = lake.table("ops", "batches").select("batch_id","source","file","sha256","modified_ns","bytes","rows").to_pyarrow().to_pylist()
    seen = {(b["source"], b["file"], b["modified_ns"], b["bytes"]) for b in known}
    fresh = [a for a in arrivals.find(landing, list(contracts.sources())) if (a.source, a.file, a.modified_ns, a.bytes) not in seen]
    first = {(b["source"], b["sha256"]): b["batch_id"] for b in known}
    ids = {b["batch_id"] for b in known}
    batches = []
    for a in fresh:
        fp = archive.keep(a)
        b = Batch(arrivals.batch_id(a.source, a.file, fp.sha256), a, fp.sha256, fp.encoding)
        if b.batch_id in ids: continue
        ids.add(b.batch_id)
        o = first.setdefault((a.source, fp.sha256), b.batch_id)
        if o != b.batch_id:
            b.status, b.status_reason = "repeated", o
        batches.append(b)
    return batches


def chunks(batches: list[Batch], contract: contracts.Table, quarantine: list[dict]) -> Iterator[pa.Table]:
    pending, size = [], 0
    for b in batches:
        try:
            d = read.open_delivery(b.arrival.path, b.encoding, contract)
            b.unknown_columns = ", ".join(d.unknown) or None
            for t in d.chunks:
                n = t.num_rows
                const = lambda v, typ: pa.array([v], typ).take(pa.array([0] * 1)) 
                t = t.append_column("batch_id", pa.repeat(b.batch_id, n)).append_column("received_at", pa.repeat(pa.scalar(b.arrival.received_at, pa.timestamp("us", "UTC")), n))
                t = t.append_column("missing_column", pa.repeat(pa.scalar(d.missing[0] if d.missing else None, pa.string()), n))
                t = t.append_column("list_file", pa.repeat(b.arrival.file, n))
                pending.append(t); size += n
                if size >= CHUNK_ROWS:
                    yield pa.concat_tables(pending); pending, size = [], 0
            b.rows = d.rows
            for m in d.malformed:
                quarantine.append(dict(batch_id=b.batch_id, row_number=m.row_number, source=contract.name, field=None, reason="malformed_row", delivered_row=m.text))
        except read.UnreadableError as e:
            b.status, b.status_reason = "refused", e.reason
    if pending: yield pa.concat_tables(pending)
