"""A log that cannot be quietly edited: the chain or a published night tells."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines import access_log, keys
from pipelines.access_log import GENESIS, Head, LogError
from pipelines.cli import app
from pipelines.custody import logbook
from pipelines.lake import open_lake, open_to_note
from tests import papers, postgres, story
from tests.story import Told

AT = datetime(2025, 12, 31, 18, 0, tzinfo=UTC)


def chain(*details: dict[str, Any], head: Head = Head()) -> list[dict[str, Any]]:  # noqa: B008
    """A log of explanations, one a minute."""
    log = []
    for minute, said in enumerate(details):
        at = AT + timedelta(minutes=minute)
        log.append(access_log.following(head, at, "sari", "explain", said))
        head = Head(log[-1]["entry_number"], log[-1]["digest"])
    return log


FIVE = chain(*({"departure_id": f"D{n}"} for n in range(5)))


def anchor(log: list[dict[str, Any]], entries: int, number: int = 1) -> dict[str, Any]:
    """What a night says that was published after so many entries."""
    digest = log[entries - 1]["digest"] if entries else GENESIS
    return {"night_number": number, "log_entries": entries, "log_digest": digest}


def codes(log: list[dict[str, Any]], *anchors: dict[str, Any]) -> list[tuple[str, int]]:
    return [(f.code, f.entry_number) for f in access_log.verify(log, anchors)]


def test_a_log_as_it_was_entered_has_no_findings() -> None:
    assert codes(FIVE, *(anchor(FIVE, n, n) for n in range(6))) == []
    assert codes([], anchor([], 0)) == []


FORGED = {
    "entry_number": 9, "entered_at": AT - timedelta(days=1), "actor": "nobody", "kind": "night",
    "details": "{}", "previous_digest": "1" * 64, "digest": "2" * 64,
}  # fmt: skip


@pytest.mark.parametrize("field", FORGED)
@pytest.mark.parametrize("place", range(5))
def test_an_edited_field_of_any_entry_is_found(field: str, place: int) -> None:
    log = [dict(entry) for entry in FIVE]
    log[place][field] = FORGED[field]
    assert codes(log)[0][1] == place + 1


@pytest.mark.parametrize("place", range(4))
def test_a_deleted_entry_is_found_by_the_gap(place: int) -> None:
    assert codes(FIVE[:place] + FIVE[place + 1 :]) == [("missing", place + 1)]


@pytest.mark.parametrize("place", range(4))
def test_two_swapped_entries_are_found(place: int) -> None:
    log = [*FIVE]
    log[place], log[place + 1] = log[place + 1], log[place]
    assert codes(log) == [("missing", place + 1)]


@pytest.mark.parametrize("left", range(5))
def test_a_tail_cut_off_is_found_by_a_published_night_only(left: int) -> None:
    assert codes(FIVE[:left]) == []  # the chain alone cannot know
    assert codes(FIVE[:left], anchor(FIVE, 5)) == [("cut_off", left + 1)]
    assert codes(FIVE[:left], anchor(FIVE, left)) == []  # entered after the last published night


def test_an_entry_appended_out_of_the_chain_is_found() -> None:
    stranger = chain({"departure_id": "D9"}, head=Head(5, "3" * 64))
    assert codes(FIVE + stranger) == [("edited", 6)]


def test_a_log_rewritten_whole_is_found_by_a_published_night() -> None:
    """Whoever rewrites the chain behind an edit makes a log that is right by itself."""
    rewritten = chain(*({"departure_id": f"D{n}" if n != 2 else "D99"} for n in range(5)))
    assert codes(rewritten) == []
    assert codes(rewritten, anchor(FIVE, 2)) == []
    assert codes(rewritten, anchor(FIVE, 2), anchor(FIVE, 3, 2)) == [("other_than_published", 3)]


def test_nights_published_before_there_was_a_log_say_nothing() -> None:
    assert codes(FIVE, {"night_number": 1, "log_entries": None, "log_digest": None}) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data())
def test_no_other_log_passes_for_one_that_was_published(said: list[int], data: Any) -> None:
    log = chain(*({"pairs": number} for number in said))
    vouched = anchor(log, len(log))
    other = data.draw(st.lists(st.sampled_from([*log, *chain({"pairs": 10})]), max_size=9))
    is_same = other[: len(log)] == log
    found = codes(other, vouched)
    assert bool(found) == (not is_same or len(other) > len(log))


# What the log takes


@pytest.mark.parametrize("text", ["a 5203011705900001 b", "X1234567", "paspor c1000001"])
def test_what_looks_like_a_nik_or_passport_is_refused(text: str) -> None:
    with pytest.raises(LogError, match="looks like a NIK") as refused:
        access_log.following(Head(), AT, "sari", "extract", {"purpose": text})
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["UU 37/2008 pasal 8", "2025-12-31", "Dc07717bf8f5c4d9f"])
def test_other_words_dates_and_pseudonyms_are_taken(text: str) -> None:
    assert access_log.following(Head(), AT, "sari", "extract", {"purpose": text})


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LogError, match="knows no looking"):
        access_log.following(Head(), AT, "sari", "looking", {})


# In a home


def departure(told: Told) -> str:
    [(found,)] = story.ask(
        told.home, "SELECT departure_id FROM departures ORDER BY departure_id LIMIT 1"
    )
    return str(found)


def test_a_night_is_entered_and_vouches_for_what_was_before(corrected: Told) -> None:
    log = logbook.shown(corrected.now)
    assert [entry["kind"] for entry in log] == ["night", "night"]
    assert json.loads(log[1]["details"])["outcome"] == "published"
    nights = story.ask(
        corrected.home, "SELECT log_entries, log_digest FROM nights ORDER BY night_number"
    )
    assert nights == [(0, GENESIS), (1, log[0]["digest"])]
    assert logbook.verified(corrected.now) == (2, 2, [])


def test_looking_at_a_departure_is_entered_and_nothing_else_is_written(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = story.copied(told, tmp_path / "home")
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    monkeypatch.setenv("PULANG_ACTOR", "sari")
    with story.opened(now) as lake:
        before = lake.snapshot_id
    looked = CliRunner().invoke(app, ["explain", departure(told)])
    unknown = CliRunner().invoke(app, ["explain", "5203011705900001"])
    assert (looked.exit_code, unknown.exit_code) == (0, 1)
    log = logbook.shown(now)
    assert [entry["kind"] for entry in log] == ["night", "explain"]
    assert json.loads(log[1]["details"]) == {"departure_id": departure(told)}
    assert log[1]["actor"].endswith(" for sari")
    with story.opened(now) as lake:
        assert lake.snapshot_id == before + 1
    said = CliRunner().invoke(app, ["log", "show"])
    assert departure(told) in said.output


def test_the_log_is_held_against_every_file_that_was_published(
    corrected: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the home can change lake and files; a file kept elsewhere still tells."""
    now = story.copied(corrected, tmp_path / "home")
    elsewhere = shutil.copy(now.home.warehouse, tmp_path / "kept.duckdb")
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake:
        lake.con.execute("DELETE FROM lake.ops.access_log")
    found = logbook.verified(now)[2]
    assert [f.code for f in found] == ["cut_off"]
    shutil.rmtree(now.home.published)
    assert logbook.verified(now) == (0, 0, [])
    assert [f.code for f in logbook.verified(now, elsewhere)[2]] == ["cut_off"]
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    said = CliRunner().invoke(app, ["log", "verify", "--against", str(elsewhere)])
    assert said.exit_code == 1
    assert "cut_off" in said.output


@pytest.mark.skipif(not postgres.is_there(), reason="no PostgreSQL here")
def test_over_postgresql_many_look_while_one_writes_and_the_chain_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.started() as server:
        monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
        now = replace(papers.home(tmp_path / "home"), catalog=server.database("log"))
        secret = keys.load(now.home.keys, now.key, False)

        def look(number: int) -> None:
            with open_to_note(now, secret) as lake:
                access_log.note(lake, now, "explain", {"departure_id": f"D{number}"})

        with open_lake(now, secret) as writer, ThreadPoolExecutor(4) as many:
            with writer.transaction():
                writer.insert("reconciled", "gaps", [])
                list(many.map(look, range(6)))
            with access_log.alone(now), writer.transaction():
                access_log.enter(writer, AT, "night", "night", {"night_number": 1})
            log = access_log.entries(writer)
        assert access_log.verify(log, []) == []
        assert {json.loads(e["details"]).get("departure_id") for e in log[:6]} == {
            f"D{n}" for n in range(6)
        }
        assert (len(log), log[6]["kind"]) == (7, "night")
