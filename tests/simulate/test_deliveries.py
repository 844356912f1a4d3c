"""The files: kinds, peculiarities and times; the same nation gives the same bytes."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from pipelines import reference
from pipelines.simulate import simulate

from .conftest import Row, Simulated, content


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny")
    simulate(path, 0.0005, 11)
    return path


def test_the_same_seed_gives_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    simulate(tmp_path, 0.0005, 11)
    assert digests(tmp_path) == digests(tiny)


def test_another_seed_gives_other_people(tiny: Path, tmp_path: Path) -> None:
    simulate(tmp_path, 0.0005, 12, noise="harsh")
    name = "landing/perlintasan/perlintasan_20250105.csv"
    assert digests(tmp_path)[name] != digests(tiny)[name]


def test_a_nation_is_not_written_over_another(tiny: Path) -> None:
    with pytest.raises(FileExistsError):
        simulate(tiny, 0.0005, 11)


def test_a_scale_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scale"):
        simulate(tmp_path, 0.0, 1)


def test_the_policy_says_that_nobody_was_abroad(nation: Simulated) -> None:
    text = (nation.path / "policy.yaml").read_text(encoding="utf-8")
    assert "abroad_at_record_start: none" in text


def test_all_kinds_of_files_are_sent(nation: Simulated) -> None:
    def kinds(source: str) -> set[str]:
        return {"".join(Path(name).suffixes) for name in nation.rows[source]}

    assert kinds("perlintasan") == {".csv", ".csv.gz", ".csv.zst", ".parquet"}
    assert kinds("penempatan") == {".csv", ".xlsx", ".parquet"}
    assert kinds("pemulangan") == {".csv", ".xlsx"}


def test_refused_people_are_travellers_and_some_left_by_another_gate(nation: Simulated) -> None:
    refused = [row for _, _, row in nation.all("penundaan")]
    assert len(refused) == pytest.approx(120, abs=2)
    out: dict[object, list[Row]] = {}
    for _, _, row in nation.all("perlintasan"):
        if row["arah"] == "KELUAR":
            out.setdefault(row["nomor_dokumen"], []).append(row)
    left = [
        exit for row in refused for exit in out.get(row["nomor_dokumen"], [])
        if str(exit["waktu_perlintasan"]) > str(row["waktu_penundaan"])
        and exit["kode_tpi"] != row["kode_tpi"]
    ]  # fmt: skip
    assert 10 < len(left) < len(refused)


def test_residents_begin_with_the_table_that_is_shipped(nation: Simulated) -> None:
    shipped = {
        row["code"]: row["population"]
        for name in ("provinces", "regencies") for row in reference.load(name).to_pylist()
    }  # fmt: skip
    first, second = nation.rows["penduduk"].values()
    assert {row["kode_wilayah"]: int(str(row["jumlah"])) for row in first} == shipped
    assert all(int(str(row["jumlah"])) >= shipped[row["kode_wilayah"]] for row in second)
    assert {row["semester"] for row in (*first, *second)} == {"2024-2", "2025-1"}


def test_content_is_blocked_after_it_was_reported_or_not_yet(nation: Simulated) -> None:
    cases = [row for _, _, row in nation.all("takedown")]
    blocked = [row for row in cases if row["tanggal_blokir"]]
    assert 0 < len(blocked) < len(cases)
    assert all(str(row["tanggal_blokir"]) >= str(row["tanggal_lapor"]) for row in blocked)


def test_peculiar_files_are_there(nation: Simulated) -> None:
    folder = nation.path / "landing" / "perlintasan"
    raw = [content(path) for path in folder.iterdir() if path.suffix != ".parquet"]
    headers = [text.split(b"\n", 1)[0] for text in raw]
    assert sum(header.startswith(b"\xef\xbb\xbf") for header in headers) == 1
    assert sum(b";" in header for header in headers) >= 2
    assert sum(header.endswith(b"waktu_perlintasan") for header in headers) == 2
    assert sum(b"kode_loket" in header for header in headers) == 1
    assert any(not is_utf8(text) for text in raw)


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_file_is_sent_twice_under_another_name(nation: Simulated) -> None:
    folder = nation.path / "landing" / "perlintasan"
    twins = sorted(folder.glob("*kirim_ulang*"))
    assert len(twins) == 2
    for twin in twins:
        original = folder / twin.name.replace("_kirim_ulang", "")
        assert twin.read_bytes() == original.read_bytes()
        assert twin.stat().st_mtime > original.stat().st_mtime


def test_one_day_has_no_feed(nation: Simulated) -> None:
    names = {name.split(".")[0] for name in nation.rows["perlintasan"]}
    days = (dt.date(2025, 1, 1) + dt.timedelta(days=day) for day in range(379))
    missing = [day for day in days if f"perlintasan_{day:%Y%m%d}" not in names]
    assert missing == [dt.date(2025, 8, 17)]


def test_files_carry_the_time_of_their_delivery(nation: Simulated) -> None:
    """20:00 WIB, in the order of the days, none after the run date."""
    wib = dt.timezone(dt.timedelta(hours=7))
    for source in nation.rows:
        for path in (nation.path / "landing" / source).iterdir():
            at = dt.datetime.fromtimestamp(path.stat().st_mtime, wib)
            assert at.time() == dt.time(20)
            assert dt.date(2025, 1, 2) <= at.date() <= nation.summary.run_date


def test_corrections_come_later_and_repetitions_are_exact(nation: Simulated) -> None:
    versions: dict[object, list[tuple[str, Row]]] = {}
    for file, _, row in nation.all("perlintasan"):
        versions.setdefault(row["id_perlintasan"], []).append((file, row))
    versions.pop(None)
    twice = [found for found in versions.values() if len(found) == 2]
    corrected = [found for found in twice if found[0][0] != found[1][0]]
    repeated = [found for found in twice if found[0] == found[1]]
    assert len(corrected) > 300
    assert len(repeated) > 100
    assert all(first[1] != second[1] for first, second in corrected)


def test_papers_in_lieu_bring_people_home(nation: Simulated) -> None:
    in_lieu = [row for _, _, row in nation.all("perlintasan") if row["jenis_dokumen"] == "SPLP"]
    good = [row for row in in_lieu if row["arah"] in ("KELUAR", "MASUK")]
    assert {row["arah"] for row in good} == {"MASUK"}
    assert len(good) > 200
