"""A PostgreSQL server of the tests' own: a temporary folder, a socket in it, no network."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "pulang", "only-for-tests"
INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """Where it listens, and the program that speaks with it."""

    folder: Path

    def database(self, name: str) -> str:
        """The address of a new, empty database."""
        self.run("postgres", f"CREATE DATABASE {name}")
        return f"dbname={name} user={USER} host={self.folder}"

    def run(self, database: str, sql: str) -> str:
        """What psql says."""
        command = ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder]
        command += ["-U", USER, "-d", database, "-c", sql]
        env = os.environ | {"PGPASSWORD": PASSWORD}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def program(name: str) -> Path | None:
    """A program of the server: on the path, or where Debian puts it."""
    found = shutil.which(name)
    newest = sorted(INSTALLED.glob(f"*/bin/{name}"))[-1:]
    return Path(found) if found else next(iter(newest), None)


def is_there() -> bool:
    """Whether a server can be started and spoken with here."""
    return bool(program("initdb") and program("postgres") and shutil.which("psql"))


@contextmanager
def started() -> Iterator[Server]:
    """A server that runs until the end, as nobody where the tests run as root: it refuses root."""
    folder = Path(tempfile.mkdtemp(prefix="pulang-pg-", dir="/tmp"))
    owner = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, **owner)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    subprocess.run(
        [str(program("initdb")), "-D", data, "-U", USER, "--pwfile", secret, "-N",
         "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"],
        check=True, capture_output=True, cwd="/", **owner,
    )  # fmt: skip
    server = subprocess.Popen(
        [str(program("postgres")), "-D", data, "-k", folder, "-c", "listen_addresses=",
         "-c", "fsync=off", "-c", "max_connections=200"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **owner,
    )  # fmt: skip
    try:
        _wait(folder, server)
        yield Server(folder)
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            Server(folder).run("postgres", "SELECT 1")
        except subprocess.CalledProcessError:
            assert server.poll() is None, "PostgreSQL did not start"
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PostgreSQL did not answer")
