"""The files of an extract: typed, without formulas, readable, and in the language asked for."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pyarrow as pa
import pypdfium2
import pytest

from pipelines.audit import formats, workbook
from tests.audit import tiny

EVIL = ["=1+1", "+62812", "-2+3", "@SUM(A1)", "\tx", "https://example.org", "{=1}", "001"]


def sheet(rows: pa.Table) -> Any:
    book = workbook.written([("x", "=1")], rows, {}, rows, [], None)
    return openpyxl.load_workbook(BytesIO(book))["departures"]


def test_no_cell_of_the_workbook_is_a_formula_or_a_link() -> None:
    found = sheet(pa.table({"text": EVIL}))
    assert [cell.value for cell in found["A"][1:]] == EVIL
    assert {cell.data_type for cell in found["A"]} == {"s"}
    assert all(cell.hyperlink is None for cell in found["A"])


def test_numbers_days_and_truths_are_typed_and_what_is_missing_is_empty() -> None:
    day = date(2025, 3, 1)
    rows = pa.table({"n": [None, 1], "on": [None, day], "is": [None, True], "share": [None, 0.5]})
    found = [[cell.value for cell in line] for line in sheet(rows).iter_rows(min_row=2)]
    assert found == [[None] * 4, [1, datetime(2025, 3, 1), True, 0.5]]


def test_every_sheet_has_filters_and_a_header_that_stays() -> None:
    book = openpyxl.load_workbook(BytesIO(tiny.files()["data.xlsx"]))
    assert book.sheetnames[:2] == ["about", "departures"]
    assert book.sheetnames[-2:] == ["deliveries", "definitions"]
    for page in book:
        assert page.auto_filter.ref
        assert page.freeze_panes == "A2"


def test_the_workbook_defines_every_column_in_both_languages() -> None:
    book = openpyxl.load_workbook(BytesIO(tiny.files()["data.xlsx"]))
    header, *lines = book["definitions"].iter_rows(values_only=True)
    defined = {(line[0], line[1]) for line in lines}
    assert {("departures", cell.value) for cell in book["departures"][1]} <= defined
    assert header[3:] == ("meaning", "arti")
    assert all(line[3] and line[4] for line in lines)


@pytest.mark.parametrize("evil", EVIL[:5])
def test_a_text_of_the_csv_that_would_be_a_formula_is_guarded(evil: str) -> None:
    content = formats.csv(pa.table({"text": [evil]}))
    assert content.decode().splitlines()[1] == f'"\'{evil}"'


@pytest.mark.parametrize("plain", ["BUDI", "52.03", "2025-03", "a=b", ""])
def test_other_texts_are_written_as_they_are(plain: str) -> None:
    rows = pa.table({"text": pa.array([plain, None])})
    assert formats.csv(rows).decode() == f'"text"\n"{plain}"\n\n'
    assert formats.guarded(rows).equals(rows)


def words_of(language: str, **asked: Any) -> str:
    content = tiny.files(tiny.request(language=language, **asked))["ringkasan.pdf"]
    pages = pypdfium2.PdfDocument(content)
    return " ".join(page.get_textpage().get_text_bounded() for page in pages)


def test_the_summary_is_indonesian_english_or_both() -> None:
    indonesian, english, both = (words_of(language) for language in ("id", "en", "both"))
    assert "Ringkasan ekstrak audit" in indonesian
    assert "Summary of" not in indonesian
    assert "Summary of the audit extract" in english
    assert "Ringkasan ekstrak" not in english.replace("ringkasan.pdf", "")
    assert "Ringkasan ekstrak audit" in both
    assert "Summary of the audit extract" in both


def test_the_summary_says_who_asked_what_was_found_and_what_is_not_said() -> None:
    text = " ".join(words_of("en").split())
    for said in ("Ombudsman RI", "UU 37/2008 pasal 8", "1 January 2025 to 31 December 2025",
                 "Departures in this scope: 60", "Of these 10 (16.7 %)",
                 "does not mean undocumented", tiny.NIGHT["key_fingerprint"]):  # fmt: skip
        assert said in text, said


def test_words_of_the_request_are_never_markup() -> None:
    assert "<b>R&D</b>" in words_of("id", requester="<b>R&D</b>")


def test_the_fonts_are_in_the_file() -> None:
    """Else it looks another way on another machine."""
    assert tiny.files()["ringkasan.pdf"].count(b"/FontFile2") >= 2
