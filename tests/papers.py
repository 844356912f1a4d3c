"""Deliveries as agencies send them: a case states what matters, the rest is filled in.

All people are invented.
"""

import csv
import gzip
import io
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import settings

Row = dict[str, Any]


def crossing(key: str, **given: Any) -> Row:
    """A row of perlintasan: a man leaves for Malaysia by air, unless said otherwise."""
    return {
        "id_perlintasan": key, "arah": "KELUAR", "waktu_perlintasan": "2025-06-01T08:00:00+07:00",
        "kode_tpi": "CGK", "jenis_dokumen": "PASPOR", "nomor_dokumen": "C1000001",
        "nama_lengkap": "BUDI SANTOSO", "tempat_lahir": "LOMBOK TIMUR",
        "tanggal_lahir": "1990-05-17", "jenis_kelamin": "L", "kewarganegaraan": "IDN",
        "nik": None, "kantor_penerbit": None, "negara_tujuan_asal": "MYS", "moda": "UDARA",
        "nomor_angkutan": None, "tujuan_perjalanan": None,
    } | given  # fmt: skip


def placement(key: str, **given: Any) -> Row:
    """A row of penempatan: a valid placement to Malaysia, unless said otherwise."""
    return {
        "id_pmi": key, "nik": "5203011705900001", "nama": "BUDI SANTOSO",
        "tempat_lahir": "LOMBOK TIMUR", "tanggal_lahir": "1990-05-17", "jenis_kelamin": "L",
        "nomor_paspor": "C1000001", "kode_kab_kota": "52.03", "kode_kecamatan": None,
        "desa": None, "p3mi": None, "skema": "P2P", "sektor": "FORMAL", "jabatan": "OPERATOR",
        "negara_penempatan": "MYS", "tanggal_selesai_proses": "2025-05-20",
        "tanggal_mulai_kontrak": "2025-06-01", "tanggal_akhir_kontrak": "2027-05-31",
        "status": "TERBIT",
    } | given  # fmt: skip


def listed(number: int | str | None, **given: Any) -> Row:
    """A row of pemulangan: a man home from Myanmar as a victim, unless said otherwise."""
    return {
        "no": number, "nama": "BUDI SANTOSO", "jenis_kelamin": "L",
        "tanggal_lahir": "1990-05-17", "umur": None, "nomor_dokumen": "C1000001", "nik": None,
        "desa": None, "kecamatan": None, "kab_kota": "LOMBOK TIMUR",
        "provinsi": "NUSA TENGGARA BARAT", "negara": "MMR", "tanggal_tiba": "2025-09-01",
        "titik_tiba": "CGK", "kategori": "TPPO", "gelombang": None, "keterangan": None,
    } | given  # fmt: skip


def csv_text(
    rows: Sequence[Row], delimiter: str = ",", columns: Iterable[str] | None = None
) -> str:
    """CSV with a header; `columns` chooses and orders them."""
    text = io.StringIO()
    header = list(columns or rows[0])
    writer = csv.DictWriter(text, header, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(path: Path, content: Sequence[Row] | str | bytes, received: str | None = None) -> Path:
    """Write a delivery in the format that the ending of its name says.

    Rows of .csv have commas and are UTF-8; give text or bytes for anything else. `received` is
    the time of receipt, ISO 8601 with offset.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet" and not isinstance(content, str | bytes):
        pq.write_table(pa.Table.from_pylist(list(content)), path)
    elif path.suffix == ".xlsx" and not isinstance(content, str | bytes):
        _write_sheet(path, content)
    else:
        _write_text(path, content)
    if received:
        at = round(datetime.fromisoformat(received).timestamp() * 1_000_000_000)
        os.utime(path, ns=(at, at))
    return path


def _write_sheet(path: Path, rows: Sequence[Row]) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(path)


def _write_text(path: Path, content: Sequence[Row] | str | bytes) -> None:
    if not isinstance(content, str | bytes):
        content = csv_text(content)
    raw = content.encode() if isinstance(content, str) else content
    if path.suffix == ".gz":
        raw = gzip.compress(raw, mtime=0)
    if path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as packed:
            packed.write(raw)
        return
    path.write_bytes(raw)


# Suites run side by side, one to a core: a second thread to a night costs a third more of both.
THREADS = 1


def home(path: Path, key: str | None = "a key for tests") -> settings.Settings:
    """Settings for a home of its own."""
    return settings.Settings(settings.Home(path), key, "2GB", THREADS)
