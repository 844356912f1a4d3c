"""The night over a catalog in a real PostgreSQL, beside the embedded one."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import keys, night, settings
from pipelines.lake import LakeBusyError, LakeShutError, open_lake
from pipelines.publish.digest import digests
from tests import papers, postgres, story, test_backup
from tests.story import NIGHT, Told

if not postgres.is_there():
    pytest.skip(
        "NO POSTGRESQL HERE: the catalog for many hosts is NOT TESTED; "
        "install the Debian package postgresql",
        allow_module_level=True,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.started() as running:
        os.environ["PGPASSWORD"] = postgres.PASSWORD
        yield running
        del os.environ["PGPASSWORD"]


def moved(told: Told, path: Path, catalog: str | None) -> settings.Settings:
    """A home in which the deliveries of the story have landed, and nothing else has happened."""
    shutil.copytree(told.home.landing, path / "landing")
    return replace(papers.home(path), catalog=catalog)


@pytest.fixture(scope="module")
def now(
    server: postgres.Server, told: Told, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    """After the first night over PostgreSQL. Tests go on from it in the order of this file."""
    path = tmp_path_factory.mktemp("postgres") / "home"
    found = moved(told, path, server.database("story"))
    assert night.run(found, NIGHT).status == "published"
    return found


def test_the_night_says_what_it_says_with_the_embedded_catalog(
    told: Told, now: settings.Settings
) -> None:
    assert digests(now.home.warehouse) == digests(told.home.warehouse)
    assert story.outcomes(now) == story.OUTCOMES


def test_every_row_is_accounted_for(now: settings.Settings) -> None:
    query = "SELECT rows, accepted, quarantined, superseded FROM batches"
    for rows, accepted, quarantined, superseded in story.ask(now.home, query):
        assert rows == accepted + quarantined + superseded


def test_the_catalog_is_in_the_server_and_the_files_are_encrypted(
    server: postgres.Server, now: settings.Settings
) -> None:
    assert int(server.run("story", "SELECT count(*) FROM ducklake_snapshot")) > 1
    assert not (now.home.lake / "catalog.duckdb").exists()
    files = list((now.home.lake / "files").rglob("*.parquet"))
    assert files
    for file in files:
        assert file.read_bytes()[:4] == b"PARE"


def test_another_key_does_not_open_it(now: settings.Settings) -> None:
    with pytest.raises(LakeShutError, match="cannot be opened with this key"):
        night.run(replace(now, key="another key"), NIGHT)


def test_without_the_server_the_home_stays_shut(now: settings.Settings) -> None:
    with pytest.raises(LakeShutError, match="the catalog of this home is in PostgreSQL"):
        night.run(replace(now, catalog=None), NIGHT)
    nowhere = replace(now, catalog="dbname=story host=/nowhere user=pulang")
    with pytest.raises(LakeShutError, match="the catalog in PostgreSQL cannot be opened") as error:
        night.run(nowhere, NIGHT)
    assert postgres.PASSWORD not in str(error.value)


def test_an_empty_database_does_not_pass_for_the_catalog(
    server: postgres.Server, now: settings.Settings
) -> None:
    with pytest.raises(LakeShutError, match="cannot be opened"):
        night.run(replace(now, catalog=server.database("lost")), NIGHT)


def test_the_catalog_of_one_home_is_not_taken_for_that_of_another(
    now: settings.Settings, told: Told, tmp_path: Path
) -> None:
    with pytest.raises(LakeShutError, match="belongs to another home"):
        night.run(moved(told, tmp_path / "home", now.catalog), NIGHT)
    embedded = story.copied(told, tmp_path / "embedded")
    with pytest.raises(LakeShutError, match="unset PULANG_CATALOG"):
        night.run(replace(embedded, catalog=now.catalog), NIGHT)


def test_others_read_the_lake_while_one_writes(now: settings.Settings) -> None:
    def look(_: int) -> int:
        with story.opened(now) as lake:
            return len(story.rows(lake, "ops", "batches"))

    secret = keys.load(now.home.keys, now.key, True)
    row = {"list_file": "half.csv", "list_number": "1", "departure_key": "X:1", "position": 0}
    with open_lake(now, secret) as lake:
        lake.con.execute("BEGIN")
        lake.insert("reconciled", "list_matches", [row])
        with ThreadPoolExecutor(4) as readers:
            assert set(readers.map(look, range(8))) == {8}
        with pytest.raises(LakeBusyError, match="another process holds"):
            night.run(now, NIGHT)
        lake.con.execute("ROLLBACK")


def test_a_backup_restored_to_another_server_says_the_same(
    server: postgres.Server, now: settings.Settings, tmp_path: Path
) -> None:
    other = replace(
        now, home=settings.Home(tmp_path / "restored"), catalog=server.database("restored")
    )
    test_backup.done("backup", now, tmp_path)
    test_backup.done("restore", other, tmp_path)
    assert story.outcomes(other) == story.OUTCOMES
    assert story.go_on(other).outcome.status == "published"


KILL = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from pipelines.publish import warehouse
from tests import papers, story
warehouse._settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
story.go_on(replace(papers.home(Path(sys.argv[1])), catalog=sys.argv[2]))
"""


def test_a_killed_night_run_again_gives_the_same(now: settings.Settings, corrected: Told) -> None:
    before = now.home.warehouse.read_bytes()
    command = [sys.executable, "-c", KILL, str(now.home.path), str(now.catalog)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert now.home.warehouse.read_bytes() == before
    story.go_on(now)
    assert digests(now.home.warehouse) == digests(corrected.home.warehouse)
