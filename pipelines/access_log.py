"""The access log: who did what with the data of persons, each entry bound to the one before.

Whoever edits, removes or swaps an entry breaks the chain behind it, or differs from what a
published night says of it (`nights.log_entries`, `nights.log_digest`). What was entered after the
last published night is bound by nothing yet.
"""

import fcntl
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import ibis

from pipelines import settings
from pipelines.errors import PulangError
from pipelines.lake import Lake, rows_of

KINDS = (
    "night", "explain", "review", "judgement", "extract", "open_seal", "find_person", "look_at_row",
    "release", "correction", "erasure", "retention", "key_rotation",
)  # fmt: skip
GENESIS = "0" * 64
# A NIK, or a passport number as Indonesia writes it, standing by itself.
IDENTIFIER = re.compile(r"\b(\d{16}|[A-Za-z]{1,2}\d{6,7})\b")
Row = Mapping[str, Any]


class LogError(PulangError):
    """An entry that the log does not take."""


@dataclass(frozen=True)
class Head:
    """How many entries the log has, and the digest of the last."""

    entries: int = 0
    digest: str = GENESIS

    @property
    def anchor(self) -> dict[str, Any]:
        """As a published night says it."""
        return {"log_entries": self.entries, "log_digest": self.digest}


@dataclass(frozen=True)
class Finding:
    """What is wrong with the log at an entry: edited, missing, cut_off or other_than_published."""

    code: str
    entry_number: int
    says: str


# The chain


def digest(previous: str, entry: Row) -> str:
    """SHA-256 over the digest of the entry before and this one in canonical JSON."""
    at = entry["entered_at"].astimezone(UTC).isoformat(timespec="microseconds")
    said = {name: entry[name] for name in ("entry_number", "actor", "kind", "details")}
    text = json.dumps(said | {"entered_at": at}, sort_keys=True, separators=(",", ":"))
    return sha256(f"{previous}\n{text}".encode()).hexdigest()


def following(head: Head, at: datetime, actor: str, kind: str, details: Row) -> dict[str, Any]:
    """The entry that follows `head`. Raises LogError for an unknown kind, or an identifier."""
    if kind not in KINDS:
        raise LogError(f"the log knows no {kind}")
    text = json.dumps(details, sort_keys=True, ensure_ascii=False, default=str)
    if IDENTIFIER.search(text) or IDENTIFIER.search(actor):
        raise LogError(f"{kind}: a text looks like a NIK or passport number; say it without")
    entry = {
        "entry_number": head.entries + 1, "entered_at": at, "actor": actor, "kind": kind,
        "details": text, "previous_digest": head.digest,
    }  # fmt: skip
    return entry | {"digest": digest(head.digest, entry)}


def verify(entries: Iterable[Row], anchors: Iterable[Row]) -> list[Finding]:
    """What is wrong with `entries` in their order, by themselves and against published nights.

    `anchors` are rows of published `nights`; those without log_entries say nothing.
    """
    found: list[Finding] = []
    digests, previous = [GENESIS], GENESIS
    for number, entry in enumerate(entries, 1):
        if entry["entry_number"] != number:
            says = f"entry {number} is not there, or not in its place"
            return [*found, Finding("missing", number, says)]
        if entry["previous_digest"] != previous or entry["digest"] != digest(previous, entry):
            found.append(Finding("edited", number, f"entry {number} is not what was entered"))
        previous = entry["digest"]
        digests.append(previous)
    return found + [f for row in anchors for f in _held_against(digests, row)]


def _held_against(digests: list[str], night: Row) -> Iterator[Finding]:
    number, told = night["log_entries"], f"night {night['night_number']}"
    if number is None:
        return
    if number >= len(digests):
        says = f"{told} was published with {number} entries, the log has {len(digests) - 1}"
        yield Finding("cut_off", len(digests), says)
    elif digests[number] != night["log_digest"]:
        says = f"{told} was published with another entry {number}"
        yield Finding("other_than_published", number, says)


# The lake


def head(lake: Lake) -> Head:
    """The end of the log as it is now."""
    last = lake.table("ops", "access_log").order_by(ibis.desc("entry_number")).limit(1)
    for row in rows_of(last.select("entry_number", "digest")):
        return Head(row["entry_number"], row["digest"])
    return Head()


def entries(lake: Lake) -> list[dict[str, Any]]:
    """The whole log, the oldest entry first."""
    return rows_of(lake.table("ops", "access_log").order_by("entry_number", "digest"))


def enter(lake: Lake, at: datetime, actor: str, kind: str, details: Row) -> None:
    """Append an entry, inside a transaction that began after `alone`."""
    lake.insert("ops", "access_log", [following(head(lake), at, actor, kind, details)])


def note(lake: Lake, now: settings.Settings, kind: str, details: Row) -> None:
    """Append an entry by itself, before what it tells of is shown."""
    with alone(now), lake.transaction():
        enter(lake, datetime.now(UTC), now.actor, kind, details)


@contextmanager
def alone(now: settings.Settings) -> Iterator[None]:
    """The right to append. Over PostgreSQL several processes may; two must not follow one entry."""
    with (now.home.lake / "log.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
