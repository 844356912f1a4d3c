"""The quick part of the faults; `make faults` does all of them."""

from pathlib import Path

from pipelines import settings
from pipelines.publish.digest import digests
from tests import story
from tests.faults import driver
from tests.story import Told

# A stage just before its end, another in the middle of it, and the worst: between the rename of
# the published file and its record in the lake.
TURNS = ["commit: before", "stage: before enter link", "file: after replace pulang.duckdb"]


def test_a_night_killed_three_times_says_what_an_undisturbed_one_says(
    told: Told, corrected: Told, tmp_path: Path
) -> None:
    base = story.copied(told, tmp_path / "base")
    story.corrected(base.home.landing)
    house = driver.House(
        tmp_path, base, before=digests(base.home.warehouse),
        once=digests(corrected.home.warehouse), lake=driver.lake_says(corrected.now),
    )  # fmt: skip
    assert driver.killed_in_turn(house, TURNS) == ""
    passed = driver.trace(settings.Settings(settings.Home(tmp_path / "turns"), None, "", None))
    assert {point.partition(":")[0] for point in passed} == {
        "stage", "write", "commit", "publication", "file",
    }  # fmt: skip
    assert "publication: before create hotspots" in passed
    house.points = passed
    assert len(list(driver.points_of(house))) >= 40


def test_a_night_is_recorded_once_its_publication_is_committed() -> None:
    before = ["commit: after"] * 9 + ["stage: after enter publish", "commit: before"]
    assert not driver.is_recorded(before)
    assert driver.is_recorded([*before, "commit: after"])
