"""For whoever sends: what a file would become, row by row, and a contract for a new source.

Nothing is taken in, and no lake is opened.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from pipelines import contracts
from pipelines.errors import PulangError
from pipelines.intake import arrivals, deliveries, feeds, headers, read, refusals, typed
from pipelines.settings import Home

NAME = re.compile(r"^[a-z][a-z0-9_]{1,40}$")


class SourceError(PulangError):
    """A source that is not known, or a name that cannot be one."""


@dataclass(frozen=True)
class Trial:
    """What a file would become. `rows` are in the order of the file."""

    source: str
    file: str
    status: str
    reason: str | None
    delivered: int
    columns: dict[str, str]
    unknown: str | None
    skipped: str | None
    stated_rows: int | None
    rows: list[dict[str, Any]]
    accepted: list[dict[str, Any]]

    @property
    def quarantined(self) -> int:
        """Rows that would be set apart."""
        return sum(row["verdict"] == "quarantined" for row in self.rows)


def check(file: Path, source: str | None) -> Trial:
    """Read a file as the night would. The folder that it lies in names the source, if nobody does.

    Each row has row_number, file_position, verdict, field, reason, and `unread`: columns that say
    something that was not understood and would be empty.
    """
    name = source or file.absolute().parent.name
    if name not in contracts.sources():
        known = ", ".join(contracts.sources())
        raise SourceError(f"{name!r} names no source; say which it is with --source: {known}")
    contract, records = contracts.sources()[name], contracts.records_of(name)
    stat = file.stat()
    arrival = arrivals.Arrival(stat.st_mtime_ns, file.name, name, file.absolute(), stat.st_size)
    known_by = arrivals.fingerprint(arrival)
    batch = deliveries.Batch("", arrival, known_by.sha256, known_by.encoding)
    chunks, judged = [], []
    with _engine() as con:
        for chunk in deliveries.chunks([batch], contract):
            chunks.append(chunk)
            rows = typed.typed(ibis.memtable(chunk), contract, records)
            judged.append(con.to_pyarrow(rows.order_by("chunk_row")))
    delivered = {row["row_number"]: row for chunk in chunks for row in chunk.to_pylist()}
    typed_rows = [row for table in judged for row in table.to_pylist()]
    origin = {c.source.split(".")[1]: c.name for c in records.columns if c.source}
    found = [_verdict(row, delivered[row["row_number"]], origin) for row in typed_rows]
    found += [_apart(bad) for bad in batch.malformed]
    return Trial(
        name, file.name, batch.status, batch.status_reason, batch.rows,
        _columns(batch, contract), batch.unknown_columns, batch.skipped, batch.stated_rows,
        sorted(found, key=lambda row: row["row_number"]),
        [row for row in typed_rows if row["reason"] is None],
    )  # fmt: skip


@contextmanager
def _engine() -> Iterator[Any]:
    con = ibis.duckdb.connect()
    try:
        yield con
    finally:
        con.disconnect()


def _columns(batch: deliveries.Batch, contract: contracts.Table) -> dict[str, str]:
    if batch.status != deliveries.TAKEN_IN:
        return {}
    return read.open_delivery(batch.arrival.path, batch.encoding, contract).columns


def _verdict(row: dict[str, Any], said: dict[str, Any], origin: dict[str, str]) -> dict[str, Any]:
    unread = [name for name, column in origin.items() if said[name] and row[column] is None]
    return {
        "row_number": row["row_number"],
        "file_position": row["file_position"],
        "verdict": "quarantined" if row["reason"] else "accepted",
        "field": row["field"] if row["reason"] else "",
        "reason": row["reason"] or "",
        "unread": unread,
    }


def _apart(bad: read.MalformedRow) -> dict[str, Any]:
    return {
        "row_number": bad.row_number, "file_position": bad.position, "verdict": "quarantined",
        "field": bad.field, "reason": bad.reason, "unread": [],
    }  # fmt: skip


def fetch(home: Home) -> list[feeds.Fetched]:
    """Fetch every feed of a home into its landing/."""
    return feeds.fetch_all(home.path, home.landing)


# A new source


def skeleton(name: str, columns: list[str]) -> tuple[str, str]:
    """A contract for a source and the table of records that it goes into, to be completed.

    `columns` are the headers as they come; the first is taken for the key.
    """
    if not NAME.match(name):
        raise SourceError(f"{name!r}: a source is named in small letters, digits and _")
    if name in contracts.sources():
        raise SourceError(f"{name} has a contract already")
    names = {headers.plain(column) or f"column_{n}": column for n, column in enumerate(columns, 1)}
    fields = names or {f"id_{name}": f"id_{name}"}
    contract = _CONTRACT.format(name=name, title=name.replace("_", " ").capitalize())
    contract += "".join(_delivered(field, said, n == 0) for n, (field, said) in
                        enumerate(fields.items()))  # fmt: skip
    records = _RECORDS.format(name=name)
    records += "".join(_kept(name, field) for field in fields) + _bookkeeping()
    return contract, records


def header_of(file: Path) -> list[str]:
    """The titles of the columns of a delivery, as they stand; raises SourceError where none are."""
    everything = next(iter(contracts.sources().values()))
    encoding = arrivals.fingerprint(
        arrivals.Arrival(0, file.name, "", file.absolute(), file.stat().st_size)
    ).encoding
    try:
        delivery = read.open_delivery(file, encoding, everything)
    except read.UnreadableError as error:
        meaning = refusals.REFUSALS[error.reason]
        raise SourceError(f"{file.name}: {error.reason}: {meaning}") from None
    if not delivery.titles:
        raise SourceError(f"{file.name}: no header was found; leave --like away, write its columns")
    return delivery.titles


def write(name: str, columns: list[str], schemas: Path) -> list[Path]:
    """Write the skeleton into `schemas`; nothing that is there is overwritten."""
    contract, records = skeleton(name, columns)
    source, lake = schemas / "sources" / f"{name}.yaml", schemas / "lake" / "records.yaml"
    if source.exists():
        raise SourceError(f"{source} exists already")
    source.write_text(contract, "utf-8")
    lake.write_text(lake.read_text("utf-8").rstrip("\n") + "\n" + records, "utf-8")
    return [source, lake]


def _bookkeeping() -> str:
    """The columns that every table of records ends with."""
    table = contracts.lake()["records", "crossings"]
    return "".join(
        _FIELD.format(
            name=c.name, type=c.logical_type, classification=c.classification,
            en=c.description_en, id=c.description_id,
            key=_KEY.format(n=table.keys.index(c.name) + 1) if c.is_key else "",
        )
        for c in table.columns
        if c.source is None
    )  # fmt: skip


def _delivered(field: str, said: str, is_key: bool) -> str:
    known = {headers.canonical(name) for name in (field,)}
    alias = (
        "" if headers.canonical(said) in known else f"        synonyms: [{{synonym: {field}}}]\n"
    )
    return _DELIVERED.format(
        name=field, said=said.replace('"', "'"), alias=alias,
        required="true" if is_key else "false",
        key=_KEY_OF_SOURCE if is_key else "", check=_KEY_CHECK if is_key else "",
    )  # fmt: skip


def _kept(name: str, field: str) -> str:
    return _FIELD.format(
        name=f"{name}_{field}", type="string", classification="direct-identifier",
        en="TODO meaning.", id="TODO arti.", key="",
    ) + f"        transformSourceObjects: [{name}.{field}]\n"  # fmt: skip


_CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: pulang.source.{name}
name: {title}
version: 0.1.0
status: draft
domain: TODO
tags: [source]
description:
  purpose: "TODO what a row is, who sends it and when."
  usage: CSV, a workbook, PDF or Parquet in landing/{name}/.
  customProperties:
    - {{property: purpose_id, value: "TODO arti satu baris, siapa pengirimnya, kapan."}}
schema:
  - name: {name}
    physicalType: file
    logicalType: object
    description: "TODO one row per ...; a later delivery of the same key is a correction."
    dataGranularityDescription: TODO
    quality:
      - id: quarantined_share
        description: Share of the delivered rows that were quarantined, in percent.
        type: custom
        engine: pulang
        unit: percent
        severity: warn
        implementation: {{quarantinedShare: {{mustBeLessOrEqualTo: 5}}}}
    properties:
"""
_KEY_OF_SOURCE = "        primaryKey: true\n        primaryKeyPosition: 1\n"
_KEY_CHECK = """        quality:
          - {id: missing_key, metric: nullValues, mustBe: 0, severity: quarantine, description: The key of the record is missing.}
"""  # noqa: E501
_DELIVERED = """      - name: "{name}"
        businessName: "{said}"
        description: "TODO meaning."
        logicalType: string  # or date, timestamp, integer
        required: {required}
{key}        classification: direct-identifier  # TODO the least that is true
{alias}{check}"""
_RECORDS = """  - name: {name}
    physicalType: table
    logicalType: object
    description: "TODO, every accepted version."
    customProperties: [{{property: description_id, value: "TODO, setiap versi yang diterima."}}]
    dataGranularityDescription: "batch_id, row_number"
    properties:
"""
_KEY = "        primaryKey: true\n        primaryKeyPosition: {n}\n        required: true\n"
_FIELD = """      - name: "{name}"
        logicalType: {type}
{key}        classification: {classification}
        description: "{en}"
        customProperties: [{{property: description_id, value: "{id}"}}]
"""


