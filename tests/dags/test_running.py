"""Airflow for real: a night through its API, a delivery by day, a gate that withholds.

One Airflow for all of them, over one home; the tests go on from each other in their order.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import contracts, settings
from pipelines.schedule import wiring, work
from pipelines.simulate import simulate
from tests import papers, test_privacy
from tests.dags import airflow_running, sinks

SCALE = 0.002
DAGS = {"pulang_nightly", "pulang_arrival", "pulang_extract", "pulang_replay"}
PASSED = "2026-01-16T01:00:00+07:00"  # a time of the schedule whose deadline is long over
LISTED = 546
LONGEST = 180  # seconds; a third of it where nothing else runs


@dataclass
class Running:
    airflow: airflow_running.Airflow
    home: settings.Home
    sinks: sinks.Sinks
    night: str

    def published(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            return con.execute(query).fetchall()

    def deliver(self, file: str, rows: list[papers.Row]) -> None:
        """As a careful sender does: under another name first, and slowly."""
        path = self.home.landing / "pemulangan" / file
        papers.write(path.with_suffix(".part"), papers.csv_text(rows), "2026-01-15T01:00:00+07:00")
        path.with_suffix(".part").rename(path)
        os.utime(path)


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    ready = tmp_path_factory.mktemp("ready")
    simulate(ready, SCALE, 31)
    test_privacy.plant(ready / "landing")
    home = settings.Home(tmp_path_factory.mktemp("airflow") / "home")
    home.path.mkdir()
    for file in ready.glob("policy.yaml"):
        file.rename(home.path / file.name)
    with (
        sinks.listening() as listening,
        airflow_running.running(home.path, listening.variables) as airflow,
    ):
        found = lambda: {d["dag_id"] for d in airflow.ask("/api/v2/dags")["dags"]} == DAGS  # noqa: E731
        airflow_running.until(found, 60)
        airflow.pause("pulang_arrival", True)
        (ready / "landing").rename(home.landing)
        yield Running(airflow, home, listening, datetime.now(work.WIB).date().isoformat())


def test_everything_is_wired(now: Running) -> None:
    assert now.airflow.ask("/api/v2/importErrors")["total_entries"] == 0
    pool = now.airflow.ask(f"/api/v2/pools/{wiring.WRITER}")
    assert (pool["slots"], pool["include_deferred"]) == (1, False)
    assert (now.home.path / "airflow").stat().st_mode & 0o077 == 0


def test_a_night_asked_for_through_the_api_is_published(now: Running) -> None:
    run = now.airflow.trigger("pulang_nightly", PASSED, night=now.night)
    assert now.airflow.ended("pulang_nightly", run) == "success"
    states = now.airflow.states("pulang_nightly", run)
    assert states.pop("withheld") == "skipped"
    assert set(states.values()) == {"success"}
    assert sum(task.startswith("take_in[") for task in states) > 1
    landed = sum(1 for file in now.home.landing.rglob("*") if file.is_file())
    assert now.published("SELECT count(*) FROM batches") == [(landed,)]
    [(night, number)] = now.published("SELECT night, night_number FROM nights")
    assert (night.isoformat(), number) == (now.night, 1)


def test_who_waits_for_a_published_table_is_told_of_it(now: Running) -> None:
    events = now.airflow.ask("/api/v2/assets/events?limit=200")["asset_events"]
    told = {e["name"] for e in events if e["source_task_id"] == "publish"}
    assert told == {f"pulang/published/{name}" for name in contracts.marts()}


def test_a_night_that_is_late_is_told(now: Running) -> None:
    [late] = airflow_running.until(lambda: now.sinks.posted("late"), 30)
    assert late["dag"] == "pulang_nightly"
    assert "Pulang: pulang_nightly has not ended in its time" in now.sinks.subjects()


def test_a_delivery_by_day_is_published_within_minutes(now: Running) -> None:
    now.airflow.pause("pulang_arrival", False)
    airflow_running.until(now.airflow.is_watching, 90)
    rows = [
        papers.listed(n, nama=f"KENARI {n:03}", nomor_dokumen=f"KC{n:07}", nik=None)
        for n in range(1, LISTED + 1)
    ]
    start = time.monotonic()
    now.deliver("kemlu_siang.csv", rows)
    query = "SELECT accepted FROM batches WHERE file = 'kemlu_siang.csv'"
    found = airflow_running.until(
        lambda: now.published(query), 240, lambda: str(now.airflow.runs("pulang_arrival"))
    )
    seconds = time.monotonic() - start
    print(f"arrival to published: {seconds:.0f} s")
    assert found == [(LISTED,)]
    assert seconds < LONGEST


def test_a_gate_that_withholds_is_neither_a_success_nor_a_crash(now: Running) -> None:
    now.airflow.pause("pulang_arrival", True)
    before = now.home.warehouse.stat()
    now.deliver("tak_terbaca.csv", [papers.listed(n, tanggal_tiba="?") for n in range(5000)])
    run = now.airflow.trigger("pulang_nightly", night=now.night)
    assert now.airflow.ended("pulang_nightly", run) == "failed"
    assert now.airflow.states("pulang_nightly", run) == {
        "find": "success", "take_in[0]": "success", "gate": "success", "withheld": "failed",
        "standardise": "skipped", "link": "skipped", "reconcile": "skipped", "publish": "skipped",
    }  # fmt: skip
    assert now.home.warehouse.stat() == before
    [told] = airflow_running.until(lambda: now.sinks.posted("withheld"), 10)
    assert (told["task"], told["run"]) == ("withheld", run)
    assert now.sinks.posted("failed") == []


def test_a_failure_is_told_by_mail_and_webhook(now: Running) -> None:
    form = {
        "purpose": "pemeriksaan aduan", "legal_basis": "UU 37/2008", "requester": "Ombudsman",
        "region": "99",  # a region of nobody: too few for a pseudonymous extract
    }  # fmt: skip
    run = now.airflow.trigger("pulang_extract", **form)
    assert now.airflow.ended("pulang_extract", run) == "failed"
    [told] = airflow_running.until(lambda: now.sinks.posted("failed"), 10)
    assert (told["dag"], told["error"]) == ("pulang_extract", "AirflowFailException")
    assert told["log"].startswith(now.airflow.address)
    assert "Pulang: extract of pulang_extract failed" in now.sinks.subjects()


# What was written down on the way. Last: it looks at all of the above.


def test_lineage_is_told_with_our_data_sets(now: Running) -> None:
    lines = (now.home.path / "airflow" / "openlineage.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    kinds = {(e["job"]["name"], e["eventType"]) for e in events}
    stages = ("take_in", "gate", "standardise", "link", "reconcile", "publish")
    for name in stages:
        assert {(f"pulang_nightly.{name}", kind) for kind in ("START", "COMPLETE")} <= kinds
    [publish] = [
        e for e in events
        if (e["job"]["name"], e["eventType"]) == ("pulang_nightly.publish", "COMPLETE")
    ]  # fmt: skip
    written = {str(Path(d["name"]).relative_to(now.home.path)) for d in publish["outputs"]}
    assert written == {f"published/pulang.duckdb/{name}" for name in contracts.marts()}
    [read] = publish["inputs"]
    assert read["name"] == str(now.home.path / "lake" / "reconciled")


def test_nobody_is_named_in_what_airflow_keeps(now: Running) -> None:
    people = test_privacy.PEOPLE
    looked_for = [*test_privacy.PLANTED, *(p.name for p in people), *(p.document for p in people)]
    looked_for += [p.nik for p in people if p.nik] + ["KENARI 001", "KC0000001", "BUDI SANTOSO"]
    kept = {name: content.upper() for name, content in now.airflow.written()}
    assert {"database", "openlineage.jsonl", "standalone.log"} <= set(kept)
    assert sum("task_id=publish" in name for name in kept) == 1
    assert b"PULANG_NIGHTLY" in kept["database"]
    told = (json.dumps(now.sinks.posts) + "".join(now.sinks.mails)).upper().encode()
    for who in looked_for:
        assert who.encode() not in told
        assert [name for name, content in kept.items() if who.encode() in content] == []
    assert b"KEMLU_SIANG" not in kept["database"]
