"""Past nights: kept as they were published, compared, and forgotten in time."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from pipelines import contracts, night, settings
from pipelines.cli import app
from pipelines.desks import nights
from pipelines.desks.front import NothingThereError
from pipelines.publish import kept
from pipelines.publish.digest import digests
from tests import papers, story
from tests.story import NIGHT, OVERDUE, Told

LATER, LATEST = date(2026, 4, 30), date(2026, 5, 30)


@pytest.fixture(scope="module")
def long(corrected: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """After the third night, four months later; everything is kept."""
    now = story.copied(corrected, tmp_path_factory.mktemp("long") / "home")
    now = replace(now, keep_nights=1000)
    night.run(now, LATER)
    return now


@pytest.fixture(scope="module")
def short(corrected: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """The same, and a night is kept for a week."""
    now = story.copied(corrected, tmp_path_factory.mktemp("short") / "home")
    now = replace(now, keep_nights=7)
    night.run(now, LATER)
    return now


Ask = Callable[..., Any]


@pytest.fixture
def ask(long: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("PULANG_HOME", str(long.home.path))

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, [*words, "--json"])
        return json.loads(done.stdout) if done.exit_code == 0 else (done.exit_code, done.stderr)

    return run


# Kept


def test_every_published_file_is_kept_by_number_and_date(long: settings.Settings) -> None:
    files = kept.kept(long.home.warehouse)
    assert [(one.number, one.night) for one in files] == [(1, NIGHT), (2, NIGHT), (3, LATER)]
    assert files[0].file.name == f"000001_{NIGHT}.duckdb"
    assert files[-1].file.samefile(long.home.warehouse)


def test_a_kept_file_says_what_was_published_then(
    told: Told, corrected: Told, long: settings.Settings
) -> None:
    first, second, _ = (digests(one.file) for one in kept.kept(long.home.warehouse))
    assert first == digests(told.home.warehouse)
    assert second == digests(corrected.home.warehouse)


def test_a_night_killed_before_it_was_kept_is_kept_by_the_next(told: Told, tmp_path: Path) -> None:
    now = story.copied(told, tmp_path / "home")
    [one] = kept.kept(now.home.warehouse)
    one.file.unlink()
    kept.keep(now.home.warehouse)
    kept.keep(now.home.warehouse)
    assert kept.kept(now.home.warehouse) == [one]
    assert [file.name for file in one.file.parent.iterdir()] == [one.file.name]


def test_a_file_that_cannot_be_read_is_not_kept_and_stops_nobody(tmp_path: Path) -> None:
    published = tmp_path / "pulang.duckdb"
    kept.keep(published)
    published.write_bytes(b"half a file")
    kept.keep(published)
    assert list(tmp_path.iterdir()) == [published]


# Asked


def test_query_reads_the_last_night_of_a_date(ask: Ask) -> None:
    sql = "SELECT max(night_number) AS n FROM nights"
    assert ask("query", sql)["rows"] == [{"n": 3}]
    assert ask("query", sql, "--night", str(NIGHT))["rows"] == [{"n": 2}]


def test_a_night_that_is_not_kept_is_said_in_a_sentence(ask: Ask) -> None:
    code, said = ask("query", "SELECT 1", "--night", "2025-01-01")
    assert code == 1
    assert "no published file of the night of 2025-01-01 is kept" in " ".join(said.split())
    assert str(LATER) in said


# Changes between nights


def test_changes_between_two_nights_are_those_of_their_files(
    ask: Ask, long: settings.Settings
) -> None:
    answer = ask("changes", "--from", str(NIGHT), "--to", str(LATER))
    assert (answer["from"]["night_number"], answer["to"]["night_number"]) == (2, 3)
    _, second, third = (one.file for one in kept.kept(long.home.warehouse))
    assert answer["changes"]
    assert {
        (c["departure_id"], c["previous_outcome"], c["outcome"]) for c in answer["changes"]
    } == changed(second, third)


def changed(first: Path, last: Path) -> set[tuple[Any, ...]]:
    """An oracle: both files read and compared."""
    was, now = (
        dict(story.ask_file(file, "SELECT departure_id, (outcome, rule) FROM departures"))
        for file in (first, last)
    )
    none = (None, None)
    return {
        (key, was.get(key, none)[0], now.get(key, none)[0])
        for key in was.keys() | now.keys()
        if was.get(key, none) != now.get(key, none)
    }


def test_from_a_night_to_itself_nothing_changed(ask: Ask) -> None:
    assert ask("changes", "--from", str(LATER), "--to", str(LATER))["changes"] == []


def test_a_night_before_the_first_is_refused(ask: Ask) -> None:
    code, said = ask("changes", "--from", str(LATER), "--to", str(NIGHT))
    assert (code, "was not published after that" in " ".join(said.split())) == (1, True)


def step(number: int, before: str | None, after: str | None, cause: str) -> dict[str, Any]:
    return {
        "night_number": number, "night": NIGHT, "departure_id": "D1", "person_id": "P1",
        "previous_outcome": before, "outcome": after, "previous_rule": before, "rule": after,
        "cause": cause,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(2, "awaiting", "documented")], ("awaiting", "documented", "2")),
        ([(2, "awaiting", "exempt"), (3, "exempt", "documented")], ("awaiting", "documented", "3")),
        ([(2, "awaiting", "exempt"), (3, "exempt", "awaiting")], None),
        ([(2, None, "awaiting"), (4, "awaiting", None)], None),
        ([(2, None, "awaiting"), (3, "awaiting", "exempt")], (None, "exempt", "3")),
        ([(2, "awaiting", "exempt"), (4, "exempt", None)], ("awaiting", None, "4")),
        ([(1, "awaiting", "exempt"), (5, "exempt", "awaiting")], None),
    ],
    ids=[
        "one step", "two steps are one", "there and back", "came and went", "came and moved",
        "moved and went", "outside of the nights asked for",
    ],
)  # fmt: skip
def test_changes_of_several_nights_are_one(
    steps: list[tuple[Any, ...]], expected: tuple[Any, ...] | None
) -> None:
    schema = contracts.marts()["changes"].arrow_schema
    rows = pa.Table.from_pylist([step(*one, cause=str(one[0])) for one in steps], schema)
    found = nights.between(ibis.memtable(rows), 1, 4).to_pyarrow().to_pylist()
    told = [(row["previous_outcome"], row["outcome"], row["cause"]) for row in found]
    assert told == ([expected] if expected else [])


# Forgotten


def test_what_is_older_than_the_setting_is_forgotten(
    long: settings.Settings, short: settings.Settings
) -> None:
    assert [one.number for one in kept.kept(short.home.warehouse)] == [3]
    assert digests(short.home.warehouse) == digests(long.home.warehouse)
    with story.opened(long) as lake:
        everything = lake.oldest_snapshot_id
    with story.opened(short) as lake:
        assert lake.oldest_snapshot_id > everything
    with pytest.raises(NothingThereError):
        nights.file_of(short, NIGHT)
    assert len(nights.changes(short, NIGHT, LATER).rows) > 0


def test_the_night_after_needs_nothing_that_was_forgotten(
    long: settings.Settings, short: settings.Settings
) -> None:
    done = night.tidy(short)
    assert (done.nights, done.snapshots) == (1, 0)
    found = []
    for now in (long, short):
        back = OVERDUE.entry("OVERDUE-IN", "2026-05-20")
        papers.write(now.home.landing / "perlintasan" / "2026.csv", [back], "2026-05-21T01:00:00Z")
        night.run(now, LATEST)
        found.append(digests(now.home.warehouse))
        with story.opened(now) as lake:
            runs = story.rows(lake, "ops", "stages")
        assert not any(run["is_rebuild"] for run in runs if run["night_number"] == 4)
    assert found[0] == found[1]
    kept_nights = [one.number for one in kept.kept(short.home.warehouse)]
    assert kept_nights == [4]
