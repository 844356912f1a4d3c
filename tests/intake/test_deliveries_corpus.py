"""Every file of tests/cases/deliveries: each row accepted as expected, set apart, or refused."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.desks import sources
from pipelines.intake.refusals import REFUSALS

CASES = Path(__file__).parents[1] / "cases" / "deliveries"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text("utf-8"))


DELIVERED_AT = datetime(2025, 9, 4, tzinfo=UTC).timestamp()


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.mark.parametrize("path", EXPECTED)
def test_every_row_is_accounted_for_as_expected(path: str) -> None:
    wanted, file = EXPECTED[path], CASES / "files" / path
    os.utime(file, (DELIVERED_AT, DELIVERED_AT))  # years of two digits are seen from there
    trial = sources.check(file, None)
    assert trial.status == ("refused" if wanted["refused"] else "taken_in"), trial.reason
    if wanted["refused"]:
        assert trial.reason == wanted["refused"]
        assert trial.reason in REFUSALS
        assert (trial.delivered, trial.rows) == (0, [])
        return
    apart = [row for row in trial.rows if row["verdict"] == "quarantined"]
    reasons = sorted(f"{row['field']} {row['reason']}".strip() for row in apart)
    assert reasons == sorted(reason.strip() for reason in wanted["apart"])
    accepted = [{k: plain(row[k]) for k in kept} for row, kept in
                zip(trial.accepted, wanted["accepted"], strict=True)]  # fmt: skip
    assert accepted == wanted["accepted"]
    assert trial.delivered == len(trial.rows) == len(accepted) + len(apart)
    numbers = [row["row_number"] for row in trial.rows]
    assert len(set(numbers)) == len(numbers)
    assert trial.stated_rows == wanted.get("stated_rows", trial.stated_rows)
    for what in wanted.get("skipped", []):
        assert what in (trial.skipped or "")
    for where in wanted.get("positions", []):
        assert any(where in row["file_position"] for row in trial.rows)


def test_the_corpus_is_large_and_small() -> None:
    files = [file for file in (CASES / "files").rglob("*") if file.is_file()]
    assert {file.relative_to(CASES / "files").as_posix() for file in files} == set(EXPECTED)
    assert len(files) >= 40
    assert sum(file.stat().st_size for file in files) < 2_000_000
