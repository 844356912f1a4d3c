"""Three simulated nations, taken in: every delivered row accounted for, against their truth."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import contracts, keys, night
from pipelines.lake import Lake, open_lake
from pipelines.policy import Policy
from pipelines.simulate import simulate
from tests import papers

SCALE = 0.002
KEYS = {"perlintasan": "crossing_id", "penempatan": "placement_id", "pemulangan": "list_number"}


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_invalid_rows_and_only_they_are_quarantined_and_no_valid_record_is_lost(
    tmp_path: Path, seed: int
) -> None:
    now = papers.home(tmp_path)
    simulate(tmp_path, SCALE, seed)
    secret = keys.load(now.home.keys, now.key, lake_exists=False)
    with open_lake(now, secret) as lake:
        this = night.Night(
            lake, now, secret, Policy.load(tmp_path), date(2026, 1, 15), 1, lambda _: None
        )
        batches = night.take_in(this)
        assert quarantined(lake) == expected_in_quarantine(tmp_path) != set()
        for source in KEYS:
            assert kept(lake, source) == known_to_truth(tmp_path, source) != set()
    assert sum(b["rows"] for b in batches) > 30_000
    for b in batches:
        assert b["rows"] == b["accepted"] + b["quarantined"] + b["superseded"]


def quarantined(lake: Lake) -> set[tuple[str, str, int, str]]:
    """(source, file, row, reason) of the quarantine."""
    files = {b["batch_id"]: b["file"] for b in rows(lake, "ops", "batches")}
    found = rows(lake, "ops", "quarantine")
    return {(q["source"], files[q["batch_id"]], q["row_number"], q["reason"]) for q in found}


def expected_in_quarantine(home: Path) -> set[tuple[str, str, int, str]]:
    """(source, file, row, reason) of the rows that the simulator broke."""
    broken = pq.read_table(home / "truth" / "invalid_rows.parquet").to_pylist()
    return {(b["source"], b["delivery_file"], b["row_number"], b["reason"]) for b in broken}


def kept(lake: Lake, source: str) -> set[tuple[str, str]]:
    """(file of a list, key) of every record that some accepted version carries."""
    found = rows(lake, "records", contracts.records_of(source).name)
    return {(r.get("list_file", ""), r[KEYS[source]]) for r in found}


def known_to_truth(home: Path, source: str) -> set[tuple[str, str]]:
    """(file of a list, key) of every valid record of the truth."""
    persons = pq.read_table(home / "truth" / "persons.parquet").to_pylist()
    is_list = source == "pemulangan"
    return {
        (p["delivery_file"] if is_list else "", p["record_key"])
        for p in persons
        if p["source"] == source
    }


def rows(lake: Lake, schema: str, name: str) -> list[dict[str, object]]:
    """All rows of a lake table."""
    found: list[dict[str, object]] = lake.table(schema, name).to_pyarrow().to_pylist()
    return found
