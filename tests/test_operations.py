"""Seeing the nights run: durations, freshness against what was agreed, and the page."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines import contracts, night
from pipelines.desks import front
from pipelines.night import health
from pipelines.publish import operations
from tests import papers, story
from tests.story import NIGHT, Told

STAGES = night.STAGES


def page_of(told: Told) -> str:
    return (told.home.published / "operations.html").read_text("utf-8")


def test_each_night_tells_the_seconds_of_its_stages(corrected: Told) -> None:
    state = front.status(corrected.now)
    assert [row["night_number"] for row in state.nights] == [2, 1]
    for row in state.nights:
        assert tuple(row["seconds"]) == STAGES
        assert all(seconds > 0 for seconds in row["seconds"].values())


def test_freshness_is_measured_from_the_night_to_the_newest_event(told: Told) -> None:
    found = {row["source"]: row for row in front.status(told.now).freshness}
    assert set(found) == set(contracts.sources())
    border = found["perlintasan"]
    newest = date(2025, 12, 1)
    assert (border["newest_event_on"], border["days_behind"]) == (newest, (NIGHT - newest).days)
    assert (border["agreed_days"], border["is_late"]) == (3, True)
    lists = found["pemulangan"]
    assert (lists["agreed_days"], lists["is_late"]) == (None, False)
    assert lists["last_received_at"] == datetime(2025, 12, 28, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("night_of", "is_late"), [(date(2025, 12, 4), False), (date(2025, 12, 5), True)]
)
def test_a_source_is_late_from_the_day_after_the_agreed_one(
    told: Told, night_of: date, is_late: bool
) -> None:
    with story.opened(told.now) as lake:
        found = {row["source"]: row for row in health._freshness(lake, night_of)}
    assert found["perlintasan"]["is_late"] is is_late


def test_a_source_that_never_delivered_is_late_where_something_was_agreed(tmp_path: Path) -> None:
    now = papers.home(tmp_path)
    assert night.run(now, NIGHT).status == "withheld"
    late = {row["source"]: row["is_late"] for row in front.status(now).freshness}
    agreed = {name: c.latency is not None for name, c in contracts.sources().items()}
    assert late == agreed
    page = page_of(Told(now, None))  # type: ignore[arg-type]
    assert "The night of 2025-12-31 was withheld" in page


# The page


class Tags(HTMLParser):
    """What a page would load, and whether its elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(told: Told) -> None:
    page = page_of(told)
    tags = Tags(page)
    assert (tags.open, tags.loads) == ([], [])
    assert not re.search(r"https?:|url\(|@import|<script", page)


def test_the_page_tells_nights_freshness_gates_and_quarantine(told: Told) -> None:
    page = page_of(told)
    for said in (
        "Malam 2025-12-31 terbit · The night of 2025-12-31 was published",
        "Terlambat dari kesepakatan · Later than agreed: penempatan, perlintasan",
        "stale_feed", "unknown_direction", "unreadable_file", *STAGES, *contracts.sources(),
    ):  # fmt: skip
        assert said in page, said


def test_the_page_names_nobody(corrected: Told) -> None:
    page = page_of(corrected)
    people = [p for p in vars(story).values() if isinstance(p, story.Person)]
    assert len(people) > 10
    for person in people:
        for value in (person.name, person.document, person.nik):
            assert value is None or value not in page


def test_what_files_are_called_cannot_become_markup() -> None:
    refused = {"source": "pemulangan", "file": "<b>a</b>.csv", "status_reason": "unreadable_file"}
    empty: dict[str, Any] = dict.fromkeys(
        ("nights", "freshness", "sources", "quarantine", "checks"), ()
    )
    page = operations.page(empty | {"refused": [refused]}, STAGES)
    assert "&lt;b&gt;a&lt;/b&gt;.csv" in page
    assert "Belum ada malam · No night yet" in page
