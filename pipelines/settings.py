"""The one place that reads the environment."""

import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pipelines.errors import PulangError

# The engine's share; a national year with it peaks below 6 GiB. What does not fit is spilled.
MEMORY_LIMIT = "4GB"

# Days. Five weeks: when a month's figures are asked about, the end of the month before is readable.
KEEP_NIGHTS = 35

PACKAGE = Path(__file__).resolve().parent

# Every dependency that would report its use is told not to; set before it is imported.
NO_USAGE_STATISTICS = {
    "GX_ANALYTICS_ENABLED": "false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
    "SCARF_ANALYTICS": "false",
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "1",
}


def _beside_package(name: str, packaged: str) -> Path:
    """A folder of the checkout, or its copy inside an installed wheel."""
    checkout = PACKAGE.parent / name
    return checkout if checkout.is_dir() else PACKAGE / packaged


def code_digest() -> str:
    """SHA-256 of the source of the package: what was worked out by other code is not built on."""
    total = sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        total.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


SCHEMAS = _beside_package("schemas", "_schemas")
REFERENCE = _beside_package("data/reference", "_reference")


class SettingsError(PulangError):
    """A variable of the environment that says something impossible."""


@dataclass(frozen=True)
class Home:
    """Everything that is not code: `PULANG_HOME`, by default `data/` of the working folder."""

    path: Path

    @property
    def landing(self) -> Path:
        """Deliveries, one folder per source."""
        return self.path / "landing"

    @property
    def lake(self) -> Path:
        """The encrypted lake and the archive of the deliveries."""
        return self.path / "lake"

    @property
    def published(self) -> Path:
        """What analysts read."""
        return self.path / "published"

    @property
    def warehouse(self) -> Path:
        """The published warehouse."""
        return self.published / "pulang.duckdb"

    @property
    def extracts(self) -> Path:
        """Extracts for auditors that were asked for by the form of Airflow."""
        return self.path / "extracts"

    @property
    def keys(self) -> Path:
        """Keys created on first use; production brings its own."""
        return self.path / "keys"

    @property
    def temporary(self) -> Path:
        """Spills of the engine, private to the owner and encrypted."""
        return self.path / "tmp"


@dataclass(frozen=True)
class Settings:
    """What the environment says. `memory_limit` and `threads` go to DuckDB as they are.

    `catalog` is what libpq needs to find the lake's catalog in PostgreSQL; without it the catalog
    is a file of the home. `wait` is for how many seconds a writer waits for another one,
    `keep_nights` for how many days a night stays readable as it was. `actor` is who the access log
    says did it, `new_key` what `key rotate` changes the key to. `refuses_overlaps`: an extract that
    could be subtracted from an earlier one needs an approver, else it is told and logged.
    """

    home: Home
    key: str | None
    memory_limit: str
    threads: int | None
    catalog: str | None = None
    wait: float = 0.0
    keep_nights: int = KEEP_NIGHTS
    new_key: str | None = None
    refuses_overlaps: bool = False
    actor: str = field(default_factory=lambda: _actor(""))


def load() -> Settings:
    """Read the environment once: PULANG_HOME, _KEY, _MEMORY, _THREADS, _CATALOG, _WAIT,
    _KEEP_NIGHTS, _OVERLAPS, _ACTOR and _NEW_KEY."""
    complete(NO_USAGE_STATISTICS)
    return Settings(
        home=Home(Path(os.environ.get("PULANG_HOME", "data")).absolute()),
        key=os.environ.get("PULANG_KEY"),
        memory_limit=os.environ.get("PULANG_MEMORY", MEMORY_LIMIT),
        threads=_whole("PULANG_THREADS", 0) or None,
        catalog=_catalog(os.environ.get("PULANG_CATALOG", "")),
        wait=float(_whole("PULANG_WAIT", 0)),
        keep_nights=max(1, _whole("PULANG_KEEP_NIGHTS", KEEP_NIGHTS)),
        new_key=os.environ.get("PULANG_NEW_KEY") or None,
        refuses_overlaps=_is_refused(os.environ.get("PULANG_OVERLAPS") or "tell"),
        actor=_actor(os.environ.get("PULANG_ACTOR", "")),
    )


def complete(variables: Mapping[str, str]) -> dict[str, str]:
    """Set the variables that the environment does not have; gives all, for who is told by it."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    return dict(os.environ)


def _whole(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdigit():
        raise SettingsError(f"{name} is not a whole number")
    return int(given)


def _is_refused(said: str) -> bool:
    if said not in ("tell", "refuse"):
        raise SettingsError("PULANG_OVERLAPS is neither tell nor refuse")
    return said == "refuse"


def _actor(said: str) -> str:
    """The account that the process runs under, which it cannot choose, and whom it says it is."""
    try:
        account = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        account = f"uid {os.geteuid()}"
    return f"{account} for {said}" if said else account


def _catalog(given: str) -> str | None:
    """The address after `postgres:`, as libpq's words; a password in it would show in logs."""
    if not given:
        return None
    kind, _, address = given.partition(":")
    if kind != "postgres" or not re.fullmatch(r"\w+=[^\s'\"]+(\s+\w+=[^\s'\"]+)*", address):
        raise SettingsError("PULANG_CATALOG is not like postgres:dbname=pulang host=db.example.id")
    if "password" in address:
        raise SettingsError(
            "PULANG_CATALOG holds a password; give it by PGPASSWORD or a password file (PGPASSFILE)"
        )
    return address
