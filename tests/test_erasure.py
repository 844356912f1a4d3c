"""Who is erased is found nowhere any more, by the search that finds them before; nobody else is."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyrage
import pytest
from typer.testing import CliRunner

from pipelines import contracts, keys, lake_files, night, settings
from pipelines.cli import app
from pipelines.custody import erasure, held, logbook
from pipelines.custody.erasure import ErasureError, Order
from pipelines.intake.arrivals import Archive
from pipelines.publish import kept
from tests import papers, postgres, search, story
from tests.story import NIGHT, Told

ORDER = Order("the person asked for it", "UU 27/2022 pasal 8", "budi")
WHO = story.TRAFFICKED
WORDS = [WHO.name, WHO.document]


@pytest.fixture(scope="module")
def before(corrected: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """Three nights; the last with rows set apart, a line without a header, an unreadable file."""
    now = story.copied(corrected, tmp_path_factory.mktemp("erasure") / "home")
    apart = WHO.crossing("APART-1", "2025-12-01", arah="TRANSIT")
    other = story.TOURIST.crossing("APART-2", "2025-12-01", arah="TRANSIT")
    late = "2025-12-31T03:00:00+07:00"
    folder = now.home.landing / "perlintasan"
    papers.write(folder / "terlambat.csv.gz", papers.csv_text([apart, other]), late)
    torn = f"tanpa kepala;{WHO.name};{WHO.document}\n".encode()
    papers.write(folder / "sobek.csv", torn, late)
    papers.write(folder / "sobek.parquet", torn, late)
    night.run(now, NIGHT)
    night.tidy(now)
    return now


@pytest.fixture(scope="module")
def person(before: settings.Settings) -> str:
    with story.opened(before) as lake:
        [found] = held.persons(lake, held.Asked(document_number=WHO.document))
    return found


def copied(now: settings.Settings, path: Path) -> settings.Settings:
    return story.copied(Told(now, None), path)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def after(
    before: settings.Settings, person: str, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    now = copied(before, tmp_path_factory.mktemp("erased") / "home")
    erasure.erase(now, person, ORDER)
    return now


# The search


def opened_files(now: settings.Settings) -> dict[str, bytes]:
    """Everything on disk, with what is encrypted or packed laid open."""
    secret = keys.load(now.home.keys, now.key, True)
    archive = Archive(now.home.lake / "archive", secret.derive("archive"))
    found = {f"archive {d}": whole(search.layers(archive.read(d))) for d in archive.kept()}
    found |= {
        str(file): whole(search.layers(file.read_bytes())) for file in search.files(now.home.path)
    }
    with story.opened(now) as lake:
        for schema, name in contracts.lake():
            found[f"lake {schema}.{name}"] = repr(story.rows(lake, schema, name)).encode()
    with lake_files.opened(now, secret) as con:
        for file in lake_files.files(con, now.home.lake / "files"):  # those of every snapshot
            rows = con.execute(f"FROM {lake_files._read(file)}").fetchall()
            found[f"file {file.table}{file.id}"] = repr(rows).encode()
        tables = (
            "SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = 'meta' AND schema_name IN ('main', 'public')"
        )
        for (name,) in con.execute(tables).fetchall():
            rows = con.execute(f"FROM meta.{name}").fetchall()
            found[f"catalog {name}"] = repr(rows).encode()
    for one in [*kept.kept(now.home.warehouse), kept.Kept(0, NIGHT, now.home.warehouse)]:
        found[f"published {one.file}"] = repr(published(one.file)).encode()
    return found


def published(file: Path) -> dict[str, list[Any]]:
    with duckdb.connect(str(file), read_only=True) as con:
        names = [name for (name,) in con.execute("SHOW TABLES").fetchall()]
        return {name: con.table(name).order("ALL").fetchall() for name in names}


def whole(layers: Iterable[bytes]) -> bytes:
    return b"\n".join(layers)


def where(now: settings.Settings, *words: str) -> list[str]:
    return [
        place for place, content in opened_files(now).items()
        if any(word.encode() in content for word in words)
    ]  # fmt: skip


def test_before_the_search_finds_them_in_every_kind_of_place(
    before: settings.Settings, person: str
) -> None:
    places = where(before, *WORDS, person)
    assert {place.split()[0].split("/")[0] for place in places} == {
        "archive", "lake", "file", "catalog", "published", ""
    }  # fmt: skip
    assert any("landing" in place for place in places)
    assert len(kept.kept(before.home.warehouse)) == 3


def test_after_it_finds_them_nowhere_but_in_the_log(after: settings.Settings, person: str) -> None:
    assert where(after, *WORDS) == []
    places = [place for place in where(after, person) if "access_log" not in place]
    assert [p for p in places if "stats" not in p and "ops', 'access" not in p] == []
    assert not (after.home.lake / "erasure.sealed").exists()


def test_everybody_else_is_where_they_were(
    before: settings.Settings, after: settings.Settings, person: str
) -> None:
    keys_of = {"X:TRAFFICKED-OUT"}
    expected = {k: v for k, v in story.outcomes(before).items() if k not in keys_of}
    assert len(expected) >= 12
    assert story.outcomes(after) == expected
    for old, new in zip(kept.kept(before.home.warehouse), kept.kept(after.home.warehouse),
                        strict=True):  # fmt: skip
        was, now = published(old.file), published(new.file)
        for name, rows in was.items():
            gone = [row for row in rows if row not in now[name]]
            assert (len(gone) > 0) == (name in ("departures", "changes", "findings") and
                                       any(person in row for row in rows))  # fmt: skip
            assert [row for row in now[name] if row not in rows] == []


def test_rows_are_still_accounted_for_and_the_mark_says_nothing(after: settings.Settings) -> None:
    with story.opened(after) as lake:
        batches = story.rows(lake, "ops", "batches")
        marks = [r for r in story.rows(lake, "ops", "quarantine") if r["reason"] == "erased"]
    assert all(b["rows"] == b["accepted"] + b["quarantined"] + b["superseded"] for b in batches)
    assert len(marks) == 4
    empty = {"field": None, "file_position": None, "delivered_row": None}
    assert all(mark.items() >= empty.items() for mark in marks)


def test_the_next_night_goes_on_and_says_the_same_as_all_anew(
    after: settings.Settings, tmp_path: Path
) -> None:
    now = copied(after, tmp_path / "home")
    before = published(now.home.warehouse)
    assert night.run(now, NIGHT).status == "published"
    then = published(now.home.warehouse)
    of_departures = [[row[:-2] for row in t["departures"]] for t in (then, before)]  # no chances
    assert of_departures[0] == of_departures[1]
    assert then["changes"] == before["changes"]
    assert where(now, *WORDS) == []
    assert night.run(now, NIGHT, rebuild=True).status == "published"
    again = published(now.home.warehouse)
    assert {k for k in then if then[k] != again[k]} <= {"nights"}
    assert logbook.verified(now)[2] == []


def test_meanings_of_columns_stay_in_the_published_file(after: settings.Settings) -> None:
    with duckdb.connect(str(after.home.warehouse), read_only=True) as con:
        silent = "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
        assert con.execute(silent).fetchone() == (0,)
    current = kept.kept(after.home.warehouse)[-1].file
    assert current.samefile(after.home.warehouse)


def test_broken_off_it_goes_on(
    before: settings.Settings, person: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = copied(before, tmp_path / "home")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(lake_files, "renew", fail)
        with pytest.raises(OSError, match="full"):
            erasure.erase(now, person, ORDER)
    assert where(now, *WORDS) != []
    erasure.erase(now, person, ORDER)
    assert where(now, *WORDS) == []


@pytest.mark.parametrize(
    "order",
    [replace(ORDER, reason=""), replace(ORDER, approver=""), replace(ORDER, legal_basis="")],
)
def test_without_reason_basis_or_approver_nothing_is_erased(
    before: settings.Settings, person: str, order: Order
) -> None:
    with pytest.raises(ErasureError):
        erasure.erase(before, person, order)
    with pytest.raises(ErasureError):
        erasure.erase(replace(before, actor="root for budi"), person, ORDER)


# A catalog in PostgreSQL


def test_over_postgresql_nothing_is_left_in_the_server_either(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not postgres.is_there():
        pytest.skip("NO POSTGRESQL HERE: erasure over it is NOT TESTED")
    shutil.copytree(told.home.landing, tmp_path / "home" / "landing")
    with postgres.started() as server:
        monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
        now = replace(papers.home(tmp_path / "home"), catalog=server.database("erasure"))
        night.run(now, NIGHT)
        with story.opened(now) as lake:
            [person] = held.persons(lake, held.Asked(document_number=WHO.document))
        places = where(now, *WORDS)
        assert {p.split()[0].split("/")[0] for p in places} >= {
            "archive",
            "lake",
            "file",
            "catalog",
        }
        assert in_tables_of(server, *WORDS)
        erasure.erase(now, person, ORDER)
        assert where(now, *WORDS) == []
        assert in_tables_of(server, *WORDS) == []
        expected = {k: v for k, v in story.OUTCOMES.items() if k != "X:TRAFFICKED-OUT"}
        assert story.outcomes(now) == expected
        assert night.run(now, NIGHT).status == "published"
        assert story.outcomes(now) == expected
        assert logbook.verified(now)[2] == []


def in_tables_of(server: postgres.Server, *words: str) -> list[str]:
    """Files of tables that hold one of the words; the log of changes is not looked at."""
    server.run("postgres", "CHECKPOINT")
    files = search.files(server.folder / "data" / "base")
    return [f.name for f in files if any(w.encode() in f.read_bytes() for w in words)]


# What is held


def found(
    now: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: object,
    *more: str,
) -> tuple[Any, Path]:  # fmt: skip
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    answer = tmp_path / "answer.json"
    command = ["person", "find", "-", "--out", str(answer), *more]
    return CliRunner().invoke(app, command, input=json.dumps(request)), answer


@pytest.mark.parametrize(
    "request_",
    [{"document_number": WHO.document.lower()}, {"name": WHO.name, "birth_date": WHO.born}],
)
def test_all_that_is_held_is_told_to_its_owner_only(
    before: settings.Settings, person: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request_: dict[str, str],
) -> None:  # fmt: skip
    now = copied(before, tmp_path / "home")
    said, answer = found(now, tmp_path, monkeypatch, request_)
    assert said.exit_code == 0, said.output
    assert person in said.output
    assert not [word for word in WORDS if word in said.output]
    assert answer.stat().st_mode & 0o777 == 0o600
    told = json.loads(answer.read_text("utf-8"))
    rows = {(row["table"], row["file"]) for row in told["delivered_rows"]}
    assert rows == {("records.crossings", "2025.csv"), ("records.repatriations", "kemlu_mmr.xlsx")}
    apart = {row["file"] for row in told["quarantined_rows"]}
    assert apart == {"terlambat.csv.gz", "sobek.csv"}
    [departure] = told["made_of_them"]["reconciled.departures"]
    assert departure["outcome"] == "confirmed_undocumented"
    last = logbook.shown(now)[-1]
    assert (last["kind"], json.loads(last["details"])["persons"]) == ("find_person", [person])


def test_an_answer_for_a_recipient_is_opened_by_their_key_only(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, key = copied(before, tmp_path / "home"), pyrage.x25519.Identity.generate()
    to = ["--recipient", str(key.to_public())]
    said, answer = found(now, tmp_path, monkeypatch, {"document_number": WHO.document}, *to)
    assert said.exit_code == 0, said.output
    assert WHO.name.encode() not in answer.read_bytes()
    assert WHO.name.encode() in pyrage.decrypt(answer.read_bytes(), [key])


@pytest.mark.parametrize(
    "request_",
    [{}, {"name": WHO.name}, {"birth_date": WHO.born}, {"name": WHO.name, "birth_date": "1/1/90"},
     {"nama": WHO.name, "nik": "1"}, [WHO.name]],
)  # fmt: skip
def test_a_request_that_names_nobody_is_refused_without_being_quoted(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: object
) -> None:
    said, answer = found(before, tmp_path, monkeypatch, request_)
    assert said.exit_code == 1
    assert WHO.name not in said.output
    assert not answer.exists()


def test_a_stranger_is_not_found_and_the_search_is_entered(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = copied(before, tmp_path / "home")
    said, answer = found(now, tmp_path, monkeypatch, {"document_number": "ZZ999999"})
    assert (said.exit_code, answer.exists()) == (1, False)
    assert json.loads(logbook.shown(now)[-1]["details"]) == {
        "by": ["document_number"], "persons": []
    }  # fmt: skip
