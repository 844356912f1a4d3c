"""Extracts of the story (tests/story.py): who is in them, what they rest on, and their proof."""

import json
import re
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyrage
import pytest

from pipelines import access_log, settings
from pipelines.audit import bundle, compose, formats, proof, scope
from pipelines.audit.suppression import withhold_all_but
from pipelines.custody import logbook
from pipelines.desks import extracts, opening, proving
from pipelines.desks.front import NothingThereError
from pipelines.intake.arrivals import Archive
from pipelines.keys import load
from tests import story
from tests.audit.tiny import ASKED
from tests.story import Told

ALL: dict[str, Any] = ASKED | {"regions": (), "first": date(2024, 1, 1), "last": story.NIGHT}
PEOPLE = [person for person in vars(story).values() if isinstance(person, story.Person)]
IDENTITY = pyrage.x25519.Identity.generate()
NAMING = {
    "kind": "identified", "approver": "Pejabat PDP", "recipient": str(IDENTITY.to_public()),
}  # fmt: skip


def make(now: settings.Settings, out: Path, **asked: Any) -> extracts.Made:
    return extracts.extract(now, ALL | asked, out)


def entries(house: Told) -> list[dict[str, Any]]:
    """What the access log says of extracts."""
    log = logbook.shown(house.now)
    return [json.loads(entry["details"]) for entry in log if entry["kind"] == "extract"]


