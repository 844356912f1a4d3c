"""The tool that an agency runs before it sends, and the skeleton of a new contract."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli, contracts
from pipelines.desks import sources
from pipelines.settings import SCHEMAS
from tests import papers

ROWS = [papers.crossing("A1"), papers.crossing("A2", arah="TRANSIT", tanggal_lahir="1990")]


def test_a_trial_tells_of_every_row_and_quotes_no_person(tmp_path: Path) -> None:
    file = papers.write(tmp_path / "perlintasan" / "a.csv", ROWS)
    result = CliRunner().invoke(cli.app, ["source", "check", str(file)])
    assert result.exit_code == 1
    assert "2 rows, 1 accepted, 1 set apart" in result.stdout
    assert (
        "row 2: set apart, arah unknown_direction; not understood: tanggal_lahir" in result.stdout
    )
    assert "BUDI" not in result.stdout
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.csv", "perlintasan"]


def test_every_reason_is_said_in_a_sentence(tmp_path: Path) -> None:
    cut = [{k: v for k, v in ROWS[0].items() if k != "kode_tpi"}]
    file = papers.write(tmp_path / "perlintasan" / "a.csv", cut)
    said = list(sources.said(sources.check(file, None)))
    assert "a required column was not found: kode_tpi" in said
    assert said[-1] == "missing_column: The list lacks a column that its contract requires."


@pytest.mark.parametrize(
    "header", ["ID Kasus,Nama Korban,Tgl Lapor", "Nomor Register,Warna,Berat"]
)  # the second has no word that any contract knows
def test_a_skeleton_takes_the_columns_in_the_order_of_the_file(tmp_path: Path, header: str) -> None:
    file = tmp_path / "kasus.csv"
    file.write_text(header + "\nK1,X,2025-01-01\n")
    assert sources.header_of(file) == header.split(",")


def test_a_file_without_a_header_gives_no_skeleton(tmp_path: Path) -> None:
    file = papers.write(tmp_path / "kasus.csv", b"")
    with pytest.raises(sources.SourceError, match="There is nothing in the file"):
        sources.header_of(file)


def test_a_trial_as_json(tmp_path: Path) -> None:
    file = papers.write(tmp_path / "x.csv", ROWS[:1])
    command = ["source", "check", str(file), "--source", "perlintasan", "--json"]
    result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert (said["delivered"], said["rows"][0]["verdict"]) == (1, "accepted")


def test_a_refused_file_says_why(tmp_path: Path) -> None:
    file = papers.write(tmp_path / "perlintasan" / "a.pdf", b"%PDF-1.4 nothing")
    result = CliRunner().invoke(cli.app, ["source", "check", str(file)])
    assert result.exit_code == 1
    assert "refused, unreadable_file" in result.stdout


def test_a_new_source_is_a_contract_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, schemas)
    sources.write("pencegahan", ["ID Cegah", "Nama", "No. Paspor", 'Kata "lain"'], schemas)
    monkeypatch.setattr(contracts, "SCHEMAS", schemas)
    made = {table.name: table for _, table in contracts._folder("sources")}["pencegahan"]
    assert made.names == ["id_cegah", "nama", "no_paspor", "kata_lain"]
    assert made.keys == ["id_cegah"]
    kept = {table.name: table for _, table in contracts._folder("lake")}["pencegahan"]
    assert {"pencegahan.id_cegah", "pencegahan.nama"} <= {c.source for c in kept.columns}
    assert kept.keys == ["batch_id", "row_number"]
    with pytest.raises(sources.SourceError, match="exists already"):
        sources.write("pencegahan", [], schemas)


@pytest.mark.parametrize("name", ["perlintasan", "../x", "Besar", ""])
def test_a_name_that_cannot_be_a_source(name: str) -> None:
    with pytest.raises(sources.SourceError):
        sources.skeleton(name, [])
