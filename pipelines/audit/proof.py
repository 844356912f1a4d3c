"""What can be proved of an extract from its bytes alone, and what cannot."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
from python_calamine import CalamineWorkbook

from pipelines import contracts
from pipelines.audit import bundle, formats, manifest, signature, tables, workbook
from pipelines.audit.scope import Request, RequestError, of_manifest
from pipelines.audit.selection import COARSE
from pipelines.audit.suppression import K

PROVED, REFUTED, OPEN = "proved", "refuted", "not proved"
UNREADABLE = (pa.ArrowException, ValueError, KeyError, TypeError, IndexError, OSError)
DATA = ("departures.csv", "departures.parquet", "data.xlsx")


@dataclass(frozen=True)
class Claim:
    """One thing that was looked at: proved, refuted, or not proved."""

    code: str
    state: str
    id: str
    en: str


@dataclass(frozen=True)
class Extract:
    """An extract whose bytes are as they were signed."""

    files: Mapping[str, bytes]
    said: Mapping[str, Any]
    request: Request

    def rows(self, table: str) -> pa.Table:
        """The rows of departures or evidence."""
        return formats.read_parquet(self.files[f"{table}.parquet"])


def is_proved(claims: list[Claim]) -> bool:
    """Whether nothing was refuted."""
    return all(claim.state != REFUTED for claim in claims)


def opened(content: bytes) -> tuple[list[Claim], dict[str, bytes]]:
    """The files of a zip, and whether it is byte for byte as it was made."""
    try:
        files = bundle.unzipped(content)
    except bundle.BrokenError as error:
        return [_claim("zip", False, f"zip tidak utuh: {error}", str(error))], {}
    said = ("Zip persis seperti saat dibuat", "The zip is byte for byte as it was made")
    return [Claim("zip", PROVED, *said)], files


def integrity(files: Mapping[str, bytes], key: str | None) -> Iterator[Claim]:
    """Signature, key and digests. Stops at the first that does not hold."""
    try:
        whole, sign = files[manifest.MANIFEST], files[manifest.SIGNATURE]
        said = json.loads(whole)
        public, listed = str(said["public_key"]), dict(said["files"])
    except UNREADABLE:
        yield _claim("manifest", False, "Manifes tidak ada atau rusak",
                     "The manifest is missing or broken")  # fmt: skip
        return
    is_signed = signature.is_signed(whole, sign, key or public)
    yield _claim(
        "signature", is_signed, "Tanda tangan Ed25519 manifes", "Ed25519 signature of the manifest"
    )
    if not is_signed:
        return
    yield _whose(key, public)
    yield from _listed(files, listed)


def _whose(key: str | None, public: str) -> Claim:
    mark = signature.fingerprint(public)
    if key:
        return Claim("key", PROVED, "Ditandatangani dengan kunci yang diberikan (--key)",
                     "Signed with the key that was given (--key)")  # fmt: skip
    return Claim(
        "key", OPEN,
        f"Milik siapa kuncinya: bandingkan sidik {mark} dengan yang diumumkan, atau beri --key",
        f"Whose key it is: compare fingerprint {mark} with the one made known, or give --key",
    )  # fmt: skip


def _listed(files: Mapping[str, bytes], listed: Mapping[str, Any]) -> Iterator[Claim]:
    there = set(files) - set(manifest.OUTSIDE)
    differing = sorted(there ^ set(listed)) + sorted(
        name for name in there & set(listed)
        if listed[name] != {"bytes": len(files[name]), "sha256": sha256(files[name]).hexdigest()}
    )  # fmt: skip
    which = f": {', '.join(differing)}" if differing else f" ({len(listed)})"
    yield _claim(
        "files", not differing,
        f"SHA-256 dan ukuran setiap berkas, tidak kurang dan tidak lebih{which}",
        f"SHA-256 and size of every file, none missing and none added{which}",
    )  # fmt: skip


def extract_of(files: Mapping[str, bytes]) -> Extract:
    """An extract whose integrity is proved."""
    said = json.loads(files[manifest.MANIFEST])
    return Extract(files, said, of_manifest(said["request"]))


def content(extract: Extract) -> Iterator[Claim]:
    """Whether what the files say is one and the same, and small groups are withheld."""
    looks = [_request, _counts, _same_rows, _tables, _conserved]
    if not extract.request.is_identified and not extract.request.departures:
        looks.append(_withheld)
    for look in looks:
        try:
            yield look(extract)
        except (*UNREADABLE, RequestError):
            name = look.__name__.strip("_")
            yield _claim(name, False, f"{name}: tidak terbaca", f"{name}: cannot be read")


def _request(extract: Extract) -> Claim:
    is_same = extract.said["request_sha256"] == extract.request.digest
    return _claim("request", is_same, "Sidik permintaan", "Digest of the request")


def _counts(extract: Extract) -> Claim:
    found = {n: extract.rows(n).num_rows for n in ("departures", "evidence", "deliveries")}
    said = ", ".join(f"{name} {rows:,}" for name, rows in found.items())
    return _claim(
        "counts", found == extract.said["rows"],
        f"Jumlah baris sama dengan manifes: {said}",
        f"Row counts are those of the manifest: {said}",
    )  # fmt: skip


def _same_rows(extract: Extract) -> Claim:
    rows = formats.guarded(extract.rows("departures"))
    same = formats.read_csv(extract.files["departures.csv"], rows.schema).equals(rows)
    same = same and _sheet(extract.files["data.xlsx"], rows.num_rows) == _as_cells(
        extract.rows("departures")
    )
    return _claim(
        "same_rows", same, "Baris Parquet, CSV, dan XLSX sama",
        "Parquet, CSV and XLSX hold the same rows",
    )  # fmt: skip


def _sheet(content: bytes, rows: int) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    found: list[list[Any]] = []
    for name in workbook.sheets(rows):
        found += book.get_sheet_by_name(name).to_python(skip_empty_area=False)[1:]
    return found[:rows]


def _as_cells(rows: pa.Table) -> list[list[Any]]:
    """Rows as a workbook gives them back: what is missing is an empty text."""
    columns = [["" if v is None else v for v in column.to_pylist()] for column in rows.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _tables(extract: Extract) -> Claim:
    counted = tables.counted(extract.rows("departures"))
    same = all(
        formats.read_csv(extract.files[f"tables/{name}.csv"], rows.schema).equals(rows)
        for name, rows in counted.items()
    )
    return _claim(
        "tables", same, "Tabel sama dengan hitungan ulang baris",
        "The tables are what counting the rows gives",
    )  # fmt: skip


def _conserved(extract: Extract) -> Claim:
    deliveries = extract.rows("deliveries").to_pylist()
    totals = manifest.conservation(deliveries)
    is_so = totals == extract.said["conservation"] and manifest.holds(totals)
    return _claim(
        "conservation", is_so,
        "Kiriman di baliknya: baris = diterima + karantina + digantikan",
        "Deliveries behind it: rows = accepted + quarantined + superseded",
    )  # fmt: skip


def _withheld(extract: Extract) -> Claim:
    found = extract.rows("departures").group_by(list(COARSE)).aggregate([([], "count_all")])
    smallest = min(found["count_all"].to_pylist(), default=K)
    return _claim(
        "withheld", smallest >= K,
        f"Setiap gabungan nilai dimiliki sedikitnya {K} keberangkatan (terkecil {smallest})",
        f"Every combination of values is that of {K} departures or more (smallest {smallest})",
    )  # fmt: skip


def _claim(code: str, is_so: bool, indonesian: str, english: str) -> Claim:
    return Claim(code, PROVED if is_so else REFUTED, indonesian, english)


def schema_of(request: Request, table: str) -> pa.Schema:
    """The Arrow schema of a table of an extract."""
    return contracts.extracts()[request.kind, table].arrow_schema
