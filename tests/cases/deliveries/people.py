"""What the cases of the corpus are made of: invented people, and what must become of each file."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILES, EXPECTED = HERE / "files", HERE / "expected.json"
TITLES = ["No", "Nama Lengkap", "L/P", "Tgl. Lahir", "No. Paspor/SPLP", "Kab/Kota", "Provinsi",
          "Negara", "Tanggal Tiba", "Titik Tiba", "Kategori"]  # fmt: skip
WORDS = ["ANI", "BUDI", "CITRA", "DEDI", "EKA", "FAJAR", "GITA", "HADI", "INTAN", "JOKO"]
CASES: dict[str, dict[str, Any]] = {}


def case(
    path: str,
    content: bytes,
    accepted: list[dict[str, Any]] = (),  # type: ignore[assignment]
    apart: list[str] = (),  # type: ignore[assignment]
    refused: str | None = None,
    **also: Any,
) -> None:
    """One file and what must become of it: rows accepted, reasons of rows set apart, or refusal."""
    file = FILES / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    CASES[path] = {"refused": refused, "accepted": list(accepted), "apart": sorted(apart)} | also


# People


def name(n: int) -> str:
    """An invented name."""
    return f"{WORDS[n % 10]} CONTOH {chr(65 + n // 10 % 26)}{chr(65 + n % 26)}"


def person(n: int, **given: Any) -> list[Any]:
    """A line of a list under TITLES."""
    line: dict[str, Any] = dict(zip(TITLES, [
        n, name(n), "LP"[n % 2], dt.date(1980 + n % 25, 1 + n % 12, 1 + n % 28), f"C{1000000 + n}",
        "LOMBOK TIMUR", "NTB", "Myanmar", dt.date(2025, 9, 1), "CGK", "TPPO",
    ], strict=True))  # fmt: skip
    return list((line | given).values())


def kept(n: int, number: str | None = None, **given: Any) -> dict[str, Any]:
    """The record that `person(n)` becomes."""
    return {
        "list_number": number or str(n), "full_name": name(n), "sex": "LP"[n % 2],
        "birth_date": dt.date(1980 + n % 25, 1 + n % 12, 1 + n % 28).isoformat(),
        "document_number": f"C{1000000 + n}", "country_name": "Myanmar",
        "arrived_on": "2025-09-01", "category": "TPPO",
    } | given  # fmt: skip


def people(first: int, last: int) -> list[list[Any]]:
    """Lines of persons first to last."""
    return [person(n) for n in range(first, last + 1)]


def records(first: int, last: int, **given: Any) -> list[dict[str, Any]]:
    """The records of these lines."""
    return [kept(n, **given) for n in range(first, last + 1)]


def words_only(lines: list[list[Any]]) -> list[list[str]]:
    """Lines as text: dates as Indonesian papers write them."""
    return [
        ["" if c is None else c.strftime("%d-%m-%Y") if isinstance(c, dt.date) else str(c)
         for c in line]
        for line in lines
    ]  # fmt: skip


def text(lines: list[list[Any]], delimiter: str = ",", **options: Any) -> str:
    """Lines as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n", **options).writerows(
        words_only(lines)
    )
    return out.getvalue()


TITLE = [["DAFTAR PEMULANGAN PMI"], ["SATGAS TPPO"], [], ["Tahun 2025"]]
SIGNED = [[], [None, None, "Jakarta, 2 September 2025"], [None, None, "Kepala Satgas"], [],
          [None, None, "(................)"]]  # fmt: skip
