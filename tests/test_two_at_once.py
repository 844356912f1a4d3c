"""One writer at a time, and readers who see one whole night."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ibis
import pytest
from typer.testing import CliRunner

from pipelines import contracts, keys, settings
from pipelines.cli import app
from pipelines.lake import LakeBusyError, open_lake
from pipelines.publish import kept, warehouse
from tests import papers, story

HOLD = """
import sys, time
from pathlib import Path
from pipelines import keys
from pipelines.lake import open_lake
from tests import papers
now = papers.home(Path(sys.argv[1]))
with open_lake(now, keys.load(now.home.keys, now.key, True), read_only=sys.argv[2] == "reader"):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@contextmanager
def held(home: Path, by: str, seconds: float = 60) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lake of a home for some time."""
    command = [sys.executable, "-c", HOLD, str(home), by, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


@pytest.fixture
def now(tmp_path: Path) -> settings.Settings:
    """A home with an empty lake."""
    now = papers.home(tmp_path / "home")
    write(now)
    return now


def write(now: settings.Settings) -> None:
    with open_lake(now, keys.load(now.home.keys, now.key, True)):
        pass


def test_a_second_night_refuses_in_one_sentence(
    now: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    with held(now.home.path, "writer") as holder:
        done = CliRunner().invoke(app, ["night", "--date", "2025-12-31"])
        sentence = " ".join(done.stderr.split())
    assert done.exit_code == 1
    assert f"LakeBusy: another process holds {now.home.lake} (process {holder.pid} on" in sentence


def test_it_waits_as_long_as_it_is_told(now: settings.Settings) -> None:
    start = time.monotonic()
    with held(now.home.path, "writer", seconds=2):
        write(replace(now, wait=60.0))
    assert 1 < time.monotonic() - start < 30
    with held(now.home.path, "writer"), pytest.raises(LakeBusyError):
        write(replace(now, wait=1.0))


def test_the_wait_is_an_option_of_the_night(
    now: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    with held(now.home.path, "writer", seconds=3):
        done = CliRunner().invoke(app, ["night", "--date", "2025-12-31", "--wait", "60", "--json"])
    assert json.loads(done.stdout)["status"] == "withheld"  # nothing has landed


def test_a_writer_that_was_killed_is_in_nobodys_way(now: settings.Settings) -> None:
    with held(now.home.path, "writer") as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert "process" in (now.home.lake / "writer.lock").read_text()
        write(now)
    assert (now.home.lake / "writer.lock").read_text() == ""
    assert list(now.home.temporary.iterdir()) == []


def test_a_look_at_the_lake_does_not_cost_the_night(now: settings.Settings) -> None:
    with held(now.home.path, "reader", seconds=2):
        write(now)


def test_what_a_living_process_spills_is_left_to_it(now: settings.Settings) -> None:
    with story.opened(now):
        mine = set(now.home.temporary.iterdir())
        with held(now.home.path, "reader"):
            others = set(now.home.temporary.iterdir()) - mine
            assert len(others) == 1
    [left] = others
    assert left.exists()
    write(now)
    assert not left.exists()


# Readers


READER = """
import sys, time
from pathlib import Path
import duckdb
file, stop, seen = sys.argv[1], Path(sys.argv[2]), set()
while not stop.exists():
    with duckdb.connect(file, read_only=True) as con:
        names = [name for (name,) in con.execute("SHOW TABLES").fetchall()]
        counts = {con.table(name).count("*").fetchone()[0] for name in names}
        assert len(counts) == 1, f"a mixture of nights: {counts}"
        seen |= counts
    time.sleep(1)
print(len(seen))
"""


def test_twenty_readers_over_ten_publications_see_whole_nights(tmp_path: Path) -> None:
    published, stop = tmp_path / "pulang.duckdb", tmp_path / "stop"
    engine = ibis.duckdb.connect()
    publish(engine, published, 1)
    command = [sys.executable, "-c", READER, str(published), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(20)
    ]
    time.sleep(3)  # until most of them are up
    for number in range(2, 12):
        publish(engine, published, number)
    stop.touch()
    said = [reader.communicate(timeout=60) for reader in readers]
    assert [error for _, error in said if error] == []
    assert sum(int(seen) for seen, _ in said) > len(readers)  # they did see more than one night
    assert len(kept.kept(published)) == 11


def publish(engine: ibis.BaseBackend, path: Path, number: int) -> None:
    """The night `number`, which says its number by as many rows in every table."""
    tables = {}
    for name, contract in contracts.marts().items():
        columns = ibis.schema(contract.arrow_schema)
        empty = {column: ibis.null(kind) for column, kind in columns.items()}
        tables[name] = ibis.range(number).unnest().name("n").as_table().select(**empty)
    told = {"night_number": ibis._.n + 1, "night": ibis.date("2026-01-01")}
    of_night = ibis.range(number).unnest().name("n").as_table().mutate(**told)
    missing = {
        c: ibis.null(k) for c, k in ibis.schema(contracts.marts()["nights"].arrow_schema).items()
    }
    tables["nights"] = of_night.select(**(missing | {name: of_night[name] for name in told}))
    warehouse.write(engine, path, tables)
