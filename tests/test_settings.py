"""Settings: what the environment says, and that nothing reports its use."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import settings


@pytest.mark.parametrize(("name", "value"), settings.NO_USAGE_STATISTICS.items())
def test_usage_statistics_are_off_by_default(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(os, "environ", {})
    settings.load()
    assert os.environ[name] == value


def test_the_switches_of_every_reporting_dependency_are_known() -> None:
    wanted = {"GX_ANALYTICS_ENABLED", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED",
              "SCARF_ANALYTICS", "DO_NOT_TRACK"}  # fmt: skip
    assert wanted <= set(settings.NO_USAGE_STATISTICS)


def test_an_explicit_choice_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"GX_ANALYTICS_ENABLED": "true"})
    settings.load()
    assert os.environ["GX_ANALYTICS_ENABLED"] == "true"


def test_loading_imports_no_dependency_that_could_report() -> None:
    code = (
        "import sys; from pipelines import cli; "
        "print([m for m in ('great_expectations', 'airflow', 'splink') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {"PULANG_HOME": str(tmp_path), "PULANG_KEY": "k", "PULANG_MEMORY": "3GB",
             "PULANG_THREADS": "2"}  # fmt: skip
    monkeypatch.setattr(os, "environ", given)
    assert settings.load() == settings.Settings(settings.Home(tmp_path), "k", "3GB", 2)


def test_without_an_environment_the_home_is_data_of_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.chdir(tmp_path)
    now = settings.load()
    home = settings.Home(tmp_path / "data")
    assert now == settings.Settings(home, None, settings.MEMORY_LIMIT, None)
    assert not now.home.path.exists()


def test_only_settings_reads_the_environment() -> None:
    readers = [
        file.name
        for file in settings.PACKAGE.rglob("*.py")
        if re.search(r"os\.(environ|getenv)", file.read_text("utf-8"))
    ]
    assert readers == ["settings.py"]
