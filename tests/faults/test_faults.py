"""The quick part of the faults; `make faults` does all of them."""

from pathlib import Path

from tests.faults import driver


def test_the_quick_faults_are_survived(tmp_path: Path) -> None:
    with driver.prepared(tmp_path) as house:
        found = driver.tried(driver.quick(house))
    assert [wrong for ends in found.values() for wrong in ends if wrong] == []
    assert sum(map(len, found.values())) >= 4
    kinds = [point.partition(":")[0] for point in house.points]
    assert set(kinds) == {"stage", "write", "commit", "publication", "file"}
    assert len(list(driver.points_of(house))) >= 40
