"""Arrivals: what counts as landed, in which order, and the encrypted copy of each delivery."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from pipelines import contracts
from pipelines.intake import arrivals, deliveries
from tests import papers

KEY = "11" * 32
SOURCES = ["pemulangan", "penempatan", "perlintasan"]


def landed(landing: Path) -> list[str]:
    return [arrival.file for arrival in arrivals.find(landing, SOURCES)]


def archive(tmp_path: Path, key: str = KEY) -> arrivals.Archive:
    return arrivals.Archive(tmp_path / "archive", key)


def copies(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]


def one(tmp_path: Path, content: bytes = b"id_perlintasan\nA1\n") -> arrivals.Arrival:
    papers.write(tmp_path / "landing" / "perlintasan" / "a.csv", content)
    [arrival] = arrivals.find(tmp_path / "landing", SOURCES)
    return arrival


# Order of receipt


def test_the_order_of_receipt_is_time_then_name_then_source(tmp_path: Path) -> None:
    for source, name, received in (
        ("perlintasan", "b.csv", "2025-03-01T00:00:00.000000+00:00"),
        ("perlintasan", "z.csv", "2025-02-28T23:59:59.999999+00:00"),
        ("perlintasan", "a.csv", "2025-03-01T00:00:00.000001+00:00"),
        ("pemulangan", "c.csv", "2025-03-01T00:00:00.000000+00:00"),
        ("penempatan", "b.csv", "2025-03-01T00:00:00.000000+00:00"),
    ):
        papers.write(tmp_path / source / name, "no\n", received)
    found = [(a.file, a.source) for a in arrivals.find(tmp_path, SOURCES)]
    assert found == [
        ("z.csv", "perlintasan"), ("b.csv", "penempatan"), ("b.csv", "perlintasan"),
        ("c.csv", "pemulangan"), ("a.csv", "perlintasan"),
    ]  # fmt: skip


def test_the_time_of_receipt_is_the_modification_time_to_the_microsecond(tmp_path: Path) -> None:
    papers.write(tmp_path / "penempatan" / "a.csv", "x", "2025-03-01T07:00:00.123456+07:00")
    [arrival] = arrivals.find(tmp_path, SOURCES)
    assert arrival.received_at.isoformat() == "2025-03-01T00:00:00.123456+00:00"


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", "~$open.xlsx", "a.csv.part", "a.csv.tmp", "a.partial", "A.PART", "a.filepart",
     "a.crdownload"],
)  # fmt: skip
def test_half_arrived_files_are_not_there_yet(tmp_path: Path, name: str) -> None:
    papers.write(tmp_path / "perlintasan" / "a.csv", "x")
    papers.write(tmp_path / "perlintasan" / name, "x")
    assert landed(tmp_path) == ["a.csv"]


def test_folders_are_no_deliveries_and_unknown_folders_are_named(tmp_path: Path) -> None:
    papers.write(tmp_path / "perlintasan" / "2025" / "a.csv", "x")
    papers.write(tmp_path / "imigrasi_lama" / "b.csv", "x")
    papers.write(tmp_path / "c.csv", "x")
    assert landed(tmp_path) == []
    assert arrivals.unknown_folders(tmp_path, SOURCES) == ["imigrasi_lama"]


def test_nothing_has_landed_where_there_is_no_folder(tmp_path: Path) -> None:
    assert landed(tmp_path / "nowhere") == []
    assert arrivals.unknown_folders(tmp_path / "nowhere", SOURCES) == []


# Identity of a delivery


def test_a_batch_is_its_source_its_name_and_its_bytes() -> None:
    base = arrivals.batch_id("perlintasan", "a.csv", "00")
    others = [("penempatan", "a.csv", "00"), ("perlintasan", "b.csv", "00"),
              ("perlintasan", "a.csv", "01")]  # fmt: skip
    assert len({base, *(arrivals.batch_id(*other) for other in others)}) == 4
    assert base == "B9b97757bba2091c4"  # on every machine and in every release


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("ANDRÉ".encode(), "utf-8"),
        ("\ufeffANDRÉ".encode(), "utf-8"),
        ("ANDRÉ".encode("latin-1"), "latin-1"),
        (b"", "utf-8"),
        (b"x" * (arrivals.BLOCK - 1) + "É".encode(), "utf-8"),  # a letter over two blocks
        (b"ANDR" + "É".encode()[:1], "latin-1"),  # breaks off inside a letter
    ],
)
def test_the_encoding_is_seen_in_the_bytes(tmp_path: Path, content: bytes, encoding: str) -> None:
    assert arrivals.fingerprint(one(tmp_path, content)).encoding == encoding


# Archive


@pytest.mark.parametrize("size", [0, 1, arrivals.BLOCK - 1, arrivals.BLOCK, arrivals.BLOCK + 1])
def test_the_archive_gives_back_what_came(tmp_path: Path, size: int) -> None:
    content = (b"SITI KENARI\n" * (size // 12 + 1))[:size]
    known = archive(tmp_path).keep(one(tmp_path, content))
    assert archive(tmp_path).read(known.sha256) == content


def test_copies_are_private_unreadable_and_kept_once(tmp_path: Path) -> None:
    arrival = one(tmp_path, b"SITI KENARI")
    known = archive(tmp_path).keep(arrival)
    archive(tmp_path).keep(arrival)
    [copy] = copies(tmp_path)
    assert copy == archive(tmp_path).path(known.sha256)
    assert b"KENARI" not in copy.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o700
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_another_key_or_a_changed_copy_does_not_open(tmp_path: Path) -> None:
    known = archive(tmp_path).keep(one(tmp_path))
    with pytest.raises(InvalidTag):
        archive(tmp_path, "22" * 32).read(known.sha256)
    copy = archive(tmp_path).path(known.sha256)
    changed = bytearray(copy.read_bytes())
    changed[14] ^= 1
    copy.write_bytes(bytes(changed))
    with pytest.raises(InvalidTag):
        archive(tmp_path).read(known.sha256)


def test_an_interrupted_copy_leaves_no_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrival = one(tmp_path, b"SITI KENARI" * 100)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(arrivals, "encoding_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            archive(tmp_path).keep(arrival)
    assert [path.suffix for path in copies(tmp_path)] == [".half"]
    assert all(b"KENARI" not in path.read_bytes() for path in copies(tmp_path))
    known = archive(tmp_path).keep(arrival)
    assert copies(tmp_path) == [archive(tmp_path).path(known.sha256)]


# New deliveries


def batches(tmp_path: Path, known: list[deliveries.Batch]) -> list[deliveries.Batch]:
    rows = [batch.as_row(None) for batch in known]  # type: ignore[arg-type]
    landed = arrivals.find(tmp_path / "landing", SOURCES)
    return list(deliveries.new_batches(landed, rows, archive(tmp_path)))


def test_a_delivery_is_new_once(tmp_path: Path) -> None:
    arrival = one(tmp_path)
    first = batches(tmp_path, [])
    assert [b.status for b in first] == [deliveries.TAKEN_IN]
    assert batches(tmp_path, first) == []
    arrival.path.touch()  # received again, the same bytes under the same name
    assert batches(tmp_path, first) == []


def test_the_same_bytes_under_a_second_name_repeat_the_first(tmp_path: Path) -> None:
    one(tmp_path)
    folder = tmp_path / "landing" / "perlintasan"
    papers.write(folder / "a.csv", "id_perlintasan\nA1\n", "2025-03-01T00:00+00:00")
    papers.write(folder / "copy.csv", "id_perlintasan\nA1\n", "2025-03-02T00:00+00:00")
    papers.write(tmp_path / "landing" / "penempatan" / "a.csv", "id_perlintasan\nA1\n")
    same_night = {
        b.arrival.path.relative_to(tmp_path / "landing"): b for b in batches(tmp_path, [])
    }
    original = same_night[Path("perlintasan/a.csv")]
    repeated = same_night[Path("perlintasan/copy.csv")]
    elsewhere = same_night[Path("penempatan/a.csv")]
    assert (original.status, elsewhere.status) == (deliveries.TAKEN_IN, deliveries.TAKEN_IN)
    assert (repeated.status, repeated.status_reason) == (deliveries.REPEATED, original.batch_id)
    [later] = batches(tmp_path, [original, elsewhere])
    assert (later.status, later.status_reason) == (deliveries.REPEATED, original.batch_id)


def test_other_bytes_under_the_same_name_are_another_delivery(tmp_path: Path) -> None:
    one(tmp_path)
    first = batches(tmp_path, [])
    one(tmp_path, b"id_perlintasan\nA2\n")
    [second] = batches(tmp_path, first)
    assert second.status == deliveries.TAKEN_IN
    assert second.batch_id != first[0].batch_id


# Still coming in


def test_a_file_that_grows_is_left_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = papers.write(tmp_path / "perlintasan" / "a.csv", "x", "2025-03-01T07:00:00+07:00")
    whole = papers.write(tmp_path / "perlintasan" / "b.csv", "x")
    half = papers.write(tmp_path / "perlintasan" / "c.csv", "x")
    found = arrivals.find(tmp_path, SOURCES)
    monkeypatch.setattr(arrivals.time, "sleep", lambda _: half.write_text("xy"))
    assert {a.path for a in arrivals.settled(found)} == {old, whole}


def test_old_files_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers.write(tmp_path / "perlintasan" / "a.csv", "x", "2025-03-01T07:00:00+07:00")
    papers.write(tmp_path / "perlintasan" / "b.csv", "x", "2125-03-01T07:00:00+07:00")
    found = arrivals.find(tmp_path, SOURCES)
    monkeypatch.setattr(arrivals.time, "sleep", lambda _: pytest.fail("waited"))
    assert arrivals.settled(found) == found


@pytest.mark.parametrize("become", [lambda f: f.write_text("longer"), lambda f: f.unlink()])
def test_what_was_written_to_while_it_was_read_is_refused(
    tmp_path: Path, become: Callable[[Path], object]
) -> None:
    file = papers.write(tmp_path / "perlintasan" / "a.csv", "x", "2025-03-01T07:00:00+07:00")
    found = arrivals.find(tmp_path, SOURCES)
    arrivals.refuse_changed(found)
    become(file)
    with pytest.raises(arrivals.ChangedError, match=r"perlintasan/a\.csv was written to"):
        arrivals.refuse_changed(found)


# Names that hide what a file is


@pytest.mark.parametrize(
    "name", [b"a\xff.csv", "gnp\u202evsc.csv".encode(), b"a\x1b[2J.csv", b"a\nb.csv"]
)
def test_a_name_with_hidden_signs_is_shown_without_them_and_refused(
    tmp_path: Path, name: bytes
) -> None:
    folder = tmp_path / "landing" / "perlintasan"
    folder.mkdir(parents=True)
    (folder / os.fsdecode(name)).write_bytes(b"id_perlintasan\nA1\n")
    [arrival] = arrivals.find(tmp_path / "landing", SOURCES)
    assert arrivals.HIDDEN in arrival.file
    arrival.file.encode()
    [batch] = deliveries.new_batches([arrival], [], archive(tmp_path))
    assert (batch.status, batch.status_reason) == (deliveries.REFUSED, "unsafe_name")
    assert list(deliveries.chunks([batch], contracts.sources()["perlintasan"])) == []
