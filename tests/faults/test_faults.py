"""The quick part of the faults; `make faults` does all of them."""

from pathlib import Path

from pipelines import settings
from pipelines.publish.digest import digests
from tests import story
from tests.faults import driver
from tests.story import Told


def test_the_quick_faults_are_survived(told: Told, corrected: Told, tmp_path: Path) -> None:
    base = story.copied(told, tmp_path / "base")
    story.corrected(base.home.landing)
    house = driver.House(
        tmp_path, base, before=digests(base.home.warehouse),
        once=digests(corrected.home.warehouse), lake=driver.lake_says(corrected.now),
    )  # fmt: skip
    found = driver.tried(driver.quick(house))
    assert [wrong for ends in found.values() for wrong in ends if wrong] == []
    assert sum(map(len, found.values())) >= 2
    passed = driver.trace(settings.Settings(settings.Home(tmp_path / "point"), None, "", None))
    assert {point.partition(":")[0] for point in passed} == {
        "stage", "write", "commit", "publication", "file",
    }  # fmt: skip
    assert len(list(driver.points_of(driver.House(tmp_path, base, points=passed)))) >= 40
