"""The key of a home is changed: nothing becomes another, and the old key opens nothing."""

import os
import re
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cryptography.exceptions import InvalidTag

from pipelines import contracts, keys, lake_files, night, settings
from pipelines.custody import rotation
from pipelines.intake.arrivals import Archive
from pipelines.keys import KeyMissingError
from pipelines.lake import LakeShutError, open_lake
from pipelines.publish.digest import digests, of_table
from tests import papers, postgres, story
from tests.story import NIGHT, Told

OLD, NEW = "a key for tests", "a new key for tests"


def contents(now: settings.Settings) -> dict[Any, Any]:
    """Every table in every snapshot, its row numbers and its changes, as digests."""
    found: dict[Any, Any] = {}
    with story.opened(now) as lake:
        first, last = lake.oldest_snapshot_id, lake.snapshot_id
        for schema, name in contracts.lake():
            if (schema, name) == ("ops", "access_log"):
                continue
            found[name, "rows"] = lake.con.execute(
                f"SELECT bit_xor(hash(rowid, t::VARCHAR)) FROM lake.{schema}.{name} t"  # noqa: S608
            ).fetchone()
            found[name, "changes"] = of_table(lake.ibis, lake.changed(schema, name, first))
            for version in range(first, last + 1):
                try:
                    then = lake.table_at(schema, name, version)
                except duckdb.Error:
                    continue  # not yet there
                found[name, version] = of_table(lake.ibis, then)
    return found


def keys_of_files(now: settings.Settings) -> set[str]:
    secret = keys.load(now.home.keys, now.key, True)
    with lake_files.opened(now, secret) as con:
        return {file.key for file in lake_files.files(con, now.home.lake / "files")}


def bytes_of(folder: Path) -> set[bytes]:
    return {f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.suffix != ".lock"}


@pytest.fixture
def home(corrected: Told, tmp_path: Path) -> settings.Settings:
    """Two nights, with joined files and files of deletions."""
    now = story.copied(corrected, tmp_path / "home")
    night.tidy(now)
    return now


def rotated(now: settings.Settings) -> settings.Settings:
    rotation.rotate(replace(now, new_key=NEW))
    return replace(now, key=NEW)


def test_nothing_is_another_and_nothing_is_left_under_the_old_key(home: settings.Settings) -> None:
    before, files, bits = contents(home), keys_of_files(home), bytes_of(home.home.lake)
    assert any(f.name.endswith("-delete.parquet") for f in home.home.lake.rglob("*.parquet"))
    after = rotated(home)
    now_there = contents(after)
    assert len(before) > 100
    assert {k: now_there[k] for k in before} == before
    assert keys_of_files(after) & files == set()
    assert bytes_of(after.home.lake) & bits == set()
    with pytest.raises(KeyMissingError, match="stays shut"):
        night.run(replace(after, key=OLD), NIGHT)
    assert not (after.home.lake / "rotation").exists()
    with story.opened(after) as lake:
        log = story.rows(lake, "ops", "access_log")
        assert max(log, key=itemgetter("entry_number"))["kind"] == "key_rotation"


def test_persons_and_departures_keep_their_ids_even_when_all_is_worked_out_anew(
    home: settings.Settings, corrected: Told
) -> None:
    after = rotated(home)
    rotation.rotate(replace(after, new_key="a third key"))
    third = replace(after, key="a third key")
    assert night.run(third, NIGHT, rebuild=True).status == "published"
    was, are = digests(corrected.home.warehouse), digests(third.home.warehouse)
    assert was["departures"] == are["departures"]
    assert {name for name in was if was[name] != are[name]} <= {"nights", "checks"}


def test_the_archive_is_opened_by_the_new_key_only(home: settings.Settings) -> None:
    old = keys.load(home.home.keys, home.key, True)
    after = rotated(home)
    new = keys.load(after.home.keys, after.key, True)
    with story.opened(after) as lake:
        batches = story.rows(lake, "ops", "batches")
    folder = after.home.lake / "archive"
    for batch in batches:
        assert len(Archive(folder, new.derive("archive")).read(batch["sha256"])) == batch["bytes"]
        with pytest.raises(InvalidTag):
            Archive(folder, old.derive("archive")).read(batch["sha256"])


def test_a_home_that_lost_its_sealed_pseudonyms_stays_shut(home: settings.Settings) -> None:
    """It would otherwise give everybody a new id in silence."""
    after = rotated(home)
    keys.sealed_in(after.home.keys).unlink()
    with pytest.raises(LakeShutError):
        night.run(after, NIGHT)


def test_a_key_in_a_file_is_followed_by_one_in_a_file(told: Told, tmp_path: Path) -> None:
    now = story.copied(told, tmp_path / "home")
    now.home.keys.mkdir(mode=0o700)
    (now.home.keys / "pulang.key").write_text(OLD)
    now = replace(now, key=None)
    rotation.rotate(now)
    [file] = now.home.keys.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("pulang.key", 0o600)
    assert re.fullmatch("[0-9a-f]{64}", file.read_text())
    assert story.outcomes(now) == story.OUTCOMES


def test_a_given_key_is_not_followed_by_itself_or_by_none(home: settings.Settings) -> None:
    with pytest.raises(rotation.RotationError, match="PULANG_NEW_KEY"):
        rotation.rotate(home)
    with pytest.raises(rotation.RotationError, match="is the key that there is"):
        rotation.rotate(replace(home, new_key=home.key))


class BrokenOffError(Exception):
    """As if the process had been killed."""


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The disk fails at the n-th time that all is brought to it."""
    left = [0]

    def sync() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise BrokenOffError

    monkeypatch.setattr(os, "sync", sync)
    return lambda at: left.__setitem__(0, at)


def test_broken_off_before_the_mark_nothing_has_happened(
    told: Told, tmp_path: Path, breaking: Any
) -> None:
    now = story.copied(told, tmp_path / "home")
    breaking(1)
    with pytest.raises(BrokenOffError):
        rotated(now)
    assert story.outcomes(now) == story.OUTCOMES
    assert story.outcomes(rotated(now)) == story.OUTCOMES


@pytest.mark.parametrize("at", [2, 3])
def test_broken_off_after_the_mark_it_stays_shut_until_it_is_ended(
    told: Told, tmp_path: Path, breaking: Any, at: int
) -> None:
    now = story.copied(told, tmp_path / "home")
    breaking(at)
    with pytest.raises(BrokenOffError):
        rotated(now)
    for key in (OLD, NEW):
        with pytest.raises((LakeShutError, KeyMissingError)):
            story.outcomes(replace(now, key=key))
    assert story.outcomes(rotated(now)) == story.OUTCOMES


@pytest.mark.skipif(not postgres.is_there(), reason="no PostgreSQL here")
def test_with_the_catalog_in_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.started() as server:
        monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
        now = replace(papers.home(tmp_path / "home"), catalog=server.database("rotated"))
        rows = [{"night_number": n, "night": NIGHT, "outcome": "published"} for n in (1, 2)]
        with open_lake(now, keys.load(now.home.keys, now.key, False)) as lake:
            for row in rows:
                lake.insert("ops", "nights", [row])
        before, files = contents(now), keys_of_files(now)
        after = rotated(now)
        now_there = contents(after)
        assert {k: now_there[k] for k in before} == before
        assert len(files) == 2
        assert keys_of_files(after) & files == set()
        with pytest.raises(KeyMissingError):
            contents(replace(after, key=OLD))
