"""A row that was set apart is released, a record corrected: by whom, why, and nothing is lost."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from pipelines import keys, night, settings
from pipelines.cli import app
from pipelines.custody import corrections, erasure, held, logbook
from pipelines.custody.corrections import Order
from pipelines.desks import explaining, proving
from pipelines.desks.replay import replay
from pipelines.intake.corrections import CorrectionError
from pipelines.lake import open_lake
from tests import papers, story
from tests.audit.test_desk import make
from tests.story import NIGHT, Told
from tests.test_erasure import copied, opened_files

RELEASE = Order("the agency wrote the direction wrong")
RIGHT = Order("a slip in the day of return", "UU 27/2022 pasal 6", "budi")
FREED = story.Person("LEPAS KARANTINA", "C0000077", "1990-02-02")
LINE = {
    "id_perlintasan": "FREED-2", "arah": "MASUK", "waktu_perlintasan": "2025-05-20T08:00:00+07:00",
    "kode_tpi": "CGK", "jenis_dokumen": "PASPOR", "nomor_dokumen": FREED.document,
    "nama_lengkap": FREED.name, "tempat_lahir": "", "tanggal_lahir": FREED.born,
    "jenis_kelamin": "L", "kewarganegaraan": "IDN", "nik": "", "kantor_penerbit": "",
    "negara_tujuan_asal": "MYS", "moda": "UDARA", "nomor_angkutan": "", "tujuan_perjalanan": "",
}  # fmt: skip


def given(**cells: str) -> io.StringIO:
    return io.StringIO(yaml.safe_dump(cells))


def rows(now: settings.Settings, schema: str, name: str) -> list[dict[str, Any]]:
    with story.opened(now) as lake:
        return story.rows(lake, schema, name)


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: (row["batch_id"], row["row_number"]))


def place(now: settings.Settings, table: str, **said: object) -> tuple[str, int]:
    """(batch_id, row_number) of the one row that says so."""
    [found] = [r for r in rows(now, *table.split(".")) if said.items() <= r.items()]
    return found["batch_id"], found["row_number"]


def apart(now: settings.Settings, reason: str, word: str) -> tuple[str, int]:
    [found] = [
        r for r in rows(now, "ops", "quarantine")
        if r["reason"] == reason and word in (r["delivered_row"] or "")
    ]  # fmt: skip
    return found["batch_id"], found["row_number"]


@pytest.fixture(scope="module")
def before(told: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """A second night with a row of a wrong direction and a line that is cut off."""
    now = story.copied(told, tmp_path_factory.mktemp("before") / "home")
    wrong = FREED.crossing("FREED-1", "2025-05-01", arah="TRANSIT")
    text = papers.csv_text([wrong, wrong | {"id_perlintasan": "FREED-3"}])
    text += f"FREED-2,MASUK,{FREED.name}\n"
    file = now.home.landing / "perlintasan" / "salah.csv"
    papers.write(file, text, "2025-12-30T06:00:00+07:00")
    night.run(now, NIGHT)
    return now


@pytest.fixture(scope="module")
def ordered(
    before: settings.Settings, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    """Two releases and a correction were ordered; no night has run."""
    now = copied(before, tmp_path_factory.mktemp("ordered") / "home")
    corrections.release(
        now, *apart(now, "unknown_direction", "FREED-1"), given(arah="KELUAR"), RELEASE
    )
    corrections.release(now, *apart(now, "malformed_row", "FREED-2"), given(**LINE), RELEASE)
    late = place(now, "records.crossings", crossing_id="LATE-IN")
    corrections.correct(now, *late, given(waktu_perlintasan="2025-05-20T08:00:00+07:00"), RIGHT)
    return now


@pytest.fixture(scope="module")
def after(
    ordered: settings.Settings, tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    """The night has done what was ordered."""
    now = copied(ordered, tmp_path_factory.mktemp("after") / "home")
    assert night.run(now, NIGHT).status == "published"
    return now


Pulang = Callable[..., Result]


def pulang(now: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> Pulang:
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    return lambda *words, **more: CliRunner().invoke(
        app, [str(w) for w in words], terminal_width=200, **more
    )


# What a night makes of it


def test_until_a_night_runs_nothing_is_changed(ordered: settings.Settings) -> None:
    assert story.outcomes(ordered)["X:LATE-OUT"] == "returned_late"
    assert all(order["night"] is None for order in rows(ordered, "ops", "corrections"))
    waiting = [r for r in corrections.listed(ordered) if r["is_ordered"]]
    assert [(r["file"], r["row_number"], r["reason"]) for r in waiting] == [
        ("salah.csv", 1, "unknown_direction"), ("salah.csv", 3, "malformed_row")
    ]  # fmt: skip


def test_a_released_row_is_a_record_like_any_other(after: settings.Settings) -> None:
    outcomes = story.outcomes(after)
    assert outcomes["X:FREED-1"] == "returned_within_stay"
    assert place(after, "records.crossings", crossing_id="FREED-1")[1] == 1
    assert place(after, "records.crossings", crossing_id="FREED-2", superseded_by=None)[1] == 3
    left = {(r["file"], r["row_number"]) for r in corrections.listed(after)}
    assert {(f, n) for f, n in left if f == "salah.csv"} == {("salah.csv", 2)}


def test_a_corrected_record_counts_as_corrected(after: settings.Settings) -> None:
    assert story.outcomes(after)["X:LATE-OUT"] == "returned_within_stay"
    changed = {(r["previous_outcome"], r["outcome"]) for r in rows(after, "reconciled", "changes")}
    assert ("returned_late", "returned_within_stay") in changed


def test_rows_are_accounted_for(before: settings.Settings, after: settings.Settings) -> None:
    told = {b["file"]: b for b in rows(after, "ops", "batches")}
    for b in told.values():
        assert b["rows"] == b["accepted"] + b["quarantined"] + b["superseded"]
    was = {b["file"]: b for b in rows(before, "ops", "batches")}
    assert (was["salah.csv"]["accepted"], was["salah.csv"]["quarantined"]) == (0, 3)
    assert (told["salah.csv"]["accepted"], told["salah.csv"]["quarantined"]) == (2, 1)
    assert told["2025.csv"] == was["2025.csv"]


def test_nothing_of_it_is_published(after: settings.Settings) -> None:
    said = repr(story.published(after.home))
    assert FREED.name not in said
    assert FREED.document not in said


def test_a_rebuild_and_a_replay_say_the_same(after: settings.Settings, tmp_path: Path) -> None:
    now = copied(after, tmp_path / "home")
    done = replay(now, NIGHT)
    assert (done.differing, done.other_conditions) == ([], [])
    was = story.published(now.home)
    assert night.run(now, NIGHT, rebuild=True).status == "published"
    again = story.published(now.home)
    assert {name for name in was if was[name] != again[name]} <= {"nights"}


def test_the_next_night_leaves_it_as_it_is(after: settings.Settings, tmp_path: Path) -> None:
    now = copied(after, tmp_path / "home")
    before = in_order(rows(now, "records", "crossings"))
    night.run(now, NIGHT)
    assert in_order(rows(now, "records", "crossings")) == before
    # The agency delivers again: the later delivery counts, as always.
    again = story.LATE.entry("LATE-IN", "2025-06-02")
    papers.write(
        now.home.landing / "perlintasan" / "lagi.csv", [again], "2025-12-31T06:00:00+07:00"
    )
    night.run(now, NIGHT)
    assert story.outcomes(now)["X:LATE-OUT"] == "returned_late"
    late = place(after, "records.crossings", crossing_id="LATE-IN")
    with pytest.raises(CorrectionError, match="a later delivery counts"):
        corrections.correct(now, *late, given(moda="LAUT"), RIGHT)


def test_the_log_says_who_why_and_which_columns(after: settings.Settings) -> None:
    log = [e for e in logbook.shown(after) if e["kind"] in ("release", "correction")]
    told = [json.loads(entry["details"]) for entry in log]
    assert [entry["kind"] for entry in log] == ["release", "release", "correction"]
    assert told[0].items() >= {
        "columns": ["arah"], "reason": RELEASE.reason, "set_apart_for": "unknown_direction",
    }.items()  # fmt: skip
    assert told[2].items() >= {
        "columns": ["waktu_perlintasan"], "approver": "budi", "legal_basis": RIGHT.legal_basis,
    }.items()  # fmt: skip
    assert not [word for word in (FREED.name, FREED.document, "KELUAR") if word in repr(log)]
    assert logbook.verified(after)[2] == []


def test_an_extract_is_proved_and_says_what_was_corrected(
    after: settings.Settings, tmp_path: Path
) -> None:
    made = make(after, tmp_path)
    claims = {claim.code: claim for claim in proving.verify(made.paths[0], now=after)}
    assert {c for c, claim in claims.items() if claim.state == "refuted"} == set()
    assert claims["delivered_rows"].state == "proved"
    assert claims["corrected_rows"].en.startswith("3 rows")


def test_whoever_looks_at_a_departure_is_told_that_a_row_was_corrected(
    after: settings.Settings, tmp_path: Path
) -> None:
    now = copied(after, tmp_path / "home")
    [late] = [
        r for r in rows(now, "reconciled", "departures") if r["return_crossing_id"] == "LATE-IN"
    ]
    told = explaining.explain(now, late["departure_id"])["delivered_rows"]
    assert {(r["role"], r["corrected_on"]) for r in told} == {("exit", None), ("return", NIGHT)}


# What is held, and erasure


def test_what_is_held_has_the_orders_and_erasure_takes_them(
    after: settings.Settings, tmp_path: Path
) -> None:
    now = copied(after, tmp_path / "home")
    with story.opened(now) as lake:
        [person] = held.persons(lake, held.Asked(document_number=FREED.document))
        mine = held.of(lake, [person])
    assert {number for _, number in mine.row_keys} == {1, 2, 3}
    words = (FREED.name.encode(), FREED.document.encode())
    archive = [k for k, v in opened_files(now).items() if words[0] in v and "archive" in k]
    assert len(archive) == 1
    erasure.erase(now, person, erasure.Order("asked", "UU 27/2022 pasal 8", "budi"))
    found = [k for k, v in opened_files(now).items() if any(w in v for w in words)]
    assert found == []
    assert archive[0] in opened_files(now)  # written anew, not taken away
    assert [o["kind"] for o in rows(now, "ops", "corrections")] == ["correction"]


def test_a_row_with_a_waiting_order_is_found_by_what_it_shall_say(
    ordered: settings.Settings,
) -> None:
    with story.opened(ordered) as lake:
        mine = held.of(lake, [], held.Asked(document_number=FREED.document))
    assert {number for _, number in mine.quarantined} == {1, 2, 3}


# What is refused


def refusals(now: settings.Settings) -> dict[str, Callable[[], object]]:
    wrong = apart(now, "unknown_direction", "FREED-3")
    cut = apart(now, "malformed_row", "FREED-2")
    late = place(now, "records.crossings", crossing_id="LATE-IN")
    release, correct = corrections.release, corrections.correct
    return {
        "arah would be refused: unknown_direction": lambda: release(now, *wrong, None, RELEASE),
        "give all columns": lambda: release(now, *cut, None, RELEASE),
        "give all columns, id_perl": lambda: release(now, *cut, given(arah="MASUK"), RELEASE),
        "1 columns that": lambda: release(now, *wrong, given(arah="MASUK", x="C7654321"), RELEASE),
        "nama_lengkap: suspicious": lambda: release(
            now, *wrong, given(arah="MASUK", nama_lengkap="A\u202eB"), RELEASE
        ),
        "neither YAML": lambda: release(now, *wrong, io.StringIO("{KENARI: ["), RELEASE),
        "one cell each": lambda: release(now, *wrong, io.StringIO("- KENARI"), RELEASE),
        "a reason is": lambda: release(now, *wrong, given(arah="MASUK"), Order("")),
        "no delivery B0": lambda: release(now, "B0", 1, None, RELEASE),
        "no row 99": lambda: release(now, wrong[0], 99, None, RELEASE),
        "not set apart": lambda: release(now, *late, None, RELEASE),
        "the row is set apart": lambda: correct(now, *wrong, given(arah="MASUK"), RIGHT),
        "is the key": lambda: correct(now, *late, given(id_perlintasan="X"), RIGHT),
        "changes nothing": lambda: correct(now, *late, given(arah="MASUK"), RIGHT),
        "legal basis and": lambda: correct(now, *late, given(moda="LAUT"), RELEASE),
        "an approver other": lambda: correct(
            replace(now, actor="root for budi"), *late, given(moda="LAUT"), RIGHT
        ),
        "looks like a NIK": lambda: release(
            now, *wrong, given(arah="MASUK"), Order("C7654321 is right")
        ),
    }  # fmt: skip


def test_what_may_not_be_ordered_is_refused_without_a_value(before: settings.Settings) -> None:
    for message, attempt in refusals(before).items():
        with pytest.raises(Exception, match=message) as refused:
            attempt()
        said = repr(refused.value) + repr(refused.value.__cause__)
        assert not [w for w in (FREED.name, "KENARI", "C7654321", "\u202e") if w in said], message
    assert rows(before, "ops", "corrections") == []
    assert not [e for e in logbook.shown(before) if e["kind"] in ("release", "correction")]


def test_a_list_keeps_one_row_per_number(told: Told, tmp_path: Path) -> None:
    now = story.copied(told, tmp_path / "home")
    twice = [story.LATE.listed(1), story.CHILD.listed(2, tanggal_tiba="besok")]
    papers.write(now.home.landing / "pemulangan" / "dua.xlsx", twice, "2025-12-30T07:00:00+07:00")
    night.run(now, NIGHT)
    wrong = apart(now, "bad_event_date", story.CHILD.name)
    with pytest.raises(CorrectionError, match="number of another row"):
        corrections.release(now, *wrong, given(no="1", tanggal_tiba="2025-09-01"), RELEASE)
    done = corrections.release(now, *wrong, given(tanggal_tiba="2025-09-01"), RELEASE)
    assert done.columns == ["tanggal_tiba"]


def test_an_order_whose_row_is_gone_does_nothing(
    ordered: settings.Settings, tmp_path: Path
) -> None:
    now = copied(ordered, tmp_path / "home")
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake:
        lake.con.execute("UPDATE lake.ops.corrections SET row_number = 50 + row_number")
    night.run(now, NIGHT)
    assert all(order["night"] is None for order in rows(now, "ops", "corrections"))
    assert story.outcomes(now)["X:LATE-OUT"] == "returned_late"


# Commands


def test_a_row_is_listed_shown_corrected_and_released_by_commands(
    before: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = copied(before, tmp_path / "home")
    run, file = pulang(now, monkeypatch), tmp_path / "row.yaml"
    batch, number = apart(now, "unknown_direction", "FREED-1")
    listed = run("quarantine", "list", "--reason", "unknown_direction", "--source", "perlintasan")
    assert batch in listed.output
    as_json = json.loads(run("quarantine", "list", "--json").stdout)["quarantine"]
    assert {r["reason"] for r in as_json} >= {"missing_key", "malformed_row", "missing_column"}
    shown = run("quarantine", "show", batch, number, "--out", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert FREED.name in file.read_text("utf-8")
    again = run("quarantine", "show", batch, number, "--out", file)
    file.write_text(file.read_text("utf-8").replace("TRANSIT", "KELUAR"), "utf-8")
    why = ["--reason", RELEASE.reason]
    done = run("quarantine", "release", batch, number, "--correction", file, *why)
    late = place(now, "records.crossings", crossing_id="LATE-IN")
    right = ["--legal-basis", RIGHT.legal_basis, "--approver", RIGHT.approver, *why]
    corrected = run("person", "correct", *late, "--correction", "-", *right, input="moda: LAUT\n")
    assert [r.exit_code for r in (listed, shown, again, done, corrected)] == [0, 0, 1, 0, 0]
    assert "other than it came: arah" in done.output
    assert "other than it came: moda" in corrected.output
    said = "".join(r.output for r in (listed, shown, again, done, corrected)) + repr(as_json)
    assert not [word for word in (FREED.name, FREED.document, "TRANSIT") if word in said]
    kinds = [entry["kind"] for entry in logbook.shown(now)]
    assert kinds[-4:] == ["look_at_row", "look_at_row", "release", "correction"]


def test_a_cut_off_line_is_shown_with_columns_to_fill(
    before: settings.Settings, tmp_path: Path
) -> None:
    now, file = copied(before, tmp_path / "home"), tmp_path / "row.yaml"
    cut = apart(now, "malformed_row", "FREED-2")
    corrections.show(now, *cut, file)
    lines = file.read_text("utf-8").splitlines()
    assert lines[0] == f"# FREED-2,MASUK,{FREED.name}"
    assert yaml.safe_load("\n".join(lines)) == dict.fromkeys(LINE, "")
