"""A record of somebody who was erased does not come back by being sent again."""

import hashlib
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from pipelines import contracts, keys, night, settings
from pipelines.custody import corrections, erasure, held
from pipelines.custody.corrections import Order
from pipelines.custody.erasure import ErasureError
from pipelines.desks.front import NothingThereError
from pipelines.intake import erased, typed
from tests import papers, story
from tests.story import NIGHT, Told
from tests.test_corrections import place, rows
from tests.test_erasure import ORDER, copied, opened_files

WHO = story.TRAFFICKED
WORDS = (WHO.name.encode(), WHO.document.encode())
LATE = "2025-12-31T05:00:00+07:00"


def send_again(now: settings.Settings) -> None:
    """The same crossing; the same under another key; a later one; the row on another list."""
    out = {"negara_tujuan_asal": "THA", "kode_tpi": "KNO"}
    again = [
        WHO.crossing("TRAFFICKED-OUT", "2025-05-01", **out),
        WHO.crossing("RENUMBERED", "2025-05-01", **out),
        WHO.crossing("NEW-JOURNEY", "2025-12-20", **out),
        story.TOURIST.crossing("TOURIST-OUT", "2025-05-01", tujuan_perjalanan="WISATA"),
    ]
    papers.write(now.home.landing / "perlintasan" / "lagi.csv", again, LATE)
    listed = [story.LATE.listed(1), WHO.listed(2, kab_kota="MEDAN", provinsi="SUMUT")]
    papers.write(now.home.landing / "pemulangan" / "lagi.xlsx", listed, LATE)


