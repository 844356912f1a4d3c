"""The access log as people see it, and what published files say of it."""

from pathlib import Path
from typing import Any

import duckdb

from pipelines import access_log, settings
from pipelines.access_log import Finding
from pipelines.desks.front import NothingThereError, reading
from pipelines.lake import Lake
from pipelines.publish import kept

ANCHOR = "night_number, log_entries, log_digest"


def shown(now: settings.Settings) -> list[dict[str, Any]]:
    """Every entry, the oldest first."""
    with reading(now) as lake:
        return _entries(lake)


def verified(now: settings.Settings, *elsewhere: Path) -> tuple[int, int, list[Finding]]:
    """How many entries there are and nights that vouch for them, and what is wrong with the log.

    It is held against the published files of this home, and those kept `elsewhere`: an anchor that
    the home's owner could not reach proves more. Raises NothingThereError for a file without.
    """
    files = [one.file for one in kept.kept(now.home.warehouse)]
    files += [now.home.warehouse] * now.home.warehouse.exists()
    anchors = [row for file in [*files, *elsewhere] for row in _anchors(file)]
    distinct = {tuple(row.values()): row for row in anchors if row["log_entries"] is not None}
    log = shown(now)
    return len(log), len(distinct), access_log.verify(log, distinct.values())


def _entries(lake: Lake) -> list[dict[str, Any]]:
    tables = lake.ibis.list_tables(database=("lake", "ops"))
    return access_log.entries(lake) if "access_log" in tables else []


def _anchors(file: Path) -> list[dict[str, Any]]:
    """What the nights in a published file say of the log; nothing in files of older versions."""
    try:
        con = duckdb.connect(str(file), read_only=True)
    except duckdb.Error:
        raise NothingThereError(f"{file} is no published file") from None
    with con:
        nights = con.table("nights")
        if "log_digest" not in nights.columns:
            return []
        rows: list[dict[str, Any]] = nights.project(ANCHOR).to_arrow_table().to_pylist()
        return rows
