"""Airflow as `make airflow` starts it, on free ports, and what its API answers."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ENDED = ("success", "failed")


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


@dataclass
class Airflow:
    home: Path
    address: str
    token: str

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = Request(self.address + path, data, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def trigger(self, dag: str, logical_date: str | None = None, **conf: str) -> str:
        body = {"logical_date": logical_date, "conf": conf}
        return str(self.ask(f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def pause(self, dag: str, is_paused: bool) -> None:
        self.ask(f"/api/v2/dags/{dag}", {"is_paused": is_paused}, "PATCH")

    def runs(self, dag: str) -> dict[str, str]:
        found = self.ask(f"/api/v2/dags/{dag}/dagRuns")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in found}

    def states(self, dag: str, run: str) -> dict[str, str]:
        """State of each task; mapped ones as `task[0]`."""
        found = self.ask(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {
            t["task_id"] + (f"[{t['map_index']}]" if t["map_index"] >= 0 else ""): t["state"]
            for t in found
        }

    def ended(self, dag: str, run: str, seconds: float = 300) -> str:
        return until(
            lambda: state if (state := self.runs(dag)[run]) in ENDED else "",
            seconds,
            lambda: f"{dag} {run}: {self.states(dag, run)}\n{self.errors()}",
        )

    def errors(self) -> str:
        """What tasks have logged as errors, for whoever reads of a failed test."""
        files = (self.home / "airflow" / "logs").glob("dag_id=*/**/*.log")
        lines = [line for file in files for line in file.read_text().splitlines()]
        return "\n".join(line[:2000] for line in lines if '"level":"error"' in line)

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.home / 'airflow' / 'airflow.db'}?mode=ro", uri=True)

    def is_watching(self) -> bool:
        """Whether a trigger runs: it stops with its DAG's pause, and starts a while after it."""
        with self.database() as database:
            query = "SELECT count(*) FROM trigger WHERE triggerer_id IS NOT NULL"
            return bool(database.execute(query).fetchone()[0])

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Everything that Airflow has kept: its database row by row, its logs, its events."""
        kept = self.home / "airflow"
        with self.database() as database:
            yield "database", "\n".join(database.iterdump()).encode()
        for file in kept.rglob("*"):
            if file.is_file():
                yield str(file.relative_to(kept)), file.read_bytes()


def until(found: Callable[[], Any], seconds: float, said: Callable[[], str] = str) -> Any:
    """The first thing found, looking every half second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if thing := found():
            return thing
        time.sleep(0.5)
    raise TimeoutError(f"not within {seconds} s: {said()}")


@contextmanager
def running(home: Path, more: dict[str, str]) -> Iterator[Airflow]:
    """Scheduler, API server, triggerer and DAG processor over one home, until the end."""
    ports = {
        "AIRFLOW__API__PORT": str(free_port()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
    }
    plain = {n: v for n, v in os.environ.items() if not n.startswith(("AIRFLOW", "PULANG"))}
    starter = subprocess.Popen(
        [sys.executable, "-m", "pipelines.schedule.launch"],
        env=plain | {"PULANG_HOME": str(home)} | ports | more,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = starter.stdout
        assert said
        line = next((line for line in said if "password" in line), "")
        assert line, "Airflow did not start"
        address, _, user, _, password = line.split()
        airflow = Airflow(home, address, "")
        login = airflow.ask("/auth/token", {"username": user, "password": password})
        airflow.token = login["access_token"]
        yield airflow
    finally:
        starter.terminate()
        starter.wait(60)
