"""Erasure: a person leaves the lake, its past, the archive, landing/ and the published files.

UU 27/2022 articles 8, 16 and 43. What is left of a delivered row is its batch, its number and the
reason `erased` in ops.quarantine, so that rows delivered are still accounted for. Counts that were
published stay. What was handed over as an extract is out of reach; the log says which.

Broken off, the same command goes on: what is to be erased lies sealed in the lake's folder until
all of it is gone.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines import access_log, contracts, keys, lake_files, settings, whole
from pipelines.catalog import writing
from pipelines.custody import held
from pipelines.custody.held import Held
from pipelines.custody.remembered import remember
from pipelines.desks.front import NothingThereError, secret_of
from pipelines.errors import PulangError
from pipelines.intake import redact, supersede
from pipelines.intake.arrivals import REMOVED, Archive
from pipelines.intake.erased import PREFIX
from pipelines.intake.refusals import ERASED
from pipelines.lake import CATALOG, Lake, open_lake, rows_of
from pipelines.publish import kept

# Column -> kind of key that it holds.
KEYS = {
    "person_id": "person", "other_person_id": "person", "record_key": "record",
    "anchor_key": "record", "departure_id": "departure", "departure_key": "departure",
    "crossing_id": "id", "exit_crossing_id": "id", "return_crossing_id": "id",
    "placement_id": "id", "refusal_id": "id", "spelling": "sighting", "former_key": "record",
}  # fmt: skip
LISTED = {"list_file", "list_number"}
DELIVERED = {"batch_id", "row_number"}
PUBLISHED = {"departures": "departure_id", "changes": "departure_id", "findings": "person_id"}


class ErasureError(PulangError):
    """An erasure that may not be done."""


@dataclass(frozen=True)
class Order:
    """Why a person is erased, and who stands for it."""

    reason: str
    legal_basis: str
    approver: str


@dataclass(frozen=True)
class Erased:
    """What was erased: rows of the lake, archived deliveries that were changed or removed, files
    of landing/, published files that were written anew."""

    rows: int
    changed: int
    removed: int
    landed: int
    published: int


def erase(now: settings.Settings, person_id: str, order: Order) -> Erased:
    """Erase a person, or end an erasure of that person that was broken off.

    Raises ErasureError where nobody else approves, NothingThereError for an unknown person_id.
    """
    return _erase(now, Held([person_id]), order)


def erase_row(now: settings.Settings, batch_id: str, row_number: int, order: Order) -> Erased:
    """Erase one row that was set apart, such as that of an erased person which came again.

    Raises ErasureError where nobody else approves, NothingThereError for an unknown row.
    """
    return _erase(now, Held([], quarantined=[(batch_id, row_number)]), order)


def _erase(now: settings.Settings, asked: Held, order: Order) -> Erased:
    if not all(vars(order).values()) or order.approver in now.actor:
        raise ErasureError("reason, legal basis and an approver other than the actor are needed")
    secret = secret_of(now)
    with open_lake(now, secret) as lake:
        mine = _pending(now, secret) or _wanted(lake, asked)
        if asked.persons != mine.persons or not {*asked.quarantined} <= {*mine.row_keys}:
            raise NothingThereError("another erasure was broken off; end that one first")
        _keep(now, secret, mine)
        told = {"persons": mine.persons, "rows": len(mine.row_keys), **asdict(order)}
        told |= {"set_apart": asked.quarantined} if asked.quarantined else {}
        access_log.note(lake, now, "erasure", told)
        changed, removed, landed = _from_deliveries(lake, now, secret, mine)
        _from_lake(lake, secret, mine)
    with _catalog(now, secret, mine) as con:
        lake_files.forget(con, now, secret, _blank)
    published = _from_published(now, mine)
    _file(now).unlink()
    return Erased(len(mine.row_keys), changed, removed, landed, published)


def _wanted(lake: Lake, asked: Held) -> Held:
    """All that is held on who is asked for. Raises NothingThereError where that is nothing."""
    if asked.persons:
        found = held.of(lake, asked.persons)
        if not found.row_keys:
            raise NothingThereError(f"no person {asked.persons[0]}")
        return found
    [(batch, number)] = asked.quarantined
    apart = lake.table("ops", "quarantine")
    is_it = (apart.batch_id == batch) & (apart.row_number == number)
    if not apart.filter(is_it, apart.reason != ERASED).count().to_pyarrow().as_py():
        raise NothingThereError(f"{batch} has no row {number} that is set apart")
    return asked


# What is to be erased, until it is gone


def _file(now: settings.Settings) -> Path:
    return now.home.lake / "erasure.sealed"


def _keep(now: settings.Settings, secret: keys.Keys, mine: Held) -> None:
    nonce, text = os.urandom(keys.NONCE), json.dumps(asdict(mine)).encode()
    whole.write(_file(now), nonce + _cipher(secret).encrypt(nonce, text, None), mode=0o600)


def _pending(now: settings.Settings, secret: keys.Keys) -> Held | None:
    if not _file(now).exists():
        return None
    sealed = _file(now).read_bytes()
    said = json.loads(_cipher(secret).decrypt(sealed[: keys.NONCE], sealed[keys.NONCE :], None))
    for pairs in ("lists", "rows", "quarantined"):
        said[pairs] = [tuple(pair) for pair in said[pairs]]
    return Held(**said)


def _cipher(secret: keys.Keys) -> AESGCM:
    return AESGCM(bytes.fromhex(secret.derive("erasure")))


# Deliveries


def _from_deliveries(
    lake: Lake, now: settings.Settings, secret: keys.Keys, mine: Held
) -> tuple[int, int, int]:
    """Take the rows out of archived copies, and the files out of landing/."""
    archive = Archive(now.home.lake / "archive", secret.derive("archive"))
    batches = rows_of(lake.table("ops", "batches"))
    signed = _signatures(lake, mine)
    gone = {b["sha256"] for b in batches if b["batch_id"] in signed}
    gone |= {b["sha256"] for b in batches if _names_somebody(b, archive, mine)}
    landed = changed = removed = 0
    for digest in sorted(gone):
        named = [b for b in batches if b["sha256"] == digest]
        theirs = [row for b in named for row in signed.get(b["batch_id"], [])]
        source = contracts.sources()[named[0]["source"]]
        if archive.path(digest).exists():
            fresh = theirs and redact.redacted(
                archive.read(digest), named[0]["file"], source, theirs, now.home.temporary
            )
            archive.write(digest, fresh or REMOVED)
            changed, removed = changed + bool(fresh), removed + (not fresh)
        for batch in named:
            file = now.home.landing / batch["source"] / batch["file"]
            landed += file.exists()
            file.unlink(missing_ok=True)
    (archive.folder / "incoming.half").unlink(missing_ok=True)
    return changed, removed, landed


def _signatures(lake: Lake, mine: Held) -> dict[str, list[frozenset[str]]]:
    """By batch, what the cells of each row hold: its key and name, or all of one that was set apart
    or corrected."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    for name in sorted({table for table, _, _ in mine.rows}):
        table = lake.table("records", name)
        own = [c for c in ("crossing_id", "placement_id", "refusal_id", "list_number", "full_name")
               if c in table.columns]  # fmt: skip
        for row in rows_of(table.filter(table.batch_id.isin([b for _, b, _ in mine.rows]))):
            if (name, row["batch_id"], row["row_number"]) in mine.rows:
                cells = frozenset(redact.plain(str(row[c])) for c in own if row[c])
                found[row["batch_id"], row["row_number"]] = cells
    for name in ("quarantine", "corrections"):  # as they came, whatever counts now
        came = lake.table("ops", name)
        for row in rows_of(came.filter(came.delivered_row.notnull())):
            if (row["batch_id"], row["row_number"]) in mine.row_keys:
                cells = frozenset(map(redact.plain, held.cells_of(row["delivered_row"])))
                found[row["batch_id"], row["row_number"]] = cells - {""}
    signed: dict[str, list[frozenset[str]]] = {}
    for (batch, _), cells in found.items():
        signed.setdefault(batch, []).append(cells)
    return signed


