"""Files of people who never saw this code: other programs, other words, other layouts."""

import csv
import datetime as dt
import gzip
import io
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from tests.cases.deliveries.people import case, name, text
from tests.cases.deliveries.writers import Sheet, ods, xls, xlsx

Line = list[Any]
WIDTHS = [25, 130, 25, 60, 65, 80, 50, 60, 60, 55, 50]
LIST = ["No", "Nama", "L/P", "Tgl Lahir", "No Paspor", "Kab/Kota", "Provinsi", "Negara", "Tgl Tiba",
        "Tempat Tiba", "Kasus"]  # fmt: skip
CROSSINGS = ["ID Perlintasan", "Arah", "Waktu Perlintasan", "Kode TPI", "Jenis Dokumen",
             "Nomor Paspor", "Nama Lengkap", "Tempat Lahir", "Tgl Lahir", "JK", "Warga Negara",
             "NIK", "Negara Tujuan", "Moda"]  # fmt: skip
PLACEMENTS = ["ID PMI", "No. KTP", "Nama PMI", "Tempat Lahir", "Tgl Lahir", "Jenis Kelamin",
              "No. Paspor", "Kode Kab/Kota", "Nama P3MI", "Skema Penempatan", "Sektor", "Jabatan",
              "Negara Tujuan", "Tgl Selesai Proses", "Tgl Mulai Kontrak", "Tgl Akhir Kontrak",
              "Status"]  # fmt: skip


def passport(n: int) -> str:
    """A number of an invented passport."""
    return f"C{1000000 + n}"


def home(n: int, **given: Any) -> Line:
    """Somebody on a list under LIST."""
    line = dict(zip(LIST, [
        str(n), name(n), "LP"[n % 2], f"{1 + n % 28:02}-05-1990", passport(n), "Lombok Timur",
        "NTB", "Myanmar", "01-09-2025", "CGK", "TPPO",
    ], strict=True))  # fmt: skip
    return list((line | given).values())


def came(first: int, last: int, **given: Any) -> list[dict[str, Any]]:
    """The records of `home(first)` to `home(last)`."""
    return [
        {"list_number": str(n), "full_name": name(n), "sex": "LP"[n % 2],
         "birth_date": f"1990-05-{1 + n % 28:02}", "document_number": passport(n),
         "regency_name": "Lombok Timur", "arrived_on": "2025-09-01", "category": "TPPO"} | given
        for n in range(first, last + 1)
    ]  # fmt: skip


def cross(n: int, **given: Any) -> Line:
    """A crossing under CROSSINGS."""
    line = dict(zip(CROSSINGS, [
        f"A{n}", "Keluar", "01/06/2025 08:00", "CGK", "Paspor RI", passport(n), name(n), "SELONG",
        "17-05-1990", "Laki-laki", "Indonesia", "5203011705900001", "Malaysia", "Udara",
    ], strict=True))  # fmt: skip
    return list((line | given).values())


def crossed(*numbers: int) -> list[dict[str, Any]]:
    """The records of these crossings."""
    return [
        {"crossing_id": f"A{n}", "direction": "KELUAR", "crossed_at": "2025-06-01T01:00:00+00:00",
         "document_number": passport(n), "birth_date": "1990-05-17", "sex": "L",
         "nik": "5203011705900001", "mode": "UDARA", "document_type": "PASPOR"}
        for n in numbers
    ]  # fmt: skip


def place(n: int, **given: Any) -> Line:
    """A placement under PLACEMENTS."""
    line = dict(zip(PLACEMENTS, [
        f"PMI{n}", "5203011705900001", name(n), "SELONG", "17 Mei 1990", "Perempuan", passport(n),
        "5203", "PT CONTOH", "P to P", "Informal", "Pengasuh", "Hong Kong", "2 Januari 2025",
        "1 Februari 2025", "31 Januari 2027", "Terbit",
    ], strict=True))  # fmt: skip
    return list((line | given).values())


def placed(n: int, **given: Any) -> dict[str, Any]:
    """The record of `place(n)`."""
    return {
        "placement_id": f"PMI{n}", "birth_date": "1990-05-17", "sex": "P", "scheme": "P2P",
        "agency": "PT CONTOH", "processed_on": "2025-01-02", "contract_starts_on": "2025-02-01",
        "contract_ends_on": "2027-01-31", "status": "TERBIT",
    } | given  # fmt: skip


# Workbooks


