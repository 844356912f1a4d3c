"""What is older than the policy allows is destroyed whole, and what is younger is not touched."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines import keys, lake_files, night, settings
from pipelines.cli import app
from pipelines.custody import logbook, retention
from pipelines.desks.front import NothingThereError
from pipelines.desks.replay import replay
from pipelines.lake import open_lake
from tests import papers, story
from tests.link.verdicts import judged
from tests.story import NIGHT
from tests.test_corrections import rows
from tests.test_erasure import copied, opened_files

OLD = story.Person("LAMA SEKALI", "C0000091", "1970-03-03", "3171010303700001")
DAY = story.Person("TEPAT BATAS", "C0000092", "1971-04-04")
FIRST = date(2024, 12, 31)
WORDS = [word.encode() for word in (OLD.name, OLD.document, str(OLD.nik))]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """The story, and deliveries on both sides of the day from which a year is kept."""
    now = papers.home(tmp_path_factory.mktemp("retention") / "home")
    story.landed(now.home.landing)
    (now.home.path / "policy.yaml").write_text("retention_years: 1\n")
    folder = now.home.landing / "perlintasan"
    wrong = OLD.crossing("OLD-2", "2024-12-01", arah="TRANSIT")
    old = [OLD.crossing("OLD-1", "2024-11-01"), wrong]
    papers.write(folder / "lama.csv", old, "2024-12-30T23:59:59+07:00")
    young = [DAY.crossing("DAY-1", "2024-12-01"), DAY.entry("DAY-2", "2024-12-10")]
    papers.write(folder / "batas.csv", young, "2024-12-31T00:00:00+07:00")
    night.run(now, NIGHT)
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake:
        lake.insert("identity", "judgements", [
            judged(f"D:{OLD.document}", "D:C0000001", "different"),
            judged(f"D:{DAY.document}", "D:C0000007", "different"),
        ])  # fmt: skip
    night.run(now, NIGHT)
    night.tidy(now)
    return now


@pytest.fixture(scope="module")
def after(before: settings.Settings, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    now = copied(before, tmp_path_factory.mktemp("destroyed") / "home")
    done = retention.destroy(now, NIGHT)
    assert (done.received_before, done.deliveries, done.rows, done.copies) == (FIRST, 2, 4, 2)
    return now


@pytest.fixture(scope="module")
def next_night(
    after: settings.Settings, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    now = copied(after, tmp_path_factory.mktemp("next") / "home")
    assert night.run(now, NIGHT).status == "published"
    return now


def by_file(now: settings.Settings) -> dict[str, dict[str, Any]]:
    return {b["file"]: b for b in rows(now, "ops", "batches")}


@pytest.mark.parametrize(
    ("day", "years", "first"),
    [(date(2025, 12, 31), 1, FIRST), (date(2024, 2, 29), 1, date(2023, 2, 28)),
     (date(2024, 2, 29), 4, date(2020, 2, 29))],
)  # fmt: skip
def test_years_are_counted_back_to_the_same_day(day: date, years: int, first: date) -> None:
    assert retention.years_before(day, years) == first


def test_the_day_before_goes_and_the_day_itself_stays(
    before: settings.Settings, after: settings.Settings
) -> None:
    was, told = by_file(before), by_file(after)
    gone = {file for file, batch in told.items() if batch["status"] == "destroyed"}
    assert gone == {"lama.csv", "2024.csv.gz"}
    assert {file: told[file] for file in told if file not in gone} == {
        file: was[file] for file in was if file not in gone
    }
    kept = {r["crossing_id"] for r in rows(after, "records", "crossings")}
    assert {"DAY-1", "DAY-2"} <= kept
    assert not {"OLD-1", "FIRST-OUT", "FIRST-IN"} & kept
    landing = {f.name for f in (after.home.landing / "perlintasan").iterdir()}
    assert {"batas.csv"} == {"batas.csv", "lama.csv", "2024.csv.gz"} & landing


def test_rows_are_still_accounted_for(before: settings.Settings, after: settings.Settings) -> None:
    for batch in by_file(after).values():
        assert batch["rows"] == batch["accepted"] + batch["quarantined"] + batch["superseded"]
    was, told = by_file(before)["lama.csv"], by_file(after)["lama.csv"]
    assert (told["accepted"], told["quarantined"]) == (1, 1)
    assert was | {"status": "destroyed"} == told


def test_no_delivered_word_of_theirs_is_left_in_records_archive_or_landing(
    before: settings.Settings, after: settings.Settings
) -> None:
    places = {k for k, v in opened_files(before).items() if any(w in v for w in WORDS)}
    assert {k.split()[0] for k in places} >= {"archive", "lake", "file", "catalog"}
    left = {k for k, v in opened_files(after).items() if any(w in v for w in WORDS)}
    made = ("('standard'", "('identity'", "standard.", "identity.")
    assert {k for k in left if not any(kind in k for kind in made) and "catalog" not in k} == set()


def test_after_the_next_night_it_is_gone_from_all_that_is_current(
    next_night: settings.Settings, tmp_path: Path
) -> None:
    left = {k for k, v in opened_files(next_night).items() if any(w in v for w in WORDS)}
    assert not [k for k in left if k.startswith(("lake", "archive", "published"))]
    # What older snapshots still hold goes as they expire.
    now = copied(next_night, tmp_path / "home")
    night.run(now, date(2026, 3, 1))
    night.run(now, date(2026, 3, 2))
    night.tidy(now)
    left = {k for k, v in opened_files(now).items() if any(w in v for w in WORDS)}
    assert left == set()


def test_judgements_on_what_is_gone_go_too(after: settings.Settings) -> None:
    [left] = rows(after, "identity", "judgements")
    assert left["record_key"] == f"D:{DAY.document}"


def test_the_night_after_says_what_a_rebuild_and_a_replay_say(
    next_night: settings.Settings, tmp_path: Path
) -> None:
    now = copied(next_night, tmp_path / "home")
    was = story.published(now.home)
    done = replay(now, NIGHT)
    assert (done.differing, done.other_conditions) == ([], [])
    night.run(now, NIGHT, rebuild=True)
    again = story.published(now.home)
    assert {name for name in was if was[name] != again[name]} <= {"nights"}


def test_the_border_record_begins_later_and_changes_say_so(next_night: settings.Settings) -> None:
    changed = {
        r["departure_id"]: (r["previous_outcome"], r["cause"])
        for r in rows(next_night, "reconciled", "changes")
        if r["outcome"] is None
    }
    assert sorted(changed.values()) == [
        ("returned_within_stay", "removed"), ("suspected_undocumented", "removed")
    ]  # fmt: skip
    start = story.ask(next_night.home, "SELECT min(departed_on) FROM departures")
    assert start == [(date(2024, 12, 1),)]


def test_a_night_from_before_is_not_replayed_and_says_why(
    after: settings.Settings,
) -> None:
    with pytest.raises(NothingThereError, match="its time of retention is over"):
        replay(after, NIGHT)


def test_broken_off_it_goes_on(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = copied(before, tmp_path / "home")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(lake_files, "renew", fail)
        with pytest.raises(OSError, match="full"):
            retention.destroy(now, NIGHT)
    records = [k for k in opened_files(now) if "('records', 'crossings')" in k]
    assert any(WORDS[0] in opened_files(now)[k] for k in records)
    assert retention.destroy(now, NIGHT).deliveries == 0
    files = opened_files(now)
    assert not [k for k in files if "('records'" in k and WORDS[0] in files[k]]


def test_it_is_entered_in_the_log_and_done_once(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = copied(before, tmp_path / "home")
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    first, second = (CliRunner().invoke(app, ["tidy"]) for _ in range(2))
    assert "2 deliveries received before 2024-12-31 with 4 rows destroyed" in first.output
    assert second.exit_code == 0
    assert "destroyed" not in second.output
    [entry] = [e for e in logbook.shown(now) if e["kind"] == "retention"]
    assert json.loads(entry["details"]) == {
        "deliveries": 2, "received_before": "2024-12-31", "retention_years": 1, "rows": 4
    }  # fmt: skip
    assert logbook.verified(now)[2] == []


def test_neither_a_clock_nor_a_night_that_is_ahead_destroys(
    before: settings.Settings, tmp_path: Path
) -> None:
    now = copied(before, tmp_path / "home")
    assert retention.destroy(now, date(2099, 1, 1)).received_before == FIRST  # the latest night
    assert retention.destroy(now, date(2025, 1, 7)).received_before == date(2024, 1, 7)


def test_by_default_decades_are_kept(before: settings.Settings, tmp_path: Path) -> None:
    now = copied(before, tmp_path / "home")
    (now.home.path / "policy.yaml").unlink()
    assert retention.destroy(now, NIGHT) == retention.Destroyed(date(2000, 12, 31))
