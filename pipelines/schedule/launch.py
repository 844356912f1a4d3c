"""`make airflow`: Airflow on this machine with everything wired, for one home.

Everything that it keeps lies in `PULANG_HOME/airflow`. What the environment says already stays:
connections (`AIRFLOW_CONN_PULANG_MAIL`, `AIRFLOW_CONN_PULANG_WEBHOOK`), a port, a transport.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pipelines import settings

USER = "admin"
SECONDS_TO_START, SECONDS_TO_STOP = 180, 20
CHECKOUT = settings.PACKAGE.parent


def variables(home: settings.Home, port: str) -> dict[str, str]:
    """What Airflow is told by variables, for a home and the port of its address."""
    kept = home.path / "airflow"
    no_source = {"scope": {}, "controls": {"include_source_code": False}}
    events = {"type": "file", "log_file_path": str(kept / "openlineage.jsonl"), "append": True}
    return settings.NO_USAGE_STATISTICS | {
        "PULANG_HOME": str(home.path),
        "AIRFLOW_HOME": str(kept),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(kept / "passwords.json"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "pulang",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(events),
        "AIRFLOW__OPENLINEAGE__EMISSION_POLICY": json.dumps([no_source]),
    }


def prepare(home: settings.Home) -> str:
    """Database, pool and login; gives the password. The variables must be set before."""
    kept = home.path / "airflow"
    kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    from airflow.configuration import conf
    from airflow.models.pool import Pool
    from airflow.utils import db

    from pipelines.schedule.wiring import WRITER

    db.initdb()
    Pool.create_or_update_pool(WRITER, 1, "who writes the lake", include_deferred=False)
    file = Path(conf.get("core", "simple_auth_manager_passwords_file"))
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(file.read_text())[USER])


def healthy(address: str) -> bool:
    """Whether all four parts of Airflow answer."""
    try:
        with urlopen(f"{address}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
            parts = json.load(answer)
    except (URLError, OSError, ValueError):
        return False
    return all(part["status"] == "healthy" for part in parts.values() if part["status"])


def main() -> int:
    """Start, say where, and stay until stopped."""
    home = settings.load().home
    port = settings.complete({"AIRFLOW__API__PORT": "8080"})["AIRFLOW__API__PORT"]
    told = settings.complete(variables(home, port))
    # Airflow starts its own parts by name.
    told["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), told.get("PATH", "")))
    address = told["AIRFLOW__API__BASE_URL"]
    password = prepare(home)
    output = home.path / "airflow" / "standalone.log"
    with output.open("ab") as log:
        airflow = [str(Path(sys.executable).parent / "airflow"), "standalone"]
        # In a session of its own: a second Ctrl-C would leave its scheduler behind.
        running = subprocess.Popen(  # noqa: S603
            airflow, stdout=log, stderr=log, env=told, start_new_session=True
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"Airflow is starting; what it says goes to {output}", flush=True)
    try:
        if not _wait(running, address):
            return 1
        print(f"\n  {address}   user {USER}   password {password}\n\nCtrl-C ends it.", flush=True)
        return running.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(running)


def _stop(running: subprocess.Popen[bytes]) -> None:
    """Ask once, since a task may be at its end; then end all that it started."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    if running.poll() is None:
        running.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        running.wait(SECONDS_TO_STOP)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)


def _wait(running: subprocess.Popen[bytes], address: str) -> bool:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and running.poll() is None:
        if healthy(address):
            return True
        time.sleep(1)
    print("Airflow did not start; its log says why", file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(main())
