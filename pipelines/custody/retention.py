"""Retention: deliveries older than the policy allows are destroyed, with all that came of them.

UU 27/2022 articles 42 to 44. A delivery goes as a whole, by the day it was received: records, rows
set apart, orders, the archived copy, the file in landing/. Its counts stay, so that rows delivered
are accounted for. What was worked out of it goes with the next night, which works all out anew and
sees a border record that begins later: the same as if no older delivery had ever been there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines import access_log, contracts, keys, lake_files, settings
from pipelines.catalog import writing
from pipelines.desks.front import secret_of
from pipelines.intake.arrivals import Archive
from pipelines.intake.deliveries import DESTROYED
from pipelines.intake.measures import AHEAD_OF_UTC
from pipelines.lake import Lake, open_lake, rows_of
from pipelines.policy import Policy
from pipelines.record_keys import list_key, placement_key

DECIDED = ("record_key", "anchor_key")  # of identities on which people judged
Batch = dict[str, Any]


@dataclass(frozen=True)
class Destroyed:
    """What was destroyed: deliveries received before a day, the rows that they had, copies."""

    received_before: date | None
    deliveries: int = 0
    rows: int = 0
    copies: int = 0


def destroy(now: settings.Settings, today: date | None = None) -> Destroyed:
    """Destroy what is older than `retention_years`, or end what was broken off.

    Counted back from the latest night or from `today`, whichever is earlier: neither a clock nor a
    night that is ahead destroys anything.
    """
    secret, years = secret_of(now), Policy.load(now.home.path).retention_years
    with open_lake(now, secret) as lake:
        latest = lake.table("ops", "nights").night.max().to_pyarrow().as_py()
        if latest is None:
            return Destroyed(None)
        first = years_before(min(latest, today or datetime.now(UTC).date()), years)
        old = [b for b in rows_of(lake.table("ops", "batches")) if _is_old(b, first)]
        if old:
            _unfinished(now).touch(mode=0o600)
            _from_lake(lake, now, old, {"received_before": first, "retention_years": years})
        kept = _digests(lake, is_destroyed=False)
        copies = _from_archive(now, secret, _digests(lake, is_destroyed=True) - kept)
        gone = rows_of(lake.table("ops", "batches").filter(ibis._.status == DESTROYED))
    _from_landing(now, gone)
    if _unfinished(now).exists():
        with writing(now), lake_files.opened(now, secret) as con:
            ids = [batch["batch_id"] for batch in gone]
            con.execute("CREATE TEMP TABLE destroyed AS SELECT unnest(?) AS batch", [ids])
            lake_files.forget(con, now, secret, _blank)
        _unfinished(now).unlink()
    return Destroyed(first, len(old), sum(b["rows"] for b in old), copies)


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; of 29 February the 28th where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _is_old(batch: Batch, first: date) -> bool:
    """Received before the first day (WIB) that is kept, and not yet destroyed."""
    received = (batch["received_at"].astimezone(UTC) + AHEAD_OF_UTC).date()
    return bool(received < first and batch["status"] != DESTROYED)


def _unfinished(now: settings.Settings) -> Path:
    return now.home.lake / "retention.unfinished"


# The lake


def _from_lake(lake: Lake, now: settings.Settings, old: list[Batch], rule: dict[str, Any]) -> None:
    """Delete the rows of old deliveries and the judgements that rest on them alone.

    The ledger of stages goes too: the next night works everything out anew.
    """
    told = rule | {"deliveries": len(old), "rows": sum(batch["rows"] for batch in old)}
    ids = ibis.memtable({"batch_id": [batch["batch_id"] for batch in old]})
    with access_log.alone(now), lake.transaction(), lake.scratchpad() as hold:
        gone = hold(ids)
        access_log.enter(lake, datetime.now(UTC), now.actor, "retention", told)
        keys_gone = hold(_identities(lake, gone, True).difference(_identities(lake, gone, False)))
        judged = lake.table("identity", "judgements")
        for column in DECIDED:
            judged = judged.anti_join(keys_gone.select(**{column: "record_key"}), column)
        # All anew: a row that is only deleted stays in its file, beside those that are kept.
        lake.replace("identity", "judgements", hold(judged))
        for schema, name in _delivered():
            lake.remove(schema, name, "batch_id", gone)
        batches = lake.table("ops", "batches")
        theirs = batches.semi_join(gone, "batch_id")
        lake.put("ops", "batches", theirs.mutate(status=ibis.literal(DESTROYED)), theirs)
        lake.clear("ops", "stages")


def _delivered() -> Iterator[tuple[str, str]]:
    """The tables that hold delivered rows, as they came or in standard form."""
    for (schema, name), table in contracts.lake().items():
        if "batch_id" in table.names and name != "batches":
            yield schema, name


def _identities(lake: Lake, gone: ir.Table, are_gone: bool) -> ir.Table:
    """(record_key) of the identities on delivered rows: those of old deliveries, or all others."""
    crossings, placements, lists = (
        table.semi_join(gone, "batch_id") if are_gone else table.anti_join(gone, "batch_id")
        for table in (
            lake.table("records", name) for name in ("crossings", "placements", "repatriations")
        )
    )
    standard = lake.table("standard", "crossings").semi_join(crossings, "crossing_id")
    return ibis.union(
        standard.select("record_key"),
        placements.select(record_key=placement_key(placements.placement_id)),
        lists.select(record_key=list_key(lists.list_file, lists.list_number)),
        distinct=True,
    )


def _blank(schema: str, name: str) -> str | None:
    """The condition on rows of destroyed deliveries that are not yet blank."""
    if (schema, name) not in set(_delivered()):
        return None
    said = next(c for c in contracts.lake()[schema, name].names if c not in lake_files.KEPT)
    return f'batch_id IN (SELECT batch FROM destroyed) AND "{said}" IS NOT NULL'  # noqa: S608


# Files


def _digests(lake: Lake, is_destroyed: bool) -> set[str]:
    batches = lake.table("ops", "batches")
    of_them = batches.filter((batches.status == DESTROYED) == is_destroyed)
    return {row["sha256"] for row in rows_of(of_them.select("sha256"))}


def _from_archive(now: settings.Settings, secret: keys.Keys, digests: set[str]) -> int:
    """Delete the copies that no kept delivery shares."""
    archive = Archive(now.home.lake / "archive", secret.derive("archive"))
    there = [path for digest in sorted(digests) if (path := archive.path(digest)).exists()]
    for path in there:
        path.unlink()
    return len(there)


def _from_landing(now: settings.Settings, gone: list[Batch]) -> None:
    """Delete the delivered files, unless something else lies there by now."""
    for batch in gone:
        file = now.home.landing / batch["source"] / batch["file"]
        if file.exists() and file.stat().st_mtime_ns == batch["modified_ns"]:
            file.unlink()
