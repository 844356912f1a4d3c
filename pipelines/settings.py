"""The one place that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import PulangError

# The engine's share; a national year with it peaks below 6 GiB. What does not fit is spilled.
MEMORY_LIMIT = "4GB"

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
    def keys(self) -> Path:
        """Keys created on first use; production brings its own."""
        return self.path / "keys"

    @property
    def temporary(self) -> Path:
        """Spills of the engine, private to the owner and encrypted."""
        return self.path / "tmp"


@dataclass(frozen=True)
class Settings:
    """What the environment says. `memory_limit` and `threads` go to DuckDB as they are."""

    home: Home
    key: str | None
    memory_limit: str
    threads: int | None


def load() -> Settings:
    """Read the environment once: PULANG_HOME, PULANG_KEY, PULANG_MEMORY, PULANG_THREADS."""
    for name, value in NO_USAGE_STATISTICS.items():
        os.environ.setdefault(name, value)
    threads = os.environ.get("PULANG_THREADS", "")
    if threads and not threads.isdigit():
        raise SettingsError("PULANG_THREADS is not a whole number")
    return Settings(
        home=Home(Path(os.environ.get("PULANG_HOME", "data")).absolute()),
        key=os.environ.get("PULANG_KEY"),
        memory_limit=os.environ.get("PULANG_MEMORY", MEMORY_LIMIT),
        threads=int(threads) if threads else None,
    )
