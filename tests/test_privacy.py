"""Whoever is named in a delivery is named nowhere outside the encrypted lake.

The people of the story, and a few that are planted where they do not belong, are looked for in
every byte and every value that a night leaves behind or says.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyrage
import pytest
import reportlab.pdfgen.canvas
from typer.testing import CliRunner

from pipelines import contracts, keys, night, settings
from pipelines.cli import app
from pipelines.custody import logbook
from pipelines.intake import arrivals, deliveries, read
from pipelines.lake import LakeShutError, open_lake
from tests import papers, search, story
from tests.link.verdicts import candidate
from tests.story import NIGHT, Told

PEOPLE = [p for p in vars(story).values() if isinstance(p, story.Person) and p is not story.NOBODY]

# Planted: a name among the remarks, people in rows that are set apart, in columns of closed words,
# in a line that is cut off, and in a file without its header.
PLANTED = ["KENARI CATATAN", "KENARI RUSAK", "KENARI TERPOTONG", "KENARI KOLOM", "KENARI KEPALA",
           "KENARI DESA", "9999014101900009", "KC7654321"]  # fmt: skip

IDENTITY = pyrage.x25519.Identity.generate()


@dataclass(frozen=True)
class Planted:
    """A home with canaries, its first night, and what it said."""

    told: Told
    said: str
    temporary: Path


def plant(landing: Path) -> None:
    story.landed(landing)
    late = "2025-12-30T05:00:00+07:00"
    closed = papers.crossing(
        "CANARY-1", nama_lengkap="KENARI KOLOM", nomor_dokumen="KC7654321", moda="KENARI KOLOM",
        jenis_kelamin="KENARI KOLOM", tujuan_perjalanan="KENARI KOLOM",
        jenis_dokumen="KENARI KOLOM",
        negara_tujuan_asal="KENARI KOLOM", kewarganegaraan="KENARI KOLOM",
        tempat_lahir="KENARI KOLOM", kantor_penerbit="KENARI KOLOM", nik="9999014101900009",
    )  # fmt: skip
    wrong = papers.crossing("CANARY-2", nama_lengkap="KENARI RUSAK", waktu_perlintasan="kemarin")
    rows = papers.csv_text([closed, wrong]) + "CANARY-3,KENARI TERPOTONG,9999014101900009\n"
    papers.write(landing / "perlintasan" / "tanam.csv", rows, late)
    headless = papers.csv_text([papers.crossing("CANARY-4", nama_lengkap="KENARI KEPALA")] * 2)
    papers.write(landing / "perlintasan" / "tanpa_kepala.csv", headless.split("\n", 1)[1], late)
    remarks = papers.listed(
        1, nama="KENARI CATATAN", keterangan="saudara KENARI CATATAN", desa="KENARI DESA",
        kecamatan="KENARI DESA", kab_kota="KENARI DESA", provinsi="KENARI DESA",
        jenis_kelamin="KENARI KOLOM", kategori="KENARI KOLOM", titik_tiba="KENARI DESA",
        negara="KENARI DESA", nomor_dokumen="KC7654321", gelombang="KENARI KOLOM",
    )  # fmt: skip
    papers.write(landing / "pemulangan" / "tanam.xlsx", [remarks], late)
    placed = papers.placement(
        "CANARY-5", nama="KENARI KOLOM", nomor_paspor="KC7654321", desa="KENARI DESA",
        nik="9999014101900009", kode_kab_kota="KENARI DESA", p3mi="KENARI KOLOM",
        sektor="KENARI KOLOM", skema="KENARI KOLOM", negara_penempatan="KENARI KOLOM",
        status="KENARI KOLOM", jabatan="KENARI KOLOM",
    )  # fmt: skip
    papers.write(landing / "penempatan" / "tanam.parquet", [placed], late)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    now = papers.home(tmp_path_factory.mktemp("canaries") / "home")
    plant(now.home.landing)
    stages: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PULANG_HOME", str(now.home.path))
        patched.setenv("PULANG_KEY", str(now.key))
        temporary = tmp_path_factory.mktemp("temporary")
        patched.setattr(tempfile, "tempdir", str(temporary))
        outcome = night.run(now, NIGHT, stages.append)
        yield Planted(Told(now, outcome), "\n".join([*stages, repr(outcome)]), temporary)


def identifiers() -> list[str]:
    """Whole names, documents and NIK of everybody, as written."""
    people = [text for p in PEOPLE for text in (p.name, p.document, p.nik) if text]
    return sorted({*people, *PLANTED})


def found_in(text: str) -> list[str]:
    """Which identifiers a text contains, in capitals or not."""
    text = text.upper()
    return [identifier for identifier in identifiers() if identifier.upper() in text]


def found_in_files(*folders: Path) -> dict[str, list[str]]:
    """Identifiers in any file: its bytes, and what is packed in it (`search.found`)."""
    return search.found(identifiers(), *folders)


# The guard: the same search does find them where they are


def test_there_are_people_to_look_for() -> None:
    assert len(PEOPLE) >= 12
    assert len(identifiers()) > 35


def test_the_search_finds_everybody_in_what_was_delivered(home: Planted) -> None:
    landing = home.told.home.landing
    texts = [
        file.read_bytes() for file in search.files(landing) if file.suffix in (".csv", ".parquet")
    ]
    plain = found_in(b"\n".join(texts).decode("latin-1"))
    assert {"KENARI KOLOM", "KENARI TERPOTONG", "KENARI KEPALA", "9999014101900009"} <= set(plain)
    assert len(plain) > 20
    assert found_in_files(landing)["tanam.csv"]


def test_the_search_finds_everybody_in_the_opened_archive_and_lake(home: Planted) -> None:
    now = home.told.now
    secret = keys.load(now.home.keys, now.key, True)
    archive = arrivals.Archive(now.home.lake / "archive", secret.derive("archive"))
    with story.opened(now) as lake:
        batches = story.rows(lake, "ops", "batches")
        rows = [story.rows(lake, schema, name) for schema, name in contracts.lake()]
    archived = {b["file"]: archive.read(b["sha256"]).decode("latin-1") for b in batches}
    assert "KENARI KOLOM" in archived["tanam.csv"]
    assert "KENARI KEPALA" in archived["tanpa_kepala.csv"]
    assert set(found_in(repr(rows))) == set(identifiers())


# The search


def test_nobody_is_in_any_byte_of_lake_spills_or_published(home: Planted) -> None:
    where = home.told.home
    assert len(search.files(where.lake)) > 20
    assert found_in_files(where.lake, where.temporary, where.published) == {}
    assert found_in_files(home.temporary) == {}


def test_nobody_is_in_any_byte_of_a_home_outside_landing(home: Planted) -> None:
    folders = [f for f in home.told.home.path.iterdir() if f.name != "landing"]
    assert {"lake", "published", "tmp"} <= {folder.name for folder in folders}
    assert found_in_files(*folders) == {}


def test_nobody_is_in_the_access_log(home: Planted) -> None:
    entries = logbook.shown(home.told.now)
    assert entries
    assert found_in(repr(entries)) == []


def test_nobody_is_in_any_byte_of_a_published_file_that_is_laid_open(
    home: Planted, tmp_path: Path
) -> None:
    """Compressed columns hide their text from a search of bytes; plain copies do not."""
    with duckdb.connect(str(home.told.home.warehouse), read_only=True) as con:
        con.execute(f"EXPORT DATABASE '{tmp_path / 'open'}' (FORMAT csv)")
    assert len(search.files(tmp_path)) > len(contracts.marts())
    assert found_in_files(tmp_path) == {}


def test_nobody_is_among_the_published_values(home: Planted) -> None:
    published = story.published(home.told.home)
    assert set(published) == set(contracts.marts())
    assert found_in(repr(published)) == []


def test_no_value_of_an_identifying_column_of_the_lake_is_published(home: Planted) -> None:
    secret: set[str] = set()
    with story.opened(home.told.now) as lake:
        for (schema, name), table in contracts.lake().items():
            direct = [c.name for c in table.columns if c.classification == "direct-identifier"]
            for row in story.rows(lake, schema, name):
                secret |= {str(row[column]) for column in direct if row[column]}
    values = {
        cell for rows in story.published(home.told.home).values() for row in rows for cell in row
    }
    assert len(secret) > 60
    assert {str(value) for value in values} & secret == set()


def test_nobody_is_on_the_quality_page(home: Planted) -> None:
    page = (home.told.home.published / "quality" / "index.html").read_text("utf-8")
    assert "quarantined_share" in page
    assert found_in(page) == []


def test_nobody_is_in_what_the_night_said(home: Planted) -> None:
    assert "tanam.csv" in home.said
    assert found_in(home.said) == []


def some_departure(home: Planted) -> str:
    [(departure,)] = story.ask(
        home.told.home,
        "SELECT departure_id FROM departures WHERE outcome = 'confirmed_undocumented'",
    )
    return str(departure)


COMMANDS = {
    "status": ["status"],
    "status --json": ["status", "--json"],
    "query": ["query", "SELECT * FROM departures"],
    "query --json": ["query", "--json", "SELECT * FROM batches"],
    "query, wrongly": ["query", "SELECT full_name FROM departures"],
    "explain": ["explain"],
    "explain --json": ["explain", "--json"],
    "log show": ["log", "show"],
    "log verify": ["log", "verify"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_is_in_what_commands_print(home: Planted, command: str) -> None:
    arguments = COMMANDS[command]
    if arguments[0] == "explain":
        arguments = [*arguments, some_departure(home)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (0, 1)
    assert len(result.output) > 20
    assert found_in(result.stdout + result.stderr) == []


@pytest.mark.parametrize("as_json", [True, False])
def test_nobody_is_in_what_a_night_prints(home: Planted, tmp_path: Path, as_json: bool) -> None:
    now = replace(home.told.now, home=replace(home.told.home, path=tmp_path / "home"))
    plant(now.home.landing)
    for source in ("perlintasan",):  # withheld: the rest of the night is said elsewhere
        for file in (now.home.landing / source).iterdir():
            if file.name not in ("tanam.csv", "tanpa_kepala.csv"):
                file.unlink()
        bad = [papers.crossing(f"BAD-{n}", arah="KENARI KOLOM") for n in range(120)]
        papers.write(now.home.landing / source / "bad.csv", bad)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PULANG_HOME", str(now.home.path))
        result = CliRunner().invoke(app, ["night", "--date", "2025-12-31"] + ["--json"] * as_json)
    assert result.exit_code == 3
    assert found_in(result.stdout + result.stderr) == []
    assert found_in_files(now.home.lake, now.home.temporary, now.home.published) == {}


def test_nobody_is_in_a_review_nor_in_what_its_commands_print(
    home: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = story.copied(home.told, tmp_path / "home")
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake, lake.transaction():
        everybody = sorted(r["record_key"] for r in story.rows(lake, "identity", "person_records"))
        pairs = [candidate(a, b, 0.5) for a, b in zip(everybody[1:], everybody, strict=False)]
        lake.ibis.truncate_table("candidates", database=("lake", "identity"))
        lake.insert("identity", "candidates", pairs)
    form = tmp_path / "form.csv"
    out = CliRunner().invoke(app, ["linkage", "review", "export", str(form)])
    text = form.read_text("utf-8-sig")
    assert len(text.splitlines()) == len(everybody) > 20
    assert ",," not in text.replace(",,,", "")  # every identity has a row to look up
    wrong = text.replace(",,,", ",KENARI KOLOM,KENARI KOLOM,KENARI KOLOM")
    (tmp_path / "wrong.csv").write_text(wrong)
    refused = CliRunner().invoke(app, ["linkage", "review", "import", str(tmp_path / "wrong.csv")])
    filled = text.replace(",,,", ",same,sari,KENARI KOLOM")
    form.write_text(filled)
    taken = CliRunner().invoke(app, ["linkage", "review", "import", str(form)])
    assert (out.exit_code, refused.exit_code, taken.exit_code) == (0, 1, 0)
    assert found_in("".join([text, out.output, refused.output, taken.output])) == []
    assert not {key for key in everybody if key in text}
    assert found_in_files(now.home.lake, now.home.temporary, now.home.published) == {}


# What is handed out


@dataclass(frozen=True)
class Handed:
    """What left the house, what commands said of it, and the home that it came from."""

    out: Path
    said: str
    now: settings.Settings


@pytest.fixture(scope="module")
def handed(home: Planted, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Extracts of both kinds, open data, an answer to a recipient, quarantine, all by commands."""
    now = story.copied(home.told, tmp_path_factory.mktemp("handed") / "home")
    out = tmp_path_factory.mktemp("out")
    why = [
        "--purpose", "pemeriksaan", "--legal-basis", "UU 37/2008", "--requester", "Ombudsman RI",
        "--from", "2024-01-01", "--to", "2025-12-31", "--language", "both", "--out", out,
    ]  # fmt: skip
    to = ["--recipient", str(IDENTITY.to_public())]
    request = f"document_number: {story.TRAFFICKED.document}\n"
    commands = [
        ["extract", *why], ["extract", *why, "--identified", "--approver", "Pejabat PDP", *to],
        ["open-data", "--out", out / "terbuka"], ["verify", out],
        ["person", "find", "-", "--out", out / "jawaban.age", *to],
        ["quarantine", "list"], ["quarantine", "list", "--json"], ["tidy"], ["log", "show"],
    ]  # fmt: skip
    said = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PULANG_HOME", str(now.home.path))
        patched.setenv("PULANG_KEY", str(now.key))
        patched.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        for command in commands:
            if command[0] == "verify":
                command = ["verify", next(out.glob("extract_*.zip"))]
            done = CliRunner().invoke(app, [str(word) for word in command], input=request)
            assert done.exit_code == 0, (command[0], done.output)
            said.append(done.output)
        assert search.files(Path(tempfile.gettempdir())) == []
    return Handed(out, "\n".join(said), now)


