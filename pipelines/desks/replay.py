"""Replay: a past night worked out again from the archived deliveries, and compared.

One night over everything that had been taken in by then, in a home of its own, has to say the same
as the nights one after another did. What tells of the nights themselves is not compared.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import yaml

from pipelines import __version__, contracts, keys, link, night, settings
from pipelines.desks.front import NothingThereError, secret_of
from pipelines.intake import corrections
from pipelines.intake.arrivals import REMOVED, Archive
from pipelines.intake.deliveries import DESTROYED
from pipelines.lake import Lake, open_lake, rows_of
from pipelines.policy import OVERRIDE
from pipelines.publish import digest, kept

# Tables that tell of the sequence of nights, which a replay does not repeat.
OF_NIGHTS = ("changes", "nights")
TOLD = (("identity", "judgements"), ("ops", "corrections"), ("ops", "erased"), ("ops", "batches"))


@dataclass(frozen=True)
class Replayed:
    """A night and its replay. `differing` are the published tables that are not the same.

    `other_conditions` says what has changed since and may be why: code, contracts or linkage.
    """

    night: date
    number: int
    tables: int
    differing: list[str]
    other_conditions: list[str]


def replay(
    now: settings.Settings, day: date, report: Callable[[str], None] = lambda _: None
) -> Replayed:
    """Rebuild the last night published with that date. Raises NothingThereError without one."""
    secret = secret_of(now)
    now.home.path.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="replay-", dir=now.home.path))
    try:
        with open_lake(now, secret, read_only=True) as lake:
            was = _night(lake, day)
            file = kept.of_night(now.home.warehouse, was["night_number"])
            if file is None:
                raise NothingThereError(f"the published file of {day} is not kept any more")
            report("laying the deliveries out again")
            _lay_out(lake, was, home, Archive(now.home.lake / "archive", secret.derive("archive")))
            told = _told(lake, was["snapshot_id"])
        if (sealed := keys.sealed_in(now.home.keys)).exists():
            (home / "lake").mkdir(mode=0o700)
            shutil.copy2(sealed, home / "lake")
        if (weights := now.home.path / link.WEIGHTS).exists():
            shutil.copy2(weights, home)
        there = replace(now, home=settings.Home(home), key=secret.secret.decode(), catalog=None)
        _tell(there, told)
        night.run(there, day, report)
        before, after = digest.digests(file), digest.digests(there.home.warehouse)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    compared = sorted((before.keys() | after.keys()) - set(OF_NIGHTS))
    differing = [name for name in compared if before.get(name) != after.get(name)]
    return Replayed(day, was["night_number"], len(compared), differing, _other(was, now))


def _night(lake: Lake, day: date) -> dict[str, Any]:
    nights = lake.table("ops", "nights")
    of_day = nights.filter((nights.night == day) & (nights.outcome == night.PUBLISHED))
    found = rows_of(of_day.order_by("night_number"))
    if not found:
        raise NothingThereError(f"no night was published with the date {day}")
    return found[-1]


def _lay_out(lake: Lake, was: dict[str, Any], home: Path, archive: Archive) -> None:
    """The deliveries known to that night, as they landed, and its parameters."""
    batches = lake.table_at("ops", "batches", was["snapshot_id"])
    for batch in rows_of(batches.filter(batches.status != DESTROYED)):
        file = home / "landing" / batch["source"] / batch["file"]
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_there = archive.path(batch["sha256"]).exists()
        content = archive.read(batch["sha256"]) if is_there else REMOVED
        if content == REMOVED and batch["bytes"]:
            why = "a person was erased from it" if is_there else "its time of retention is over"
            raise NothingThereError(f"{batch['file']} is not in the archive: {why}")
        file.write_bytes(content)
        os.utime(file, ns=(batch["modified_ns"], batch["modified_ns"]))
    if overrides := json.loads(was["policy"]):
        (home / OVERRIDE).write_text(yaml.safe_dump(overrides), encoding="utf-8")


def _told(lake: Lake, snapshot_id: int) -> dict[tuple[str, str], pa.Table]:
    """What people had decided by then, and what is known of deliveries that were destroyed."""
    told = {name: lake.table_at(*name, snapshot_id) for name in TOLD}
    orders, batches = told["ops", "corrections"], told["ops", "batches"]
    done = corrections.done(orders)
    told["ops", "corrections"] = done.mutate(night=ibis.null("date"))
    told["ops", "batches"] = batches.filter(batches.status == DESTROYED)
    return {name: rows.to_pyarrow() for name, rows in told.items()}


def _tell(there: settings.Settings, told: dict[tuple[str, str], pa.Table]) -> None:
    secret = keys.load(there.home.keys, there.key, lake_exists=False)
    with open_lake(there, secret) as lake, lake.transaction():
        for (schema, name), rows in told.items():
            lake.insert(schema, name, rows)


def _other(was: dict[str, Any], now: settings.Settings) -> list[str]:
    today = {
        "contracts_sha256": contracts.digest(),
        "code_version": __version__,
        "linkage_model": link.weights(now.home.path).version,
    }
    return [name for name, value in today.items() if was[name] != value]
