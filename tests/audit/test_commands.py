"""`pulang extract` and `pulang verify` as people type them: what they say, and their exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from tests import story
from tests.story import Told

FORM = ["--purpose", "pemeriksaan aduan", "--legal-basis", "UU 37/2008", "--requester", "Ombudsman"]
PERIOD = ["--from", "2024-01-01", "--to", str(story.NIGHT)]


@pytest.fixture(autouse=True)
def _home(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULANG_HOME", str(told.home.path))
    monkeypatch.setenv("PULANG_KEY", told.now.key or "")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_an_extract_is_made_told_and_proved(tmp_path: Path) -> None:
    made = run("extract", *PERIOD, *FORM, "--out", tmp_path, "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert said["rows"]["departures"] == len(story.OUTCOMES)
    folder, file = map(Path, said["paths"])
    for path in (folder, file):
        done = run("verify", path, "--key", said["public_key"], "--json")
        assert (done.exit_code, json.loads(done.stdout)["proved"]) == (0, True)
    pinned = run("verify", folder, "--key", folder / "public_key.pem", "--no-lake")
    assert pinned.exit_code == 0
    assert "PROVED · TERBUKTI" in pinned.stdout
    assert "the lake is not at hand" in pinned.stdout


def test_a_changed_byte_is_refused_with_exit_1(tmp_path: Path) -> None:
    said = json.loads(run("extract", *PERIOD, *FORM, "--out", tmp_path, "--json").stdout)
    folder, file = map(Path, said["paths"])
    (folder / "departures.csv").open("a").write("x")
    file.write_bytes(file.read_bytes() + b"x")
    for path in (folder, file):
        done = run("verify", path)
        assert done.exit_code == 1
        assert "NOT PROVED · TIDAK TERBUKTI" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--from", "2025-01-01"], 2, "period is needed"),
        ([*PERIOD, "--region", "NTB"], 2, "a province is written as 52"),
        ([*PERIOD, "--language", "fr"], 2, "id, en or both"),
        ([*PERIOD, "--outcome", "illegal"], 2, "unknown outcome"),
        ([*PERIOD, "--identified", "--approver", "Ombudsman"], 2, "another than"),
        ([*PERIOD, "--identified", "--approver", "PDP", "--recipient", "x"], 2, "with age1"),
        ([*PERIOD, "--region", "99"], 1, "fewer than 10"),
        ([*PERIOD, "--night", "2020-01-01"], 1, "no night"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(
    tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    done = run("extract", *words, *FORM, "--out", tmp_path)
    assert done.exit_code == code
    assert says in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


def test_an_extract_without_purpose_is_wrong_usage(tmp_path: Path) -> None:
    assert run("extract", *PERIOD, "--out", tmp_path).exit_code == 2
