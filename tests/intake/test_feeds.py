"""Feeds: a view in a real PostgreSQL, and files at an address."""

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from pipelines.desks import sources
from pipelines.intake import feeds
from tests import papers, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if not postgres.is_there():
        pytest.skip("NO POSTGRESQL HERE: feeds from databases are NOT TESTED")
    with postgres.started() as running:
        os.environ["PGPASSWORD"] = postgres.PASSWORD
        yield running
        del os.environ["PGPASSWORD"]


VIEW = """
CREATE TABLE t (id_perlintasan text, arah text, waktu_perlintasan timestamptz, kode_tpi text,
  jenis_dokumen text, nomor_dokumen text, nama_lengkap text, tempat_lahir text,
  tanggal_lahir date, jenis_kelamin text, kewarganegaraan text, negara_tujuan_asal text,
  moda text, dicatat timestamptz);
CREATE VIEW lintas AS SELECT * FROM t;
"""


def add(server: postgres.Server, key: str, at: str) -> None:
    server.run(
        "agency",
        f"INSERT INTO t VALUES ('{key}', 'KELUAR', '2025-06-01 08:00+07', 'CGK', 'PASPOR', "  # noqa: S608
        f"'C1000001', 'BUDI CONTOH', 'SELONG', '1990-05-17', 'L', 'IDN', 'MYS', 'UDARA', '{at}')",
    )


def keys_of(files: list[Path]) -> list[str]:
    return [row["crossing_id"] for f in files for row in sources.check(f, "perlintasan").accepted]


def test_a_view_is_fetched_from_its_watermark_on(server: postgres.Server, tmp_path: Path) -> None:
    address = server.database("agency")
    server.run("agency", VIEW)
    feed = feeds.Feed(name="imigrasi", source="perlintasan", kind="postgres", address=address,
                      view="public.lintas", watermark="dicatat")  # fmt: skip
    assert feeds.fetch(feed, tmp_path) == []
    add(server, "A1", "2025-06-02 01:00+07")
    add(server, "A2", "2025-06-02 02:00+07")
    assert keys_of(feeds.fetch(feed, tmp_path)) == ["A1", "A2"]
    assert len(feeds.fetch(feed, tmp_path)) <= 1  # the row at the watermark, once more at most
    assert feeds.fetch(feed, tmp_path) == []
    add(server, "A3", "2025-06-02 02:00+07")  # added at the watermark itself
    add(server, "A4", "2025-06-03 02:00+07")
    assert keys_of(feeds.fetch(feed, tmp_path)) == ["A2", "A3", "A4"]


def test_a_view_that_cannot_be_reached_says_so_without_its_address(tmp_path: Path) -> None:
    feed = feeds.Feed(name="x", source="perlintasan", kind="postgres",
                      address="dbname=none host=/nowhere", view="v")  # fmt: skip
    with pytest.raises(feeds.FeedError, match=r"^x cannot be fetched") as error:
        feeds.fetch(feed, tmp_path)
    assert "nowhere" not in str(error.value)


def test_files_at_an_address_land_once_and_again_when_they_change(tmp_path: Path) -> None:
    elsewhere = fsspec.filesystem("memory")
    elsewhere.pipe("/agency/a.csv", b"id_perlintasan\nA1\n")
    elsewhere.pipe("/agency/b.csv.part", b"half")
    feed = feeds.Feed(name="s3", source="perlintasan", kind="files", address="memory://agency")
    assert [f.name for f in feeds.fetch(feed, tmp_path)] == ["a.csv"]
    assert feeds.fetch(feed, tmp_path) == []
    elsewhere.pipe("/agency/a.csv", b"id_perlintasan\nA1\nA2\n")
    [file] = feeds.fetch(feed, tmp_path)
    assert file.read_bytes().endswith(b"A2\n")


def test_one_feed_that_fails_stops_no_other_and_is_a_warning(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/other/a.csv", b"id_perlintasan\nA1\n")
    entries = (
        "{name: gone, source: penempatan, kind: files, address: memory://nowhere}",
        "{name: there, source: perlintasan, kind: files, address: memory://other}",
    )
    papers.write(tmp_path / feeds.FILE, "feeds:\n" + "".join(f"  - {e}\n" for e in entries))
    landing = tmp_path / "landing"
    found = feeds.fetch_all(tmp_path, landing)
    assert [(one.feed, one.files, bool(one.error)) for one in found] == [
        ("gone", 0, True), ("there", 1, False),
    ]  # fmt: skip
    gone, there = feeds.verdicts(landing)
    assert (gone["source"], gone["column_name"], gone["passed"]) == ("penempatan", "gone", False)
    assert (gone["severity"], there["passed"], there["observed"]) == ("warn", True, "1 files")
    assert "nowhere" not in gone["observed"]


def test_feeds_that_cannot_be_read_and_feeds_that_went_are_told(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    assert feeds.fetch_all(tmp_path, landing) == []
    assert not landing.exists()
    papers.write(tmp_path / feeds.FILE, "feeds: nothing")
    assert [one.error for one in feeds.fetch_all(tmp_path, landing)] == [
        "feeds.yaml is not a list of feeds"
    ]
    assert [row["passed"] for row in feeds.verdicts(landing)] == [False]
    (tmp_path / feeds.FILE).unlink()
    assert feeds.fetch_all(tmp_path, landing) == feeds.verdicts(landing) == []


@pytest.mark.parametrize(
    "entry",
    [
        "{name: a, source: nobody, kind: files, address: memory://x}",
        "{name: ../a, source: perlintasan, kind: files, address: memory://x}",
        "{name: a, source: perlintasan, kind: postgres, address: dbname=x password=y, view: v}",
        '{name: a, source: perlintasan, kind: postgres, address: "dbname=x\' AS y", view: v}',
        "{name: a, source: perlintasan, kind: oracle, address: x}",
    ],
)
def test_a_feed_that_says_something_wrong_is_refused(tmp_path: Path, entry: str) -> None:
    papers.write(tmp_path / feeds.FILE, f"feeds:\n  - {entry}\n")
    with pytest.raises(feeds.FeedError):
        feeds.declared(tmp_path)
