"""docs/operations.md, done as it says: a home is backed up, restored elsewhere, and goes on."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import keys, night, settings
from pipelines.publish.digest import digests
from tests import story
from tests.story import Told

PAGE = settings.PACKAGE.parent / "docs" / "operations.md"


def commands(name: str) -> str:
    """The commands of the page under a mark."""
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, name
    return found[1]


def done(name: str, now: settings.Settings, backup: Path) -> None:
    """Do what the page says under a mark, for a home."""
    catalog = f"postgres:{now.catalog}" if now.catalog else ""
    given = {"PULANG_HOME": str(now.home.path), "BACKUP": str(backup), "PULANG_CATALOG": catalog}
    subprocess.run(["sh", "-ec", commands(name)], env=os.environ | given, check=True)


def test_a_restored_home_goes_on_as_if_nothing_had_happened(
    told: Told, corrected: Told, tmp_path: Path
) -> None:
    restored = replace(told.now, home=settings.Home(tmp_path / "restored"))
    done("backup", told.now, tmp_path)
    done("restore", restored, tmp_path)
    assert digests(restored.home.warehouse) == digests(told.home.warehouse)
    went_on = story.go_on(restored)
    assert [batch["file"] for batch in went_on.outcome.batches] == ["koreksi.csv"]
    assert digests(restored.home.warehouse) == digests(corrected.home.warehouse)


def test_a_backup_holds_no_key(told: Told, tmp_path: Path) -> None:
    now = story.copied(told, tmp_path / "home")
    secret = keys.load(now.home.keys, None, lake_exists=False)
    done("backup", now, tmp_path)
    assert secret.secret not in (tmp_path / "home.tar").read_bytes()
    unpacked = replace(now, home=settings.Home(tmp_path / "restored"), key=None)
    done("restore", unpacked, tmp_path)
    with pytest.raises(keys.KeyMissingError):
        night.run(unpacked, story.NIGHT)


def test_every_setting_is_on_the_page() -> None:
    said = (settings.PACKAGE / "settings.py").read_text()
    names = set(re.findall(r'"(PULANG_\w+)"', said))
    assert len(names) >= 7
    assert {name for name in names if f"`{name}`" not in PAGE.read_text("utf-8")} == set()


def test_every_error_that_stops_a_night_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for name in ("LakeBusy", "LakeShut", "KeyMissing", "Conservation", "Changed", "StageOrder"):
        assert f"`{name}`" in page
