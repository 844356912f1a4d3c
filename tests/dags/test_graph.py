"""What the DAGs say: what comes after what, who owns it, and how it fails."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pendulum
import pytest
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from pipelines import contracts, night, settings
from pipelines.audit import scope
from pipelines.schedule import wiring, work

FOLDER = settings.PACKAGE.parent / "dags"
FILES = sorted(FOLDER.glob("pulang_*.py"))
NAMES = [file.stem for file in FILES]
HEAVY = {"duckdb", "ibis", "pandas", "numpy", "pyarrow", "splink", "great_expectations", "scipy"}
PARSED = """
import importlib.util, json, sys, time
from airflow.sdk import dag, task  # Airflow's own, there before any file is parsed
from airflow.triggers.base import BaseEventTrigger
start = time.perf_counter()
spec = importlib.util.spec_from_file_location("parsed", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps([time.perf_counter() - start, sorted(sys.modules)]))
"""


def made(name: str) -> Any:
    return getattr(import_module(f"dags.{name}"), name)()


@pytest.fixture(scope="module")
def nightly() -> Any:
    return made("pulang_nightly")


# Files


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_parsing_is_fast_and_starts_no_engine(file: Path) -> None:
    command = [sys.executable, "-c", PARSED, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout.splitlines()[-1])
    assert seconds < 1
    assert HEAVY.isdisjoint(modules)
    assert "pipelines.night" not in modules


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_dag_is_wiring_only(file: Path) -> None:
    text = file.read_text()
    ours = re.findall(r"from (pipelines\S*) import", text)
    assert all(name.startswith("pipelines.schedule") for name in ours)
    assert not re.search(r"^\s*(for|while|try|with|class) ", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_every_dag_says_what_it_is_and_whose(name: str) -> None:
    dag = made(name)
    assert dag.dag_id == name
    assert len(dag.doc_md) > 100
    for task in dag.tasks:
        assert task.owner == wiring.OWNER
        assert task.execution_timeout <= timedelta(hours=2)
        assert task.on_failure_callback


# The night


def test_the_night_is_at_one_in_jakarta(nightly: Any) -> None:
    assert (nightly.timetable.expression, str(nightly.timetable.timezone)) == (
        "0 1 * * *",
        "Asia/Jakarta",
    )
    assert nightly.max_active_runs == 1
    assert not nightly.catchup


def test_the_stages_are_tasks_in_their_order(nightly: Any) -> None:
    chain = ["find", "take_in", *night.STAGES[1:]]
    for before, after in pairwise(chain):
        assert after in nightly.get_task(before).downstream_task_ids
    assert nightly.get_task("take_in").is_mapped
    assert set(nightly.task_ids) == {*chain, "withheld"}


def test_publication_comes_after_every_gate_and_nothing_after_it(nightly: Any) -> None:
    publish = nightly.get_task("publish")
    assert publish.get_flat_relative_ids(upstream=True) == set(nightly.task_ids) - {
        "publish",
        "withheld",
    }
    assert publish.downstream_task_ids == set()
    assert nightly.get_task("gate").downstream_task_ids == {"standardise", "withheld"}
    for task in nightly.tasks:  # a stage that was skipped or failed stops all that follow
        assert task.trigger_rule == "all_success"


def test_one_writer_at_a_time(nightly: Any) -> None:
    arrival = made("pulang_arrival").get_task("night")
    writers = [t for t in nightly.tasks if t.task_id not in ("find", "withheld")]
    assert {t.pool for t in [*writers, arrival]} == {wiring.WRITER}
    assert {t.pool_slots for t in [*writers, arrival]} == {1}


def test_a_crash_is_tried_again_later_and_later(nightly: Any) -> None:
    for task in nightly.tasks:
        assert task.retries == (0 if task.task_id == "withheld" else 3)
        assert task.retry_exponential_backoff > 1


def test_every_published_table_is_an_asset_of_publish_alone(nightly: Any) -> None:
    prefix = "pulang/published/"
    made_by = {
        asset.name.removeprefix(prefix): task.task_id
        for task in nightly.tasks
        for asset in task.outlets
        if asset.name.startswith(prefix)
    }
    assert made_by == dict.fromkeys(contracts.marts(), "publish")


# The form of an extract

FILLED = {
    "region": "52", "from": "2025-01-01", "to": "2025-12-31", "purpose": "pemeriksaan aduan",
    "legal_basis": "UU 37/2008 pasal 8", "requester": "Ombudsman RI", "language": "id",
}  # fmt: skip


def filled(**changed: object) -> None:
    params = made("pulang_extract").params
    for name, value in (FILLED | changed).items():
        params[name] = value
    params.validate()


def test_a_filled_form_is_a_request() -> None:
    form = FILLED | {"outcomes": ["awaiting"]}
    asked = scope.request(frozenset({"awaiting"}), **work.asked(form))
    assert (asked.regions, asked.outcomes, asked.kind) == (("52",), ("awaiting",), "pseudonymous")
    assert (str(asked.first), str(asked.last)) == ("2025-01-01", "2025-12-31")


def test_a_form_for_one_departure_is_a_request() -> None:
    empty = {"region": None, "from": None, "to": None, "departure": "D" + "a" * 16}
    assert scope.request(frozenset(), **work.asked(FILLED | empty)).departures == ("D" + "a" * 16,)


@pytest.mark.parametrize("region", ["52", "52.03"])
def test_a_filled_form_is_taken(region: str) -> None:
    filled(region=region)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "5203"), ("region", "NTB"), ("region", "52.03; DROP"), ("from", "01/01/2025"),
        ("to", ""), ("purpose", "x"), ("purpose", "   "), ("requester", "a" * 201),
        ("legal_basis", None), ("language", "fr"), ("departure", "1"), ("night", "kemarin"),
    ],
)  # fmt: skip
def test_a_form_filled_wrongly_is_refused(field: str, value: object) -> None:
    with pytest.raises(ParamValidationError):
        filled(**{field: value})


# When


@pytest.mark.parametrize("at", ["2026-11-27T00:59", "2026-11-27T01:01", "2026-11-27T03:00"])
def test_a_new_installation_waits_for_its_first_night(
    nightly: Any, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Airflow would begin with the last one, were it not longer ago than a tenth of a day."""
    moment = pendulum.parse(at, tz="Asia/Jakarta")
    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: moment)
    [told] = [DagSerialization.from_dict(DagSerialization.to_dict(nightly))]
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    first = told.timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction
    )
    assert first is not None
    assert first.run_after > moment
    assert first.run_after.in_timezone("Asia/Jakarta").strftime("%H:%M") == "01:00"
