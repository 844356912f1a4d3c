"""Published files of past nights, as `nights/000012_2026-11-20.duckdb` beside the current one.

A name says the number of the night and its date. A kept file is the published one itself under a
second name (a hard link), so that keeping it costs nothing until the next night replaces it.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb


class Kept(NamedTuple):
    """One kept file."""

    number: int
    night: date
    file: Path


def keep(published: Path) -> None:
    """Keep the published file. Does nothing where there is none, or it says no night.

    To be called after publishing, and before it again for a night that was killed in between.
    """
    if not published.exists() or not (said := _night(published)):
        return
    folder = published.parent / "nights"
    folder.mkdir(exist_ok=True)
    number, night = said
    file = folder / f"{number:06}_{night}.duckdb"
    if file.exists() and file.samefile(published):
        return
    half = file.with_name(f".{file.name}.half")
    half.unlink(missing_ok=True)
    half.hardlink_to(published)
    half.replace(file)


def _night(published: Path) -> tuple[int, date] | None:
    """Number and date of the latest night in a published file; none where it cannot be read."""
    try:
        con = duckdb.connect(str(published), read_only=True)
    except duckdb.Error:
        return None
    with con:
        nights = con.table("nights").order("night_number DESC").limit(1)
        return nights.project("night_number, night").fetchone()


def kept(published: Path) -> list[Kept]:
    """All kept files, the oldest first."""
    files = sorted((published.parent / "nights").glob("[0-9]*_*.duckdb"))
    return [_named(file) for file in files]


def of_night(published: Path, number: int) -> Path | None:
    """The kept file of a night by its number; None where there is none any more."""
    return next((one.file for one in kept(published) if one.number == number), None)


def _named(file: Path) -> Kept:
    number, night = file.stem.split("_")
    return Kept(int(number), date.fromisoformat(night), file)


def sweep(published: Path, days: int) -> list[Kept]:
    """Delete the files of nights that are `days` or more before the latest; gives those left."""
    found = kept(published)
    if not found:
        return []
    first = max(one.night for one in found) - timedelta(days=days)
    for old in (one for one in found if one.night <= first):
        old.file.unlink()
    return [one for one in found if one.night > first]