@pytest.fixture(scope="module")
def gone(told: Told, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    now = story.copied(told, tmp_path_factory.mktemp("gone") / "home")
    with story.opened(now) as lake:
        [person] = held.persons(lake, held.Asked(document_number=WHO.document))
    erasure.erase(now, person, ORDER)
    return now


@pytest.fixture(scope="module")
def again(gone: settings.Settings, tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    now = copied(gone, tmp_path_factory.mktemp("again") / "home")
    send_again(now)
    night.run(now, NIGHT)
    return now


def test_digests_say_nothing_and_cannot_be_tried_out(gone: settings.Settings) -> None:
    digests = rows(gone, "ops", "erased")
    assert {(d["source"], len(d["digest"]), d["digest"][0]) for d in digests} == {
        ("perlintasan", 17, "E"), ("pemulangan", 17, "E"),
    }  # fmt: skip
    assert len(digests) == 3  # of the crossing its key and its person, of the list the person
    guess = hashlib.sha256(b"perlintasan\x1fTRAFFICKED-OUT").hexdigest()
    assert not [d for d in digests if d["digest"][1:] in guess]


def test_what_is_sent_again_is_set_apart_and_counted(again: settings.Settings) -> None:
    apart = corrections.listed(again, reason="erased_before")
    assert [(r["file"], r["row_number"]) for r in apart] == [
        ("lagi.xlsx", 2), ("lagi.csv", 1), ("lagi.csv", 2)
    ]  # fmt: skip
    told = {b["file"]: b for b in rows(again, "ops", "batches")}
    assert (told["lagi.csv"]["accepted"], told["lagi.csv"]["quarantined"]) == (2, 2)
    assert (told["lagi.xlsx"]["accepted"], told["lagi.xlsx"]["quarantined"]) == (1, 1)
    for b in told.values():
        assert b["rows"] == b["accepted"] + b["quarantined"] + b["superseded"]


def test_nothing_follows_from_it_and_a_new_journey_is_a_record_of_its_own(
    again: settings.Settings,
) -> None:
    keys_of = {r["crossing_id"] for r in rows(again, "records", "crossings")}
    assert "NEW-JOURNEY" in keys_of
    assert not keys_of & {"TRAFFICKED-OUT", "RENUMBERED"}
    mine = [
        r for r in rows(again, "reconciled", "departures") if "TRAFFICKED" in r["departure_key"]
    ]
    assert mine == []


def test_somebody_decides_that_it_stays_or_goes(again: settings.Settings, tmp_path: Path) -> None:
    now = copied(again, tmp_path / "home")
    [listed, crossing, other] = [
        (r["batch_id"], r["row_number"]) for r in corrections.listed(now, reason="erased_before")
    ]
    corrections.release(now, *crossing, None, Order("the agency has to keep this record"))
    for row in (listed, other):
        erasure.erase_row(now, *row, ORDER)
    with pytest.raises(NothingThereError, match="no row 2"):
        erasure.erase_row(now, *other, ORDER)
    night.run(now, NIGHT)
    assert place(now, "records.crossings", crossing_id="TRAFFICKED-OUT") == crossing
    left = [r for r in rows(now, "ops", "quarantine") if r["reason"] == "erased_before"]
    assert left == []
    sent = papers.write(
        now.home.landing / "perlintasan" / "ketiga.csv",
        [WHO.crossing("TRAFFICKED-OUT", "2025-05-01", kode_tpi="CGK")],
        "2025-12-31T06:00:00+07:00",
    )
    night.run(now, NIGHT)
    newest = place(now, "records.crossings", crossing_id="TRAFFICKED-OUT", superseded_by=None)
    batches = {b["batch_id"]: b["file"] for b in rows(now, "ops", "batches")}
    assert batches[newest[0]] == sent.name


def test_one_row_is_erased_whole(again: settings.Settings, tmp_path: Path) -> None:
    now = copied(again, tmp_path / "home")
    for row in corrections.listed(now, reason="erased_before"):
        erasure.erase_row(now, row["batch_id"], row["row_number"], ORDER)
    files = opened_files(now).items()
    for word in (b"TRAFFICKED-OUT", b"RENUMBERED"):
        assert [k for k, v in files if word in v] == []
    assert [k for k, v in files if WORDS[0] in v and "quarantine" in k] == []
    with story.opened(now) as lake:
        assert held.of(lake, [], held.Asked(nik=WHO.nik)).quarantined == []
    with pytest.raises(ErasureError):
        erasure.erase_row(now, "B0", 1, erasure.Order("", "", ""))


def test_a_delivery_that_was_removed_whole_is_not_archived_again(
    told: Told, tmp_path: Path
) -> None:
    now = story.copied(told, tmp_path / "home")
    file = now.home.landing / "perlintasan" / "sobek.parquet"
    content = f"tanpa kepala;{WHO.name};{WHO.document}\n".encode()
    papers.write(file, content, LATE)
    night.run_stage(now, NIGHT, "intake")
    with story.opened(now) as lake:
        [person] = held.persons(lake, held.Asked(document_number=WHO.document))
    erasure.erase(now, person, ORDER)
    assert not file.exists()
    papers.write(file.with_name("lagi.parquet"), content, "2025-12-31T07:00:00+07:00")
    night.run_stage(now, NIGHT, "intake")
    archived = [v for k, v in opened_files(now).items() if k.startswith("archive")]
    assert archived
    assert not [v for v in archived if WORDS[0] in v]


# Digests


SECRET = keys.Keys(b"a key for tests")


def digest(source: str, row: papers.Row, secret: keys.Keys = SECRET) -> tuple[str, str]:
    """(by key, by person) of a delivered row."""
    contract, records = contracts.sources()[source], contracts.records_of(source)
    cells = {name: str(row[name]) if row.get(name) else None for name in contract.names}
    said = {name: pa.array([cell], pa.string()) for name, cell in cells.items()}
    marks = {"row_number": [1], "missing_column": pa.nulls(1, pa.string()), "list_file": ["x.csv"]}
    read = typed.typed(ibis.memtable(pa.table(said | marks)), contract, records)
    told = erased.with_digests(read, source, lambda value: secret.pseudonym(value, "E"))
    [found] = told.select(erased.BY_KEY, erased.BY_PERSON).to_pyarrow().to_pylist()
    return found[erased.BY_KEY], found[erased.BY_PERSON]


def test_the_same_record_written_another_way_has_the_same_digests() -> None:
    first = digest("perlintasan", WHO.crossing("K1", "2025-05-01"))
    other = WHO.crossing(
        "K1", "2025-05-01", nama_lengkap="Yusuf  Korban", tanggal_lahir="05/05/1994"
    )
    assert digest("perlintasan", other) == first
    assert digest("perlintasan", other | {"id_perlintasan": "K2"})[1] == first[1]
    assert digest("perlintasan", WHO.crossing("K1", "2025-05-02"))[0] == first[0]
    on_lists = [digest("pemulangan", WHO.listed(number)) for number in (1, 2)]
    assert on_lists[0] == on_lists[1] == (None, on_lists[0][1])
    assert len({first[0], first[1], on_lists[0][1]}) == 3


@pytest.mark.parametrize(
    "other",
    [WHO.crossing("K2", "2025-05-02"), WHO.crossing("K2", "2025-05-01", nomor_dokumen="C0000099"),
     story.TOURIST.crossing("K2", "2025-05-01")],
)  # fmt: skip
def test_another_record_has_others(other: papers.Row) -> None:
    first = digest("perlintasan", WHO.crossing("K1", "2025-05-01"))
    assert not {*digest("perlintasan", other)} & {*first}


def test_a_row_that_names_nobody_has_no_digest_of_a_person() -> None:
    assert digest("pemulangan", papers.listed(1, nama="", nomor_dokumen="", nik=""))[1] is None


def test_a_change_of_keys_keeps_them_and_another_key_makes_others() -> None:
    row = WHO.crossing("K1", "2025-05-01")
    new = SECRET.succeeded_by(b"a new key for tests")
    assert digest("perlintasan", row, new) == digest("perlintasan", row)
    other = keys.Keys(b"another key")
    assert not {*digest("perlintasan", row, other)} & {*digest("perlintasan", row)}