def workbooks() -> None:
    """Groups, marks, formatted emptiness, days counted from 1904, other words."""
    grouped = [["PEMULANGAN"], LIST, ["GELOMBANG I"], home(1), home(2), ["GELOMBANG II"], home(3)]
    case("pemulangan/109_waves_over_rows.xls", xls(Sheet(grouped)),
         [*came(1, 2, wave="I"), *came(3, 3, wave="II")], skipped=["heading"])  # fmt: skip
    without = [t for t in LIST if t != "Provinsi"]
    rows = [[c for t, c in zip(LIST, home(n), strict=True) if t != "Provinsi"] for n in (1, 2)]
    case("pemulangan/110_province_over_rows.ods",
         ods(Sheet([without, ["PROVINSI NTB"], rows[0], ["PROVINSI: JAWA BARAT"], rows[1]])),
         [*came(1, 1, province_name="NTB"), *came(2, 2, province_name="JAWA BARAT")])  # fmt: skip
    marks = ["No", "Nama", "L", "P", *LIST[3:]]
    case("pemulangan/111_l_and_p_as_titles.xlsx",
         xlsx(Sheet([marks, [*home(1)[:2], None, "√", *home(1)[3:]],
                     [*home(2)[:2], "√", None, *home(2)[3:]]])), came(1, 2))  # fmt: skip
    case("pemulangan/112_from_1904.xlsx", from_1904(),
         [{"list_number": str(n), "age": 30 + n, "arrived_on": f"2025-03-0{n}"} for n in (1, 2)],
         skipped=[])  # fmt: skip
    manifest = [["REPATRIATION MANIFEST"], ["No.", "Passenger", *[None] * 3, "Origin", None,
                "Repatriation", *[None] * 3],
                [None, "Full Name", "Gender", "Date of Birth", "Passport Number", "Regency",
                 "Province", "Country", "Arrival Date", "Port of Entry", "Reason"],
                home(1, **{"L/P": "Female", "Kasus": "Deportation"}),
                home(2, **{"L/P": "Male", "Kasus": "Human Trafficking"})]  # fmt: skip
    case("pemulangan/113_manifest.xlsx",
         xlsx(Sheet(manifest, merged=[(1, 1, 1, 4), (1, 5, 1, 6), (1, 7, 1, 10)])),
         [*came(1, 1, category="PEKERJA"), *came(2, 2)])  # fmt: skip
    days = ["01 - 09 - 2025", "2025.09.01", "01092025", "20250901", "2025-9-1", "Sept 1 2025",
            "1st September 2025", "tgl 1 September 2025", "1 SEPTEMBER2025", "1-Sep-25",
            "Senin, 1/9/25", "01 September 2025 pukul 14.00 WIB", "1/9/45"]  # fmt: skip
    dated = [home(n, **{"Tgl Tiba": day}) for n, day in enumerate(days, 1)]
    case("pemulangan/114_days_of_strangers.xlsx", xlsx(Sheet([LIST, *dated])),
         came(1, len(days) - 1), ["tanggal_tiba bad_event_date"])  # fmt: skip
    counted = [["DATA KEPENDUDUKAN BERSIH"], ["SEMESTER I TAHUN 2024"], [],
               ["NO", "KODE WILAYAH", "NAMA WILAYAH", "JUMLAH PENDUDUK", None, None],
               [None, None, None, "LAKI-LAKI", "PEREMPUAN", "JUMLAH"],
               [1, "52.01", "LOMBOK BARAT", "350.000", "360.000", "710.000"],
               ["TOTAL", None, None, 350000, 360000, 710000]]  # fmt: skip
    case("penduduk/115_half_year_in_the_title.xlsx",
         xlsx(Sheet(counted, merged=[(3, 3, 3, 5), (3, 0, 4, 0), (3, 1, 4, 1), (3, 2, 4, 2)])),
         [{"region_code": "52.01", "semester": "2024-1", "population_male": 350000,
           "population": 710000}], skipped=["total"], stated_rows=1)  # fmt: skip
    blocked = [["No", "ID Kasus", "Media Sosial", "Tgl Laporan", "Tgl Pemblokiran",
                "Negara yang Dijanjikan", "Lowongan"],
               [1, "K1", "Facebook", "3-Mar-25", "05/03/25", "Kamboja", "Operator"],
               [2, "K2", "TikTok", "4th March 2025", "belum", "Thailand", None]]  # fmt: skip
    case("takedown/116_other_words.xlsx", xlsx(Sheet([["REKAP TAKE DOWN"], *blocked])),
         [{"takedown_id": "K1", "reported_on": "2025-03-03", "blocked_on": "2025-03-05"},
          {"takedown_id": "K2", "reported_on": "2025-03-04", "blocked_on": None}])  # fmt: skip
    refused = [["NO", "ID PENUNDAAN", "TANGGAL PENUNDAAN", "TPI", "NAMA", "TTL", "TUJUAN",
                "ALASAN PENUNDAAN"],
               [1, "T1", "01 Juni 2025 08:00", "BTH", name(1), "SELONG, 17 Mei 1990", "Malaysia",
                "PMI Non Prosedural"]]  # fmt: skip
    case("penundaan/117_other_words.ods", ods(Sheet([["DATA PENUNDAAN"], *refused])),
         [{"refusal_id": "T1", "refused_at": "2025-06-01T01:00:00+00:00",
           "birth_date": "1990-05-17", "country_name": "Malaysia"}])  # fmt: skip