@pytest.fixture(scope="module")
def house(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story in a home of its own, whose log these tests fill."""
    return replace(told, now=story.copied(told, tmp_path_factory.mktemp("house") / "home"))


@pytest.fixture(scope="module")
def whole(house: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everybody, pseudonymous."""
    made = make(house.now, tmp_path_factory.mktemp("extract"))
    return made.paths[0]


@pytest.fixture(scope="module")
def sealed(house: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everybody, identified."""
    return make(house.now, tmp_path_factory.mktemp("sealed"), **NAMING).paths[0]


def table(folder: Path, name: str) -> pa.Table:
    return formats.read_parquet((folder / f"{name}.parquet").read_bytes())


def states(claims: list[proof.Claim]) -> dict[str, str]:
    return {claim.code: claim.state for claim in claims}


# Pseudonymous


def test_everybody_of_the_night_is_in_it_once(whole: Path) -> None:
    rows = table(whole, "departures")
    assert rows.num_rows == len(story.OUTCOMES) == len(set(rows["row_id"].to_pylist()))
    evidence = table(whole, "evidence")
    assert set(evidence["row_id"].to_pylist()) == set(rows["row_id"].to_pylist())


def test_nothing_in_it_names_anybody_or_the_published_rows(whole: Path, house: Told) -> None:
    ids = story.ask(house.home, "SELECT departure_id, person_id FROM departures")
    names = [n for p in PEOPLE for n in (p.name, p.document, p.nik) if n]
    wanted = [text.encode() for text in [*names, *(i for pair in ids for i in pair)]]
    wanted += [name.encode() for (name,) in story.ask(house.home, "SELECT file FROM batches")]
    files = bundle.read(whole)
    assert len(wanted) > 40
    assert [n for n, c in files.items() for w in wanted if w in c] == []
    evidence = table(whole, "evidence")
    assert all(re.fullmatch("[0-9a-f]{64}", s) for s in evidence["seal"].to_pylist())


def test_it_is_proved_to_the_delivered_rows(whole: Path, house: Told) -> None:
    found = proving.verify(whole, now=house.now)
    assert {c for c, state in states(found).items() if state != proof.PROVED} == {"key"}
    assert {"lake_departures", "lake_evidence", "archive", "delivered_rows", "published"} <= set(
        states(found)
    )


def test_the_house_finds_the_departure_that_an_auditor_asks_about(whole: Path, house: Told) -> None:
    rows = table(whole, "departures")["row_id"].to_pylist()
    found = {proving.departure_of(house.now, whole, row) for row in rows}
    published = story.ask(house.home, "SELECT departure_id FROM departures")
    assert found == {departure for (departure,) in published}
    with pytest.raises(NothingThereError, match="no row"):
        proving.departure_of(house.now, whole, "R" + "0" * 16)


def test_a_changed_extract_is_not_asked_about(whole: Path, house: Told, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    bundle.write(changed, bundle.read(whole) | {"departures.csv": b""})
    with pytest.raises(scope.RequestError, match="no extract of this home"):
        proving.departure_of(house.now, changed, "R" + "0" * 16)


def test_without_the_lake_that_part_is_said_to_be_open(whole: Path, tmp_path: Path) -> None:
    nowhere = settings.Settings(settings.Home(tmp_path), None, "1GB", 1)
    for now in (None, nowhere):
        assert states(proving.verify(whole, now=now))["lake"] == proof.OPEN


def test_a_later_night_does_not_refute_it(whole: Path, corrected: Told) -> None:
    """The home went on, and a crossing was corrected; that night is still as it was."""
    found = proving.verify(whole, now=corrected.now)
    assert proof.is_proved(found)
    assert states(found)["lake_departures"] == proof.PROVED


def test_rows_that_work_out_another_way_are_refuted_unless_the_code_is_another(
    whole: Path, house: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "withhold", lambda rows: withhold_all_but(rows, ("outcome",)))
    found = states(proving.verify(whole, now=house.now))
    assert found["lake_departures"] == proof.REFUTED
    monkeypatch.setattr(settings, "code_digest", lambda: "of another version")
    found = states(proving.verify(whole, now=house.now))
    assert found["lake_departures"] == proof.OPEN


def test_a_changed_archive_is_found(whole: Path, house: Told, tmp_path: Path) -> None:
    now = story.copied(house, tmp_path / "home")
    for copy in (now.home.lake / "archive").rglob("*.aes"):
        copy.write_bytes(b"\x00" + copy.read_bytes())
    found = states(proving.verify(whole, now=now))
    refuted = [code for code, state in found.items() if state == proof.REFUTED]
    assert refuted == ["archive", "delivered_rows"]


def test_it_is_the_same_bytes_again(whole: Path, house: Told, tmp_path: Path) -> None:
    again = make(house.now, tmp_path)
    assert bundle.read(again.paths[0]) == bundle.read(whole)
    assert again.paths[1].read_bytes() == bundle.zipped(bundle.read(whole))


def test_nothing_is_written_over(house: Told, tmp_path: Path) -> None:
    make(house.now, tmp_path)
    with pytest.raises(scope.RequestError, match="there already"):
        make(house.now, tmp_path)


def test_a_scope_of_few_is_refused_and_not_said_how_few(house: Told, tmp_path: Path) -> None:
    before = entries(house)
    for outcome in ("exempt", "insufficient_data"):
        with pytest.raises(scope.RequestError, match="fewer than 10 departures"):
            make(house.now, tmp_path, outcomes=[outcome])
    assert entries(house) == before
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_told_who_asked_and_why(house: Told, tmp_path: Path) -> None:
    before = entries(house)
    made = make(house.now, tmp_path)
    [details] = entries(house)[len(before) :]
    assert details["extract"] == made.name
    assert details["requester"] == ALL["requester"]
    assert details["departures"] == str(len(story.OUTCOMES))


def test_one_that_undoes_an_earlier_one_is_told_or_needs_an_approver(
    house: Told, tmp_path: Path
) -> None:
    """Of the same night and of another; the earlier one may be made again."""
    strict = replace(house.now, refuses_overlaps=True)
    assert not make(strict, tmp_path / "first").overlaps
    before, shorter = entries(house), {"last": date(2025, 11, 30)}
    with pytest.raises(scope.RequestError, match=r"entry \d+ of the access log.*--approver"):
        make(strict, tmp_path / "second", **shorter)
    assert (entries(house), (tmp_path / "second").exists()) == (before, False)
    made = make(strict, tmp_path / "second", **shorter, approver="Pejabat PDP")
    [details] = entries(house)[len(before) :]
    assert (details["extract"], details["approver"]) == (made.name, "Pejabat PDP")
    assert details["scope"]["last"] == "2025-11-30"
    assert not make(strict, tmp_path / "again").overlaps
    told = make(house.now, tmp_path / "third", last=date(2025, 10, 31))
    assert "of the access log) has some of these departures" in told.overlaps
    assert entries(house)[-1]["overlaps"] == told.overlaps


def test_what_the_log_does_not_take_is_not_made(house: Told, tmp_path: Path) -> None:
    with pytest.raises(access_log.LogError, match="looks like a NIK"):
        make(house.now, tmp_path, purpose="Perkara 3201014101900001")
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_named_by_its_file_and_kept_by_its_digest(house: Told, tmp_path: Path) -> None:
    with pytest.raises(scope.RequestError, match="fewer than 10"):
        make(house.now, tmp_path, lists=("kemlu_mmr.xlsx",))
    with pytest.raises(NothingThereError, match="not every list"):
        make(house.now, tmp_path, lists=("lain.xlsx",))


def test_a_night_that_was_not_is_said_so(house: Told, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match="2020-01-01"):
        extracts.extract(house.now, ALL, tmp_path, date(2020, 1, 1))


# One departure


def of_one(house: Told, out: Path) -> extracts.Made:
    [(departure,)] = story.ask(
        house.home, "SELECT departure_id FROM departures WHERE outcome = 'exempt'"
    )
    one = {"first": None, "last": None, "departures": [departure]}
    return make(house.now, out, **one)


def test_one_departure_tells_its_outcome_and_nothing_of_who_and_where(
    house: Told, tmp_path: Path
) -> None:
    made = of_one(house, tmp_path)
    [row] = table(made.paths[0], "departures").to_pylist()
    assert (row.pop("outcome"), row.pop("papers")) == ("exempt", "exit")
    del row["row_id"], row["rule"]
    assert set(row.values()) == {"*"}
    assert proof.is_proved(proving.verify(made.paths[1], now=house.now))


def test_a_departure_that_is_not_there_is_said_so(house: Told, tmp_path: Path) -> None:
    one = {"first": None, "last": None, "departures": ["D" + "0" * 16]}
    with pytest.raises(NothingThereError, match="not every departure"):
        make(house.now, tmp_path, **one)


# Seals


BY_RIGHT = {name: ALL[name] for name in ("purpose", "legal_basis", "requester")} | {
    name: NAMING[name] for name in ("approver", "recipient")
}


def test_an_opened_seal_is_the_digest_of_the_delivered_rows(
    whole: Path, house: Told, tmp_path: Path
) -> None:
    """Whoever holds the extract and the delivered file needs no lake, and no Pulang."""
    secret = load(house.home.keys, house.now.key, lake_exists=True)
    archive = Archive(house.home.lake / "archive", secret.derive("archive"))
    seals = table(whole, "evidence").to_pylist()
    for n, row in enumerate(sorted({seal["row_id"] for seal in seals})):
        file = opening.open_seals(house.now, whole, row, BY_RIGHT, tmp_path / str(n))
        texts = bundle.unzipped(pyrage.decrypt(file.read_bytes(), [IDENTITY]))
        found = {sha256(text).hexdigest(): text for text in texts.values()}
        mine = [seal["seal"] for seal in seals if seal["row_id"] == row]
        assert mine
        assert set(mine) <= set(found)
        for name, text in texts.items():
            if name != "all.txt":
                for line in text.decode()[64:].splitlines():
                    digest, number, fields = line.split(" ", 2)
                    assert sha256(archive.read(digest)).hexdigest() == digest
                    assert int(number) > 0
                    assert "full_name" in json.loads(fields)
    assert len({f.name for f in tmp_path.rglob("*.age")}) == len(story.OUTCOMES)


def test_opening_one_seal_opens_no_other_and_is_in_the_log(
    whole: Path, house: Told, tmp_path: Path
) -> None:
    seals = table(whole, "evidence").to_pylist()
    row = seals[0]["row_id"]
    file = opening.open_seals(house.now, whole, row, BY_RIGHT, tmp_path)
    texts = bundle.unzipped(pyrage.decrypt(file.read_bytes(), [IDENTITY]))
    own = {text[:64] for name, text in texts.items() if name != "all.txt"}
    assert len(own) == 1
    others = {s["seal"] for s in seals if s["row_id"] != row}
    rest = [text[64:] for text in texts.values()]
    assert not others & {sha256(key + text).hexdigest() for key in own for text in rest}
    last = logbook.shown(house.now)[-1]
    assert (last["kind"], json.loads(last["details"])["row_id"]) == ("open_seal", row)
    with pytest.raises(scope.RequestError, match="there already"):
        opening.open_seals(house.now, whole, row, BY_RIGHT, tmp_path)


@pytest.mark.parametrize(
    "changed",
    [{"approver": ALL["requester"]}, {"recipient": "age1xyz"}, {"legal_basis": ""}],
)
def test_a_seal_is_not_opened_without_right(
    whole: Path, house: Told, tmp_path: Path, changed: dict[str, str]
) -> None:
    row = table(whole, "evidence")["row_id"][0].as_py()
    with pytest.raises(scope.RequestError):
        opening.open_seals(house.now, whole, row, BY_RIGHT | changed, tmp_path / "none")
    assert not (tmp_path / "none").exists()


# Identified


def opened(sealed: Path) -> dict[str, bytes]:
    return bundle.unzipped(pyrage.decrypt(sealed.read_bytes(), [IDENTITY]))


def test_an_identified_extract_is_one_encrypted_file(sealed: Path) -> None:
    assert [path.name for path in sealed.parent.iterdir()] == [sealed.name]
    assert sealed.name.endswith(".zip.age")
    content = sealed.read_bytes()
    assert not [p for p in PEOPLE if p.name.encode() in content]


def test_its_recipient_finds_the_people_and_the_delivered_rows(sealed: Path) -> None:
    files = opened(sealed)
    rows = formats.read_parquet(files["departures.parquet"]).to_pylist()
    named = {row["full_name"]: row for row in rows}
    assert story.TRAFFICKED.name in named
    assert named[story.TRAFFICKED.name]["nik"] == story.TRAFFICKED.nik
    assert named[story.TRAFFICKED.name]["outcome"] == "confirmed_undocumented"
    mine = [
        row for row in formats.read_parquet(files["evidence.parquet"]).to_pylist()
        if row["departure_id"] == named[story.TRAFFICKED.name]["departure_id"]
    ]  # fmt: skip
    assert {row["role"] for row in mine} == {"exit", "list"}
    assert {json.loads(row["fields"])["full_name"] for row in mine} == {story.TRAFFICKED.name}
    assert all(row["row_number"] > 0 and len(row["sha256"]) == 64 for row in mine)


def test_evidence_points_at_the_row_of_the_archived_file(sealed: Path, house: Told) -> None:
    secret = load(house.home.keys, house.now.key, lake_exists=True)
    archive = Archive(house.home.lake / "archive", secret.derive("archive"))
    rows = formats.read_parquet(opened(sealed)["evidence.parquet"]).to_pylist()
    [row] = [r for r in rows if '"TOURIST-OUT"' in r["fields"] and r["is_current"]]
    lines = archive.read(row["sha256"]).decode().splitlines()
    assert lines[row["row_number"]].startswith("TOURIST-OUT;")


def test_its_pages_and_sheets_say_whose_copy_it_is(sealed: Path) -> None:
    import pypdfium2

    files = opened(sealed)
    pages = pypdfium2.PdfDocument(files["ringkasan.pdf"])
    assert len(pages) > 1
    for page in pages:
        text = page.get_textpage().get_text_bounded()
        assert NAMING["recipient"] in text
        assert "Ombudsman RI" in text


def test_it_is_verified_with_the_recipients_key_and_the_lake(sealed: Path, house: Told) -> None:
    found = proving.verify(sealed, identity=str(IDENTITY), now=house.now)
    assert {c for c, state in states(found).items() if state != proof.PROVED} == {"key"}
    other = str(pyrage.x25519.Identity.generate())
    assert states(proving.verify(sealed, identity=other)) == {"age": proof.REFUTED}
    with pytest.raises(scope.RequestError, match="--identity"):
        proving.verify(sealed)


def test_another_home_says_that_it_is_not_its_own(whole: Path, house: Told, tmp_path: Path) -> None:
    now = replace(house.now, home=settings.Home(tmp_path / "other"))
    story.landed(now.home.landing)
    assert states(proving.verify(whole, now=now))["lake"] == proof.OPEN