def _names_somebody(batch: dict[str, Any], archive: Archive, mine: Held) -> bool:
    """Whether a delivery of which no row was taken in has their words among its bytes."""
    if batch["status"] != "refused" or not archive.path(batch["sha256"]).exists():
        return False
    content = archive.read(batch["sha256"]).upper()
    codes = ("utf-8", "utf-16-le")
    return any(word.upper().encode(code) in content for word in mine.sightings for code in codes)


# The lake


@contextmanager
def _catalog(
    now: settings.Settings, secret: keys.Keys, mine: Held
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The catalog's own tables, for the one writer, and the keys of `mine` as tables."""
    with writing(now), lake_files.opened(now, secret) as con:
        _name(con, mine)
        yield con


def _name(con: duckdb.DuckDBPyConnection, mine: Held) -> None:
    """The keys of `mine` as tables of the engine: theirs, their_rows, their_lists."""
    kinds = {"person": mine.persons, "record": mine.record_keys, "departure": mine.departures,
             "id": mine.record_ids, "sighting": _spellings(mine)}  # fmt: skip
    con.execute("CREATE OR REPLACE TEMP TABLE theirs (kind TEXT, key TEXT)")
    con.execute("CREATE OR REPLACE TEMP TABLE their_rows (batch TEXT, number BIGINT)")
    con.execute("CREATE OR REPLACE TEMP TABLE their_lists (file TEXT, number TEXT)")
    for kind, values in kinds.items():
        for value in values:
            con.execute("INSERT INTO theirs VALUES (?, ?)", [kind, value])
    for row in mine.row_keys:
        con.execute("INSERT INTO their_rows VALUES (?, ?)", list(row))
    for listed in mine.lists:
        con.execute("INSERT INTO their_lists VALUES (?, ?)", list(listed))


def _spellings(mine: Held) -> list[str]:
    return sorted({word for text in mine.sightings for word in (text, text.upper())})


def _blank(schema: str, name: str) -> str | None:
    """The condition on the rows of a table that are theirs; None where there can be none."""
    columns = set(contracts.lake()[schema, name].names)
    if (schema, name) in (("ops", "access_log"), ("ops", "batches")):
        return None
    if name == "quarantine":
        return f"{_theirs(DELIVERED)} AND delivered_row IS NOT NULL"
    found = [f"\"{c}\" IN (SELECT key FROM theirs WHERE kind = '{KEYS[c]}')"  # noqa: S608
             for c in sorted(columns & KEYS.keys())]  # fmt: skip
    found += [_theirs(pair) for pair in (DELIVERED, LISTED) if pair <= columns]
    return " OR ".join(f"coalesce({condition}, false)" for condition in found) or None


def _theirs(pair: set[str]) -> str:
    if pair == DELIVERED:
        return "(batch_id, row_number) IN (SELECT (batch, number) FROM their_rows)"
    return "(list_file, list_number) IN (SELECT (file, number) FROM their_lists)"


def _from_lake(lake: Lake, secret: keys.Keys, mine: Held) -> None:
    """Delete what is theirs, leave a mark for each delivered row, and count the deliveries again.

    Digests stay, by which a record is known that is sent again (remembered.py). The ledger of
    stages goes too: the next night works everything out anew.
    """
    _name(lake.con, mine)
    batches = lake.table("ops", "batches")
    sources = {row["batch_id"]: row["source"] for row in rows_of(batches)}
    marks = [
        {"batch_id": batch, "row_number": row, "source": sources[batch], "reason": ERASED}
        for batch, row in mine.row_keys
    ]
    with lake.transaction():
        theirs = lake.ibis.table("their_rows", database=("temp", "main"))
        remember(lake, theirs, lambda value: secret.pseudonym(value, PREFIX))
        for schema, name in contracts.lake():
            where = _blank(schema, name)
            if name == "quarantine":
                where = _theirs(DELIVERED)
            if where:
                lake.con.execute(f"DELETE FROM {CATALOG}.{schema}.{name} WHERE {where}")  # noqa: S608
        lake.insert("ops", "quarantine", marks)
        lake.clear("ops", "stages")
        records = [lake.table("records", contracts.records_of(s).name) for s in contracts.sources()]
        counted = supersede.counts(batches, records, lake.table("ops", "quarantine"))
        rows = lake.scratch(counted)
        lake.replace("ops", "batches", rows)
        lost = rows.filter(rows.rows != rows.accepted + rows.quarantined + rows.superseded)
        if lost.count().to_pyarrow().as_py():
            raise ErasureError("rows would be lost; nothing was erased from the lake")


# Published files


def _from_published(now: settings.Settings, mine: Held) -> int:
    """Write published files anew without their rows; figures that were published stay."""
    files = [one.file for one in kept.kept(now.home.warehouse)]
    files += [now.home.warehouse] * now.home.warehouse.exists()
    done = sum(_rewritten(file, mine) for file in files)
    if done:
        kept.keep(now.home.warehouse)
    return done


def _rewritten(file: Path, mine: Held) -> bool:
    first, second = (file.with_name(f".{file.name}.{part}") for part in ("less", "half"))
    for left in (first, second):
        left.unlink(missing_ok=True)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{file}' AS old (READ_ONLY)")
        con.execute(f"ATTACH '{first}' AS less")
        con.execute("COPY FROM DATABASE old TO less")
        _name(con, mine)
        gone = sum(
            len(con.execute(
                f"DELETE FROM less.{table} WHERE {column} IN (SELECT key FROM theirs) "  # noqa: S608
                "RETURNING 1").fetchall())
            for table, column in PUBLISHED.items()
        )  # fmt: skip
        if gone:  # what was deleted stays in the pages of a file until it is copied
            con.execute(f"ATTACH '{second}' AS half")
            con.execute("COPY FROM DATABASE less TO half")
    first.unlink()
    if gone:
        second.chmod(file.stat().st_mode & 0o777)
        second.replace(file)
    return bool(gone)