def from_1904() -> bytes:
    """Days that a Macintosh counted, above 500 formatted lines without content."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": True})
    book.set_properties({"created": dt.datetime(2025, 9, 2)})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
    border = book.add_format({"border": 1})
    titles = ["No", "Nama Lengkap WNI", "JK", "Umur", "Provinsi", "Negara", "Tanggal Kedatangan",
              "Bandara", "Kasus"]  # fmt: skip
    sheet.write_row(0, 0, titles)
    for n in (1, 2):
        sheet.write_row(n, 0, [n, name(n), "P", f"{30 + n} thn 3 bln", "Jabar", "Kamboja"])
        sheet.write_datetime(n, 6, dt.datetime(2025, 3, n), day)
        sheet.write_row(n, 7, ["Soekarno-Hatta", "Online Scam"])
    for y in range(3, 503):
        for x in range(len(titles)):
            sheet.write_blank(y, x, None, border)
    book.close()
    return out.getvalue()


# PDF


def drawn(size: tuple[float, float], *pages: list[Line], has_boxes: bool, turn: int = 0) -> bytes:
    """Lines of cells as a program draws them; `turn` as a scanner's driver sets it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    for number, lines in enumerate(pages, start=1):
        canvas.setPageRotation(turn)
        if turn == 90:
            canvas.translate(size[1], 0)
            canvas.rotate(90)
        canvas.setFont("Helvetica", 8)
        for n, line in enumerate(lines):
            y = size[1] - 50 - 15 * n
            for x, width, words in cells(line):
                if has_boxes and len(line) > 1:
                    canvas.rect(x - 2, y - 4, width, 15)
                canvas.drawString(x, y, words)
        canvas.drawRightString(size[0] - 40, 25, f"Halaman {number}/{len(pages)}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def cells(line: Line) -> Iterator[tuple[float, float, str]]:
    """(left, width, words) of each cell."""
    x = 40.0
    for width, words in zip(WIDTHS, line, strict=False):
        yield x, width, words
        x += width


def zebra() -> bytes:
    """Level rules and shades; the last row of several pages ends in the same words."""
    style = ParagraphStyle("cell", fontName="Helvetica", fontSize=7, leading=8)
    rows = [home(n, **{"Kab/Kota": "Kabupaten Lombok Timur bagian selatan"}) for n in range(1, 61)]
    shades = TableStyle([
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("ROWBACKGROUNDS", (0, 0), (-1, -1), [colors.white, colors.lightgrey]),
    ])  # fmt: skip
    table = [[Paragraph(words, style) for words in line] for line in [LIST, *rows]]
    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=landscape(A4), invariant=1)
    document.build([Table(table, WIDTHS, repeatRows=1, style=shades)])
    return out.getvalue()


def pdfs() -> None:
    """Documents drawn by hand, turned, with two tables on a page, of shaded rows."""
    wide = landscape(A4)
    people = [home(n) for n in range(1, 41)]
    case("pemulangan/118_drawn.pdf",
         drawn(wide, [["DAFTAR"], LIST, *people[:25]], [LIST, *people[25:]], has_boxes=False),
         came(1, 40), skipped=["repeated header"])  # fmt: skip
    case("pemulangan/119_turned.pdf",
         drawn(wide, [["DAFTAR"], LIST, *people[:15]], has_boxes=True, turn=90),
         came(1, 15))  # fmt: skip
    waves = [["GELOMBANG I"], LIST, *people[:4], [], ["GELOMBANG II"], LIST, *people[4:7]]
    case("pemulangan/120_two_tables_on_a_page.pdf", drawn(wide, waves, has_boxes=True),
         [*came(1, 4, wave="I"), *came(5, 7, wave="II")])  # fmt: skip
    case("pemulangan/121_zebra.pdf", zebra(),
         came(1, 60, regency_name="Kabupaten Lombok Timur bagian selatan"),
         positions=["page 3"])  # fmt: skip


# Texts