# In words


def said(trial: Trial) -> Iterator[str]:
    """A trial as lines for a screen; no word of the file but the names of its columns."""
    if trial.status != deliveries.TAKEN_IN:
        yield f"{trial.file}: refused, {trial.reason}: {refusals.REFUSALS[trial.reason or '']}"
        return
    accepted = trial.delivered - trial.quarantined
    counts = f"{accepted} accepted, {trial.quarantined} set apart"
    yield f"{trial.file}: {trial.delivered} rows, {counts}"
    yield from (f"column {name} <- {column}" for name, column in trial.columns.items())
    if trial.reason:
        yield f"a required column was not found: {trial.reason.removeprefix('missing_column ')}"
    if trial.unknown:
        yield f"columns that no contract knows: {trial.unknown}"
    if trial.skipped:
        yield f"no rows: {trial.skipped}"
    if trial.stated_rows not in (None, trial.delivered):
        yield f"the file's own total says {trial.stated_rows} rows"
    for row in trial.rows:
        where = f" ({row['file_position']})" if row["file_position"] else ""
        field = f" {row['field']}" if row["field"] else ""
        verdict = f"set apart,{field} {row['reason']}" if row["reason"] else "accepted"
        unread = f"; not understood: {', '.join(row['unread'])}" if row["unread"] else ""
        yield f"row {row['row_number']}{where}: {verdict}{unread}"
    yield from _meanings(trial)


def _meanings(trial: Trial) -> Iterator[str]:
    """Each reason that was given, in a sentence."""
    checks = contracts.sources()[trial.source].checks_of("quarantine")
    known = refusals.SET_ASIDE | {check.id: check.description for check in checks}
    for reason in sorted({row["reason"] for row in trial.rows if row["reason"]}):
        yield f"{reason}: {known[reason]}"
    if any(row["unread"] for row in trial.rows):
        yield "not understood: the cell says something, but the column would be empty"
