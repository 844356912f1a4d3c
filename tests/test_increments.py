"""Nights one after another equal one night over everything, row for row, in every table.

Deliveries of a synthetic nation (with corrections, repetitions, late and broken rows) arrive in
any order, in lots of any size; then the same home is worked out anew, and so is a past night.
"""

import random
import shutil
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines import night, settings
from pipelines.desks import replay
from pipelines.lake import Lake
from pipelines.publish import digest
from pipelines.simulate import simulate
from tests import papers, story

SCALE, LAST = 0.001, date(2026, 1, 15)
NIGHTS = 3
COUNTS = [("standard", name) for name in ("traffic", "unresolved", "renumbered")]
COUNTS.append(("identity", "bearers"))


def landed_in_turns(source: Path, home: Path, seed: int, nights: int = NIGHTS) -> list[list[Path]]:
    """The deliveries of `source` in an order and in lots that follow from the seed."""
    files = sorted(p for p in (source / "landing").rglob("*") if p.is_file())
    draw = random.Random(seed)  # noqa: S311
    draw.shuffle(files)
    cuts = [0, *sorted(draw.sample(range(1, len(files)), nights - 1)), len(files)]
    shutil.copy(source / "policy.yaml", home)
    return [files[first:last] for first, last in pairwise(cuts)]


def land(files: list[Path], home: Path) -> None:
    """As they came, with their times."""
    for file in files:
        folder = home / "landing" / file.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, folder)


@pytest.fixture(scope="module", params=[1])
def nights(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home after its nights, and what each has published."""
    source, home = tmp_path_factory.mktemp("nation"), tmp_path_factory.mktemp("home")
    simulate(source, SCALE, request.param)
    now, published = papers.home(home), []
    for turn, files in enumerate(landed_in_turns(source, home, request.param)):
        land(files, home)
        night.run(now, LAST - timedelta(days=NIGHTS - 1 - turn))
        published.append(digest.digests(now.home.warehouse))
    return now, published


def counts(now: settings.Settings) -> dict[str, list[tuple[Any, ...]]]:
    """What is kept and moved by what changes, in order."""
    with story.opened(now) as lake:
        return {
            name: sorted(tuple(row.values()) for row in story.rows(lake, schema, name))
            for schema, name in COUNTS
        }


def stages(now: settings.Settings) -> list[dict[str, Any]]:
    with story.opened(now) as lake:
        return story.rows(lake, "ops", "stages")


def test_only_the_first_night_works_everything_out(nights: Any) -> None:
    now, _ = nights
    rebuilt = {(row["night_number"], row["stage"]) for row in stages(now) if row["is_rebuild"]}
    assert {number for number, _ in rebuilt} == {1}


def test_a_past_night_can_be_worked_out_again(nights: Any) -> None:
    """From the archive, in a home of its own: one night over all that had been taken in by then."""
    now, published = nights
    found = replay.replay(now, LAST - timedelta(days=1))
    assert (found.number, found.differing, found.other_conditions) == (NIGHTS - 1, [], [])
    assert found.tables == len(published[0]) - len(replay.OF_NIGHTS)
    assert not list(now.home.path.glob("replay-*"))


def test_nights_one_after_another_equal_a_rebuild(nights: Any) -> None:
    now, published = nights
    counted = counts(now)
    # By more threads than they had: what follows from what may not depend on who comes first.
    night.run(replace(now, threads=papers.THREADS + 1), LAST, rebuild=True)
    again = digest.digests(now.home.warehouse)
    differing = [name for name in again if again[name] != published[-1][name]]
    assert differing == ["nights"]  # there is one more
    assert counts(now) == counted
    assert all(rows for name, rows in counted.items() if name != "renumbered")  # see below


def test_a_night_without_news_touches_no_row(nights: Any) -> None:
    now, _ = nights
    with story.opened(now) as lake:
        before = lake.snapshot_id
    night.run(now, LAST)
    with story.opened(now) as lake:
        assert not moved(lake, before)


def moved(lake: Lake, since: int) -> list[str]:
    tables = ("crossings", "identities", "placements", "repatriations")
    of_persons = ("person_records", "persons", "links", "pairs")
    named = [("standard", n) for n in tables] + [("identity", n) for n in of_persons]
    named += [*COUNTS, ("reconciled", "departures")]
    return [
        name for schema, name in named
        if lake.changed(schema, name, since).count().to_pyarrow().as_py()
    ]  # fmt: skip


def test_a_former_number_is_known_however_late_it_came(told: story.Told, tmp_path: Path) -> None:
    """A version of before the one that counts: its document is touched, that one's is not."""
    now = story.copied(told, tmp_path / "home")
    wrong = story.TOURIST.crossing("TOURIST-OUT", "2025-05-01") | {"nomor_dokumen": "X0000001"}
    papers.write(
        now.home.landing / "perlintasan" / "lama.csv", [wrong], "2024-12-31T05:00:00+07:00"
    )
    night.run(now, story.NIGHT)
    with story.opened(now) as lake:
        [row] = story.rows(lake, "standard", "renumbered")
    assert (row["record_key"], row["former_key"]) == (f"D:{story.TOURIST.document}", "D:X0000001")
