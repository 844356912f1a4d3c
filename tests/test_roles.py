"""Each role reaches what it needs and nothing else: modes of files, and roles of PostgreSQL."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import access_log, keys, modes, settings
from pipelines.lake import LakeShutError, open_lake, open_to_note
from tests import papers, postgres
from tests.story import Told

ROLES = settings.PACKAGE.parent / "docs" / "roles.sql"
AUDITOR_MAY = ("ducklake_snapshot", "ducklake_snapshot_changes", "ducklake_table")


# Modes


def test_a_night_leaves_lake_keys_and_spills_to_the_operator(told: Told) -> None:
    found = modes.open_to_others(told.home)
    assert [entry for entry in found if not entry.startswith("landing")] == []


@pytest.mark.parametrize(
    ("folder", "mode", "is_open"),
    [
        ("lake", 0o700, False), ("lake", 0o710, True), ("lake", 0o701, True),
        ("keys", 0o700, False), ("keys", 0o750, True), ("tmp", 0o755, True),
        ("landing", 0o770, False), ("landing", 0o771, True), ("published", 0o755, False),
    ],
)  # fmt: skip
def test_a_mode_is_too_open_from_its_first_bit_on(
    tmp_path: Path, folder: str, mode: int, is_open: bool
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder).chmod(mode)
    found = modes.open_to_others(settings.Home(tmp_path))
    assert found == ([f"{folder} (mode {mode:o})"] if is_open else [])


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o400, False), (0o640, True)])
def test_a_key_is_read_by_its_owner_only(tmp_path: Path, mode: int, is_open: bool) -> None:
    home = settings.Home(tmp_path)
    keys.load(home.keys, None, lake_exists=False)
    (home.keys / "pulang.key").chmod(mode)
    assert bool(modes.open_to_others(home)) == is_open


# PostgreSQL


def asked(server: postgres.Server, role: str, sql: str) -> bool:
    """Whether the server answers a role."""
    login = f"dbname=roles user={role} host={server.folder}"
    done = subprocess.run(["psql", "-X", "-w", login, "-c", sql], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not postgres.is_there(), reason="no PostgreSQL here")
def test_operators_work_auditors_see_that_and_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.started() as server:
        monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
        server.database("roles")
        server.run("roles", ROLES.read_text("utf-8"))
        for role in ("pulang_operator", "pulang_auditor", "analyst"):
            verb = "CREATE ROLE" if role == "analyst" else "ALTER ROLE"
            server.run("roles", f"{verb} {role} LOGIN PASSWORD '{postgres.PASSWORD}'")
        catalog = f"dbname=roles user=pulang_operator host={server.folder}"
        now = replace(papers.home(tmp_path / "home"), catalog=catalog)
        with open_lake(now, keys.load(now.home.keys, now.key, False)) as lake:
            access_log.note(lake, now, "explain", {"departure_id": "D1"})
        server.run("roles", ROLES.read_text("utf-8"))
        tables = server.run("roles", "SELECT tablename FROM pg_tables WHERE schemaname='public'")
        assert {*AUDITOR_MAY, "ducklake_data_file", "ducklake_file_column_stats"} <= {
            *tables.split()
        }
        for table in tables.split():
            look = f"SELECT * FROM {table} LIMIT 1"  # noqa: S608
            assert asked(server, "pulang_operator", look)
            assert asked(server, "pulang_auditor", look) == (table in AUDITOR_MAY)
            assert not asked(server, "pulang_auditor", f"DELETE FROM {table}")  # noqa: S608
        assert not asked(server, "pulang_auditor", "CREATE TABLE mine (a int)")
        assert not asked(server, "analyst", "SELECT 1")
        secret = keys.load(now.home.keys, now.key, True)
        with open_to_note(now, secret) as lake:
            assert len(access_log.entries(lake)) == 1
        with (
            pytest.raises(LakeShutError),
            open_to_note(replace(now, catalog=catalog.replace("operator", "auditor")), secret),
        ):
            pass