def test_nobody_is_in_what_is_handed_out_nor_in_what_is_said_of_it(handed: Handed) -> None:
    kinds = {"".join(file.suffixes) for file in search.files(handed.out)}
    assert kinds >= {".pdf", ".xlsx", ".csv", ".parquet", ".json", ".zip", ".zip.age", ".age"}
    assert found_in_files(handed.out) == {}
    assert found_in(handed.said) == []


def test_handing_out_leaves_nobody_in_the_home(handed: Handed) -> None:
    folders = [f for f in handed.now.home.path.iterdir() if f.name != "landing"]
    assert found_in_files(*folders) == {}


def test_the_search_finds_people_in_every_kind_of_file(handed: Handed, tmp_path: Path) -> None:
    """The identified extract and the answer, opened by whom they were meant for."""
    [sealed] = handed.out.glob("*.zip.age")
    for name, file in (("extract.zip", sealed), ("answer.json", handed.out / "jawaban.age")):
        (tmp_path / name).write_bytes(pyrage.decrypt(file.read_bytes(), [IDENTITY]))
    with zipfile.ZipFile(tmp_path / "extract.zip") as packed:
        packed.extractall(tmp_path / "folder")
    with duckdb.connect(str(tmp_path / "named.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT repeat(? , 1) AS name", [story.TRAFFICKED.name])
    found = found_in_files(tmp_path)
    assert found.keys() >= {
        "extract.zip", "answer.json", "data.xlsx", "departures.csv", "departures.parquet",
        "evidence.parquet", "named.duckdb",
    }  # fmt: skip
    assert story.TRAFFICKED.name in found["data.xlsx"]
    canvas = reportlab.pdfgen.canvas.Canvas(str(tmp_path / "page.pdf"), pageCompression=1)
    canvas.drawString(50, 500, story.TRAFFICKED.name)
    canvas.save()
    assert story.TRAFFICKED.name.encode() not in (tmp_path / "page.pdf").read_bytes()
    assert found_in_files(tmp_path)["page.pdf"] == [story.TRAFFICKED.name]


# Errors


def test_nobody_is_in_an_error(
    home: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    now = papers.home(tmp_path / "home")
    plant(now.home.landing)
    monkeypatch.setattr(deliveries.Intake, "malformed_rows", lambda _: [])
    with pytest.raises(night.ConservationError) as lost:
        night.run(now, NIGHT)
    said.append(full_text(lost.value))
    for name, content in (("a.csv.gz", b"KENARI RUSAK"), ("a.parquet", b"PAR1KENARI RUSAKPAR1"),
                          ("a.xlsx", b"KENARI RUSAK"), ("a.pdf", b"KENARI RUSAK")):  # fmt: skip
        file = papers.write(tmp_path / "refused" / "x.csv", b"").with_name(name)
        file.write_bytes(content)
        with pytest.raises(read.UnreadableError) as refused:
            opened(file)
        said.append(full_text(refused.value))
    with pytest.raises(LakeShutError) as shut:
        night.run(replace(home.told.now, key="another key"), NIGHT)
    said.append(full_text(shut.value))
    assert all(said)
    assert found_in("\n".join(said)) == []


def opened(file: Path) -> None:
    list(read.rows(read.open_delivery(file, "utf-8", contracts.sources()["perlintasan"])))


def full_text(error: BaseException) -> str:
    """What the error says, its attributes, and what it says of its cause."""
    parts: list[Any] = [str(error), vars(error)]
    if error.__cause__:
        parts.append(str(error.__cause__))
    return " ".join(map(str, parts))