def texts() -> None:
    """Clocks with zones, short years, NIK as floats, pages of a list, disguises."""
    times = ["01/06/2025 08:00 WIB", "01/06/2025 09:00:00 WITA", "1 Juni 2025 pukul 10.00 WIT",
             "Minggu, 01 Juni 2025 08:00", "2025/06/01 08:00", "01/06/2025 8:00 AM",
             "01/06/25 08:00", "01-JUN-25 08.00.00.000000 AM", "01/06/2025 13:00 AM"]  # fmt: skip
    timed = [cross(n, **{"Waktu Perlintasan": at}) for n, at in enumerate(times, 1)]
    case("perlintasan/122_clocks.csv", text([CROSSINGS, *timed], "\t").encode("utf-16"),
         crossed(*range(1, len(times))), ["waktu_perlintasan bad_event_date"])  # fmt: skip
    floats = [cross(1, NIK="5203011705900001.0"), cross(2, NIK="5,20301E+15")]
    padded = [[*line, "", ""] for line in [CROSSINGS, *floats]]
    case("perlintasan/123_floats_of_another_program.csv",
         ("\ufeff" + text(padded, ";")).encode(), crossed(1), ["nik lost_digits"])  # fmt: skip
    short = [place(1, **{"Tgl Lahir": "17-05-90", "Tgl Selesai Proses": "02/01/25",
                         "Tgl Mulai Kontrak": "1-Feb-25", "Tgl Akhir Kontrak": "31 Jan 27"}),
             place(2, **{"Tgl Lahir": "17-Mei-20"}),
             place(3, **{"Tgl Selesai Proses": "02/01/60"})]  # fmt: skip
    case("penempatan/124_short_years.csv", text([PLACEMENTS, *short], "|").encode("cp1252"),
         [placed(1), placed(2, birth_date=None)],
         ["tanggal_selesai_proses bad_event_date"])  # fmt: skip
    foot = ["Halaman 1 dari 2", *[""] * 10]
    paged = [LIST, home(1), home(2), foot, LIST, home(3), foot]
    case("pemulangan/125_pages_in_csv.csv", text(paged, ";").encode(), came(1, 3),
         skipped=["repeated header"])  # fmt: skip
    again = text([CROSSINGS, cross(1), CROSSINGS, cross(2)], quoting=csv.QUOTE_MINIMAL)
    case("perlintasan/126_days_joined.csv", again.encode(), crossed(1, 2),
         skipped=["repeated header"])  # fmt: skip
    periods = [["Kode", "Periode", "Pria", "Wanita", "Total"],
               ["5201", "Semester 1 2024", "350,000", "360,000", "710,000"],
               ["5202", "2024/2", "500 000", "510 000", "1 010 000"],
               ["5203", "2024", 1, 2, 3]]  # fmt: skip
    case("penduduk/127_half_years.csv", text(periods, ";").encode(),
         [{"region_code": "5201", "semester": "2024-1", "population": 710000},
          {"region_code": "5202", "semester": "2024-2", "population": 1010000}],
         ["semester bad_semester"])  # fmt: skip
    packed = gzip.compress(text([CROSSINGS, cross(1)]).encode(), mtime=0)
    case("perlintasan/128_packed_without_its_ending.csv", packed, refused="unreadable_file")
    case("pemulangan/129_a_text_called_a_workbook.xlsx", text([LIST, home(1)]).encode(),
         refused="unreadable_file")  # fmt: skip
    case("pemulangan/130_a_web_page.xls", b"<html><table><tr><td>No</td></tr></table></html>",
         refused="unreadable_file")  # fmt: skip
    case("pemulangan/131_nothing.pdf", b"", refused="empty_file")
    case("perlintasan/132_typed.parquet", typed_parquet(),
         [{"crossing_id": str(n), "crossed_at": "2025-06-01T01:00:00+00:00",
           "birth_date": "1990-05-17", "nik": nik} for n, nik in ((1, "5203011705900001"),
                                                                  (2, None))])  # fmt: skip


def typed_parquet() -> bytes:
    """Crossings with numbers, days and moments for what they are."""
    rows = {
        "id_perlintasan": pa.array([1, 2], pa.decimal128(10, 0)),
        "arah": pa.array(["KELUAR", "KELUAR"]).dictionary_encode(),
        "waktu_perlintasan": pa.array([dt.datetime(2025, 6, 1, 8)] * 2, pa.timestamp("ns")),
        "tanggal_lahir": pa.array([dt.date(1990, 5, 17)] * 2, pa.date64()),
        "nik": pa.array([5203011705900001, None], pa.int64()),
        "nomor_dokumen": pa.array(["C1", "C2"], pa.large_string()),
    } | {
        column: pa.array(["X"] * 2)
        for column in ("kode_tpi", "jenis_dokumen", "nama_lengkap", "tempat_lahir",
                       "jenis_kelamin", "kewarganegaraan", "negara_tujuan_asal", "moda")
    }  # fmt: skip
    out = io.BytesIO()
    pq.write_table(pa.table(rows), out)
    return out.getvalue()


PARTS: list[Callable[[], None]] = [workbooks, pdfs, texts]
