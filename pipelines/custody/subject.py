"""What is held on a person and how it was processed, for whoever has a right to know it.

UU 27/2022 articles 7 and 32: access within 72 hours. The answer names the person; it goes to a file
that only its owner may read, or that only the recipient's key opens.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import ibis.expr.types as ir
import pyrage
import yaml

from pipelines import access_log, settings
from pipelines.custody import held
from pipelines.custody.held import Held
from pipelines.desks.front import NothingThereError, opened
from pipelines.errors import PulangError
from pipelines.lake import Lake, open_to_note, rows_of

# Tables made from delivered rows, by the column that names the person or the identity.
MADE = {
    ("identity", "persons"): "person_id", ("identity", "person_records"): "person_id",
    ("identity", "person_history"): "person_id", ("identity", "links"): "record_key",
    ("identity", "candidates"): "record_key", ("identity", "judgements"): "record_key",
    ("reconciled", "departures"): "person_id", ("reconciled", "changes"): "person_id",
    ("reconciled", "findings"): "person_id",
}  # fmt: skip


class PersonError(PulangError):
    """An answer that cannot be written."""


@dataclass(frozen=True)
class Found:
    """How much was found, without who it is about."""

    persons: list[str]
    delivered: int
    quarantined: int
    departures: int


def find(now: settings.Settings, request: TextIO, file: Path, recipient: str | None) -> Found:
    """Write all that is held on the person of a request (YAML or JSON) to `file`.

    Raises AskedError, PersonError where the file exists, and NothingThereError where nobody is
    found. The search is entered in the log whether it finds anybody or not.
    """
    try:
        given = yaml.load(request, yaml.BaseLoader)  # noqa: S506  # texts only
    except yaml.YAMLError:
        raise held.AskedError("the request is neither YAML nor JSON") from None
    who = held.asked(given if isinstance(given, dict) else {})
    if file.exists():
        raise PersonError(f"{file} exists already; choose another file")
    with opened(now, open_to_note) as lake:
        persons = held.persons(lake, who)
        by = [name for name, value in vars(who).items() if value]
        access_log.note(lake, now, "find_person", {"persons": persons, "by": by})
        mine = held.of(lake, persons, who)
        if not mine.row_keys:
            raise NothingThereError("nothing is held on this person")
        answer = told(lake, mine)
    write_private(file, json.dumps(answer, ensure_ascii=False, indent=1, default=str), recipient)
    departures = len(answer["made_of_them"]["reconciled.departures"])
    return Found(persons, len(mine.rows), len(answer["quarantined_rows"]), departures)


def told(lake: Lake, mine: Held) -> dict[str, Any]:
    """Delivered rows with their files, what was made of them, and who looked at it."""
    batches = {row["batch_id"]: row for row in rows_of(lake.table("ops", "batches"))}
    delivered = [
        {"table": f"records.{name}", **_origin(batches[row["batch_id"]]), **row}
        for name in sorted({table for table, _, _ in mine.rows})
        for row in _rows(lake.table("records", name), mine.rows, name)
    ]
    apart = lake.table("ops", "quarantine")
    quarantined = apart.filter(apart.batch_id.isin([batch for batch, _ in mine.quarantined]))
    return {
        "persons": mine.persons,
        "delivered_rows": delivered,
        "quarantined_rows": [
            _origin(batches[row["batch_id"]]) | row
            for row in rows_of(quarantined)
            if (row["batch_id"], row["row_number"]) in mine.quarantined
        ],
        "corrections": [
            row
            for row in rows_of(lake.table_if_there("ops", "corrections"))
            if (row["batch_id"], row["row_number"]) in mine.row_keys
        ],
        "made_of_them": {
            f"{schema}.{name}": rows_of(_of(lake.table(schema, name), column, mine))
            for (schema, name), column in MADE.items()
        },
        "who_looked": [e for e in access_log.entries(lake) if _concerns(e, mine)],
    }


def _origin(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: batch[name] for name in ("source", "file", "sha256", "received_at", "night")}


def _rows(table: ir.Table, rows: list[tuple[str, str, int]], name: str) -> list[dict[str, Any]]:
    wanted = {(batch, row) for of_table, batch, row in rows if of_table == name}
    near = table.filter(table.batch_id.isin([batch for batch, _ in wanted]))
    near = near.filter(near.row_number.isin([row for _, row in wanted]))
    return [row for row in rows_of(near) if (row["batch_id"], row["row_number"]) in wanted]


def _of(table: ir.Table, column: str, mine: Held) -> ir.Table:
    wanted = mine.persons if column == "person_id" else mine.record_keys
    is_theirs = table[column].isin(wanted)
    if "anchor_key" in table.columns:
        is_theirs |= table.anchor_key.isin(wanted)
    return table.filter(is_theirs)


def _concerns(entry: dict[str, Any], mine: Held) -> bool:
    """Whether an entry names the person or a departure, or is an extract that may hold them."""
    names = [*mine.persons, *mine.departures]
    return entry["kind"] == "extract" or any(name in entry["details"] for name in names)


def write_private(file: Path, text: str, recipient: str | None) -> None:
    """Write what names a person, for the owner of the file or of an age key only.

    Raises PersonError where the file exists, or the recipient is not a key.
    """
    content = text.encode()
    if recipient:
        try:
            to = pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise PersonError("the recipient is not an age key (age1...)") from None
        content = pyrage.encrypt(content, [to])
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PersonError(f"{file} exists already; choose another file") from None
    with os.fdopen(handle, "wb") as out:
        out.write(content)
