"""The night from deliveries to the published file, told with people known by name."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from pipelines import contracts, keys, night, settings
from pipelines.intake import deliveries, gate
from pipelines.lake import LakeBusyError, LakeShutError
from pipelines.night import intake
from pipelines.policy import PolicyError
from pipelines.publish import warehouse
from tests import papers, story
from tests.story import NIGHT, Told

# What a night says


def test_every_outcome_is_told(told: Told) -> None:
    assert story.outcomes(told.now) == story.OUTCOMES
    known = {outcome for (outcome,) in story.ask(told.home, "SELECT outcome FROM outcomes")}
    assert set(story.OUTCOMES.values()) == known


def test_every_row_is_accounted_for(told: Told) -> None:
    query = "SELECT file, rows, accepted, quarantined, superseded, status_reason FROM batches"
    found = {file: rest for file, *rest in story.ask(told.home, query)}
    [original] = story.ask(told.home, "SELECT batch_id FROM batches WHERE file = '2025.csv'")
    assert found == {
        "2024.csv.gz": [2, 2, 0, 0, None],
        "2025.csv": [19, 13, 5, 1, None],
        "2025_salinan.csv": [19, 0, 0, 19, original[0]],
        "2025_12.parquet": [1, 1, 0, 0, None],
        "rusak.parquet": [0, 0, 0, 0, "unreadable_file"],
        "siskop2mi.xlsx": [3, 3, 0, 0, None],
        "tanpa_kolom.csv": [2, 0, 2, 0, "missing_column tanggal_selesai_proses"],
        "kemlu_mmr.xlsx": [3, 3, 0, 0, None],
    }
    for rows, accepted, quarantined, superseded, _ in found.values():
        assert rows == accepted + quarantined + superseded


def test_rows_set_apart_keep_number_field_and_reason(told: Told) -> None:
    with story.opened(told.now) as lake:
        apart = story.rows(lake, "ops", "quarantine")
        batches = {b["batch_id"]: b["file"] for b in story.rows(lake, "ops", "batches")}
    assert Counter((row["field"], row["reason"]) for row in apart) == story.REASONS
    numbers = {row["row_number"] for row in apart if batches[row["batch_id"]] == "2025.csv"}
    assert numbers == {15, 16, 17, 18, 19}
    [wrong] = [row for row in apart if row["reason"] == "unknown_direction"]
    assert json.loads(wrong["delivered_row"]) == story.WRONG[1]
    [cut] = [row for row in apart if row["reason"] == "malformed_row"]
    assert cut["delivered_row"] == "terpotong;KELUAR"


def test_unknown_and_missing_columns_are_reported(told: Told) -> None:
    with story.opened(told.now) as lake:
        [cut] = [b for b in story.rows(lake, "ops", "batches") if b["file"] == "tanpa_kolom.csv"]
    assert cut["unknown_columns"] == "warna"
    assert cut["quarantined"] == cut["rows"] == 2


def test_the_night_keeps_its_conditions(told: Told) -> None:
    with story.opened(told.now) as lake:
        [row] = story.rows(lake, "ops", "nights")
        checks, stages = story.rows(lake, "ops", "checks"), story.rows(lake, "ops", "stages")
    assert (row["night_number"], row["night"], row["outcome"]) == (1, NIGHT, "published")
    assert (row["policy"], row["contracts_sha256"]) == ("{}", contracts.digest())
    assert {row["stage"] for row in stages} == set(night.STAGES)
    assert all(row["is_rebuild"] for row in stages)
    assert {check["night_number"] for check in checks} == {1}
    assert len(checks) == len(told.outcome.checks)
    assert (told.home.published / "quality" / "index.html").is_file()


def test_a_person_is_one_on_every_paper(told: Told) -> None:
    with story.opened(told.now) as lake:
        records = story.rows(lake, "identity", "person_records")
    persons = {row["record_key"]: row["person_id"] for row in records}
    assert persons["D:C0000003"] == persons["P:PMI-1"]
    assert persons["D:C0000004"] == persons["P:PMI-2"] == persons["L:kemlu_mmr.xlsx#2"]
    assert persons["D:C0000005"] == persons["L:kemlu_mmr.xlsx#1"]
    assert persons["D:C0000001"] == persons["P:PMI-3"]  # by evidence: no number on both papers
    assert len(set(persons.values())) == len(persons) - 5


# A second night


def test_what_is_known_is_not_taken_in_again(told: Told, corrected: Told) -> None:
    assert [b["file"] for b in corrected.outcome.batches] == ["koreksi.csv"]
    assert len(told.outcome.batches) == 8


def test_a_correction_wins_in_the_next_night(corrected: Told) -> None:
    expected = story.OUTCOMES | {"X:CORRECTED-OUT": "awaiting"}
    assert story.outcomes(corrected.now) == expected
    found = story.ask(corrected.home, "SELECT file, accepted, superseded FROM batches")
    counts = {file: tuple(rest) for file, *rest in found}
    assert counts["koreksi.csv"] == (1, 0)
    assert counts["2025_12.parquet"] == (0, 1)
    assert counts["2025.csv"] == (13, 1)


def test_a_change_is_kept_with_its_cause(corrected: Told) -> None:
    query = "SELECT night_number, previous_outcome, outcome, cause FROM changes"
    assert story.ask(corrected.home, query) == [
        (2, "suspected_undocumented", "awaiting", "correction")
    ]


def test_a_night_without_news_changes_nothing(corrected: Told, tmp_path: Path) -> None:
    again = story.go_on(story.copied(corrected, tmp_path / "home"))
    before, after = story.published(corrected.home), story.published(again.home)
    assert len(after.pop("nights")) == len(before.pop("nights")) + 1
    assert after == before


def test_time_passes_and_is_told(corrected: Told, tmp_path: Path) -> None:
    now = story.copied(corrected, tmp_path / "home")
    night.run(now, date(2026, 4, 30))
    query = "SELECT previous_outcome, outcome, cause FROM changes WHERE night_number = 3"
    assert set(story.ask(now.home, query)) == {
        ("awaiting", "suspected_undocumented", "time_passed")
    }


def test_the_earlier_night_stays_readable(corrected: Told) -> None:
    with story.opened(corrected.now) as lake:
        [first, _] = sorted(story.rows(lake, "ops", "nights"), key=lambda n: n["night_number"])
        then = lake.con.execute(
            "SELECT outcome FROM lake.reconciled.departures "  # noqa: S608
            f"AT (VERSION => {first['snapshot_id']}) WHERE departure_key = 'X:CORRECTED-OUT'"
        ).fetchall()
    assert then == [("suspected_undocumented",)]


def test_persons_and_departures_keep_their_pseudonyms(told: Told, corrected: Told) -> None:
    query = "SELECT departure_id, person_id FROM departures ORDER BY ALL"
    assert story.ask(told.home, query) == story.ask(corrected.home, query)


def test_nights_one_by_one_equal_one_night_of_all(
    told: Told, corrected: Told, tmp_path: Path
) -> None:
    now = replace(corrected.now, home=settings.Home(tmp_path))
    delivered = sorted(p for p in told.home.landing.rglob("*") if p.is_file())
    random.Random(7).shuffle(delivered)  # noqa: S311
    story.corrected(now.home.landing)
    for file in delivered:
        there = now.home.landing / file.relative_to(told.home.landing)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, there)
    night.run(now, NIGHT)
    one_by_one, at_once = story.published(corrected.home), story.published(now.home)
    assert len(one_by_one.pop("nights")) == 2
    assert len(at_once.pop("nights")) == 1
    assert len(one_by_one.pop("changes")) == 1  # of the second night
    assert at_once.pop("changes") == []
    assert set(at_once) == set(contracts.marts()) - {"nights", "changes"}
    for name, rows in one_by_one.items():
        assert at_once[name] == rows, name


def test_whoever_reads_the_old_file_keeps_it(told: Told, tmp_path: Path) -> None:
    path, query = tmp_path / "pulang.duckdb", "SELECT count(*) FROM nights"
    shutil.copy(told.home.warehouse, path)
    engine = ibis.duckdb.connect()
    tables = {
        name: engine.create_table(name, schema=ibis.schema(contract.arrow_schema))
        for name, contract in contracts.marts().items()
    }
    code = "import duckdb, sys; print(duckdb.connect(sys.argv[1]).sql(sys.argv[2]).fetchone())"
    with duckdb.connect(str(path), read_only=True) as reader:
        warehouse.write(engine, path, tables)
        assert reader.execute(query).fetchall() == [(1,)]
        other = [sys.executable, "-c", code, str(path), query]
        newer = subprocess.run(other, capture_output=True, text=True, check=True)
    assert newer.stdout == "(0,)\n"
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["pulang.duckdb"]


# Withheld


def stops() -> list[tuple[str, str]]:
    return [
        (name, check.id)
        for name, contract in contracts.sources().items()
        for check in contract.checks_of("stop")
    ]


@pytest.fixture(scope="module")
def withheld_home(told: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    return story.copied(told, tmp_path_factory.mktemp("withheld") / "home")


@pytest.mark.parametrize(("source", "check_id"), stops())
def test_every_stop_withholds_and_the_published_file_stays(
    withheld_home: settings.Settings,
    monkeypatch: pytest.MonkeyPatch,
    told: Told,
    source: str,
    check_id: str,
) -> None:
    failing = [
        c | {"passed": c["passed"] and (c["source"], c["check_id"]) != (source, check_id)}
        for c in told.outcome.checks
    ]
    schema = contracts.lake()["ops", "checks"].arrow_schema
    checks = pa.Table.from_pylist(failing, schema.remove(schema.get_field_index("night_number")))
    measured = contracts.lake()["ops", "measured"].arrow_schema.empty_table()
    monkeypatch.setattr(gate, "judge", lambda *_: gate.Verdicts(checks, measured))
    before = withheld_home.home.warehouse.read_bytes()
    outcome = night.run(withheld_home, NIGHT)
    assert outcome.status == "withheld"
    assert withheld_home.home.warehouse.read_bytes() == before
    with story.opened(withheld_home) as lake:
        last = max(story.rows(lake, "ops", "nights"), key=lambda n: n["night_number"])
    assert last["outcome"] == "withheld"


def test_there_are_stops_to_test() -> None:
    assert len(stops()) >= 5


def test_a_feed_gone_bad_withholds(told: Told, tmp_path: Path) -> None:
    now = story.copied(told, tmp_path / "home")
    bad = [papers.listed(n, tanggal_tiba="belum ada") for n in range(1, 120)]
    papers.write(now.home.landing / "pemulangan" / "rusak.csv", bad)
    before = now.home.warehouse.read_bytes()
    outcome = night.run(now, NIGHT)
    failed = {(c["source"], c["check_id"]) for c in outcome.checks
              if c["severity"] == "stop" and not c["passed"]}  # fmt: skip
    assert outcome.status == "withheld"
    assert failed == {("pemulangan", "quarantined_majority")}
    assert now.home.warehouse.read_bytes() == before


def test_nothing_landed_publishes_nothing(tmp_path: Path) -> None:
    outcome = night.run(papers.home(tmp_path), NIGHT)
    assert outcome.status == "withheld"
    assert not settings.Home(tmp_path).warehouse.exists()


# Killed


class KilledError(BaseException):
    """Stands for the power that fails."""


KILL = """
import os, signal, sys
from pathlib import Path
from pipelines.publish import warehouse
from tests import papers, story
warehouse._settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
story.go_on(papers.home(Path(sys.argv[1])))
"""


def test_a_night_killed_anywhere_and_run_again_gives_the_same(
    told: Told, corrected: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KilledError

    now = story.copied(told, tmp_path / "home")
    before = now.home.warehouse.read_bytes()
    for module, name in ((intake, "_supersede"), (gate, "judge")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, fail)
            with pytest.raises(KilledError):
                story.go_on(now)
        assert now.home.warehouse.read_bytes() == before, name
    killed = subprocess.run([sys.executable, "-c", KILL, str(now.home.path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert now.home.warehouse.read_bytes() == before
    assert list(now.home.published.glob(".*")) != []
    story.go_on(now)
    assert list(now.home.published.glob(".*")) == []
    expected, found = story.published(corrected.home), story.published(now.home)
    del expected["nights"], found["nights"]
    assert found == expected


# Refusals


def test_a_lost_row_stops_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = papers.home(tmp_path)
    story.landed(now.home.landing)
    with monkeypatch.context() as patched:
        patched.setattr(deliveries.Intake, "malformed_rows", lambda _: [])
        with pytest.raises(night.ConservationError) as error:
            night.run(now, NIGHT)
    said = "19 rows delivered, 13 accepted, 4 quarantined, 1 superseded"
    assert str(error.value) == f"2025.csv: {said}"
    with story.opened(now) as lake:
        assert story.rows(lake, "ops", "batches") == []
        assert story.rows(lake, "records", "crossings") == []
    assert not now.home.warehouse.exists()


HOLD = """
import sys
from pathlib import Path
from pipelines import keys
from pipelines.lake import open_lake
from tests import papers
now = papers.home(Path(sys.argv[1]))
with open_lake(now, keys.load(now.home.keys, now.key, True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_holds_the_lake_at_a_time(told: Told) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(told.home.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LakeBusyError, match="another process holds"):
            night.run(told.now, NIGHT)
    finally:
        holder.communicate(timeout=30)


def test_another_key_does_not_open_the_lake(told: Told) -> None:
    with pytest.raises(LakeShutError, match="cannot be opened with this key"):
        night.run(replace(told.now, key="another key"), NIGHT)


def test_a_lake_whose_key_is_gone_stays_shut(told: Told) -> None:
    with pytest.raises(keys.KeyMissingError):
        night.run(replace(told.now, key=None), NIGHT)


def test_an_unknown_parameter_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    now = papers.home(tmp_path)
    (tmp_path / "policy.yaml").write_text("grace_day: 60\n")
    with pytest.raises(PolicyError, match=r"policy\.yaml: grace_day: unknown parameter"):
        night.run(now, NIGHT)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["policy.yaml"]
