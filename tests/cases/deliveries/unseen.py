"""Files in shapes that were met late: as consulates, BP3MI and task forces lay their lists out."""

import csv
import io
from collections.abc import Callable
from itertools import accumulate

from tests.cases.deliveries.people import (
    SIGNED,
    TITLES,
    case,
    kept,
    people,
    person,
    records,
    text,
    words_only,
)  # fmt: skip
from tests.cases.deliveries.writers import Pdf, Sheet, ods, ruled, xls, xlsx

WIDTHS = [26, 120, 28, 62, 74, 90, 60, 70, 66, 56, 60]
LEFT = [30.0, *accumulate(WIDTHS, initial=30.0)][1:-1]


def headers() -> None:
    """Titles in English, in two languages, in other words, over lines, in another order."""
    english = ["#", "Full Name", "Sex", "Date of Birth", "Passport No.", "Regency/City",
               "Province of Origin", "Country", "Date of Arrival", "Airport", "Case"]  # fmt: skip
    others = ["NO URUT", "NAMA KORBAN", "JNS KELAMIN", "TGL LHR", "NO. DOKUMEN PERJALANAN",
              "KOTA/KABUPATEN", "ASAL PROVINSI", "ASAL NEGARA", "TGL KEPULANGAN",
              "PELABUHAN KEDATANGAN", "STATUS KASUS"]  # fmt: skip
    two = ["No.", "Nama / Name", "Jenis Kelamin / Sex", "Tanggal Lahir / Date of Birth",
           "No. Paspor / Passport No.", "Kab/Kota", "Provinsi / Province", "Negara / Country",
           "Tanggal Tiba / Date of Arrival", "Titik Tiba", "Kategori *)"]  # fmt: skip
    case("pemulangan/84_english_titles.xlsx", xlsx(Sheet([english, *people(1, 4)])),
         records(1, 4))  # fmt: skip
    case("pemulangan/85_other_words.xls", xls(Sheet([others, *people(1, 4)])), records(1, 4))
    case("pemulangan/86_two_languages.ods", ods(Sheet([two, *people(1, 4), [], ["*) sementara"]])),
         records(1, 4), skipped=["after the table"])  # fmt: skip
    broken = [title.replace(" ", "\n") for title in TITLES]
    case("pemulangan/87_titles_over_lines.csv", text([broken, *people(1, 3)]).encode(),
         records(1, 3))  # fmt: skip
    case("pemulangan/88_titles_over_lines.xlsx", xlsx(Sheet([broken, *people(1, 3)])),
         records(1, 3))  # fmt: skip
    spaced = [[None, *line[:2], None, *line[2:]] for line in [TITLES, *people(1, 3)]]
    case("pemulangan/89_blank_columns.xlsx", xlsx(Sheet([[], [None, "KJRI"], [], *spaced])),
         records(1, 3))  # fmt: skip
    over = [["NO", "NAMA", "L/P", "TEMPAT DAN TANGGAL LAHIR", None, *TITLES[4:]],
            [None, None, None, "TEMPAT", "TANGGAL", *[None] * 7],
            *([*person(n)[:3], "SELONG", *person(n)[3:]] for n in (1, 2))]  # fmt: skip
    merged = [(0, 3, 0, 4), *((0, n, 1, n) for n in (0, 1, 2, *range(5, 12)))]
    case("pemulangan/90_place_and_day_under_one_title.ods", ods(Sheet(over, merged=merged)),
         records(1, 2))  # fmt: skip


def rows() -> None:
    """People who share a cell, marks for the same again, tables beside each other."""
    shared = [TITLES, person(1), person(2, No=None), person(3)]
    case("pemulangan/91_two_people_under_one_number.xlsx",
         xlsx(Sheet(shared, merged=[(1, 0, 2, 0)])), [kept(1), kept(3)],
         ["no missing_key"])  # fmt: skip
    again = [TITLES, person(1),
             person(2, **{"Provinsi": '"', "Negara": "sda", "Tanggal Tiba": "s.d.a."}),
             person(3, **{"Nama Lengkap": '"', "Negara": "idem"})]  # fmt: skip
    case("pemulangan/92_the_same_as_above.xlsx", xlsx(Sheet(again)),
         [kept(1), kept(2, province_name="NTB"), kept(3, full_name='"')])  # fmt: skip
    beside = [["Negara: Myanmar"], [*TITLES, None, *TITLES],
              *([*person(n), None, *person(n + 3)] for n in (1, 2, 3))]  # fmt: skip
    case("pemulangan/93_tables_beside_each_other.xlsx", xlsx(Sheet(beside)), records(1, 6),
         positions=["table 2"])  # fmt: skip
    below = [TITLES, *people(1, 5), [], ["REKAPITULASI"], ["Provinsi", "L", "P", "Jumlah"],
             ["NTB", 2, 3, 5], ["Total", 2, 3, 5]]  # fmt: skip
    case("pemulangan/94_a_summary_below_the_list.xlsx", xlsx(Sheet(below)), records(1, 5),
         ["tanggal_tiba bad_event_date"] * 2, stated_rows=7)  # fmt: skip
    days = ["September 1, 2025", "1 Agust 2025", "01/09/2025 14.30", "Senin 1 September 2025",
            "05/17/2025", "sebelum 01-09-2025"]  # fmt: skip
    read = ["2025-09-01", "2025-08-01", "2025-09-01", "2025-09-01"]
    dated = [TITLES, *(person(n, **{"Tanggal Tiba": d}) for n, d in enumerate(days, 1))]
    case("pemulangan/95_days_in_further_forms.xlsx", xlsx(Sheet(dated)),
         [kept(n, arrived_on=day) for n, day in enumerate(read, 1)],
         ["tanggal_tiba bad_event_date"] * 2)  # fmt: skip
    born = [TITLES, person(1, **{"Tgl. Lahir": "Selong/17-05-1990"}),
            person(2, **{"Tgl. Lahir": "SELONG\n17 Mei 1990"})]  # fmt: skip
    case("pemulangan/96_place_and_day_with_a_stroke.xls", xls(Sheet(born)),
         [kept(n, birth_date="1990-05-17") for n in (1, 2)])  # fmt: skip


def texts() -> None:
    """CSV that a spreadsheet program wrote: totals, empty rows and words below, no titles above."""
    blank = [None] * 10
    total = text([TITLES, *people(1, 5), ["JUMLAH", 5, *blank[1:]]], ";")
    case("pemulangan/97_total_without_titles.csv", ("\ufeff" + total).encode(), records(1, 5),
         skipped=["total"], stated_rows=5)  # fmt: skip
    short = text([TITLES, *people(1, 5)]) + "TOTAL : 6 orang\r\n"
    case("pemulangan/98_a_total_that_does_not_match.csv", short.encode(), records(1, 5),
         skipped=["total"], stated_rows=6)  # fmt: skip
    parted = [TITLES, *people(1, 3), ["Sub Total", 3, *blank[1:]], *people(4, 5),
              ["Sub Total", 2, *blank[1:]], ["TOTAL", 5, *blank[1:]], [None, *blank],
              *([*line, *[None] * (11 - len(line))] for line in SIGNED)]  # fmt: skip
    case("pemulangan/99_subtotals_and_signature.csv", text(parted, ";").encode("cp1252"),
         records(1, 5), skipped=["total", "after the table"], stated_rows=5)  # fmt: skip
    padded = text([[*line, None, None] for line in [TITLES, *people(1, 3), [None, *blank]]], ";")
    case("pemulangan/100_empty_rows.csv", padded.encode(), records(1, 3))
    noted = text([TITLES, *people(1, 3)]) + "Catatan: data sementara, menunggu verifikasi\r\n"
    case("pemulangan/101_words_below.csv", noted.encode(), records(1, 3),
         skipped=["after the table"])  # fmt: skip
    titled = text([["DAFTAR", *blank], TITLES, *people(1, 3)], "\t")
    case("pemulangan/102_titles_in_utf16.csv", titled.encode("utf-16"), records(1, 3))
    ragged = text([TITLES, *people(1, 2)]) + "3,CITRA CONTOH\r\n" + text([person(4), ["Total", 4]])
    case("pemulangan/103_cut_between_rows.csv", ragged.encode(), [kept(1), kept(2), kept(4)],
         ["malformed_row"], stated_rows=4)  # fmt: skip
    out = io.StringIO()
    csv.writer(out).writerows([["id_perlintasan", "arah"], ["A1", "KELUAR"], ["JUMLAH", 1]])
    case("perlintasan/104_total_of_a_cut_export.csv", out.getvalue().encode(), [],
         ["waktu_perlintasan missing_column"], stated_rows=1)  # fmt: skip


def pdfs() -> None:
    """Documents: footers that look like rows, rows that only some rules part, rows cut in two."""
    document = Pdf()
    for first in (1, 11):
        document.page()
        for n, line in enumerate([TITLES, *words_only(people(first, first + 9))]):
            white(document, 60 + n * 16, line)
        document.text(30, 570, "BP3MI Kepulauan Riau", 8)
        document.text(300, 570, "rahasia", 8)
        document.text(700, 570, f"Halaman {first // 10 + 1}", 8)
    case("pemulangan/105_footers_in_columns.pdf", document.bytes(), records(1, 20),
         skipped=["after the table"])  # fmt: skip

    document = Pdf()
    document.page()
    document.rule(30, 50, 732, 50)
    for n, line in enumerate([TITLES, *words_only(people(1, 8))]):
        top = 50 + n * 30
        wrapped = [cell.replace(" ", "\n") if n == 0 else cell for cell in line]
        wrapped[5] = wrapped[5].replace(" ", "\n")
        white(document, top + 18, wrapped)
        document.rule(30, top + 30, 732, top + 30)
    case("pemulangan/106_level_rules_alone.pdf", document.bytes(), records(1, 8))

    document = Pdf()
    document.page()
    rows = [TITLES, *words_only(people(1, 6))]
    for x in (*LEFT, 732.0):
        document.rule(x, 50, x, 50 + 16 * len(rows))
    document.rule(30, 50, 732, 50)
    document.rule(30, 50 + 16 * len(rows), 732, 50 + 16 * len(rows))
    for n, line in enumerate(rows):
        white(document, 61 + n * 16, line)
    case("pemulangan/107_upright_rules_alone.pdf", document.bytes(), records(1, 6))

    document = Pdf()
    document.page()
    end = ruled(document, 50, [float(w) for w in WIDTHS], [TITLES, *words_only(people(1, 3))])
    for x in (*LEFT, 732.0):
        document.rule(x, end, x, end + 40)
    white(document, end + 11, words_only(people(4, 4))[0])
    document.page()
    ruled(document, 50, [float(w) for w in WIDTHS], [TITLES, *words_only(people(5, 6))])
    case("pemulangan/108_a_row_open_at_the_end_of_a_page.pdf", document.bytes(), records(1, 6))


def white(document: Pdf, y: float, line: list[str]) -> None:
    """A line of cells, each in its column; those over two lines around the middle of the row."""
    for x, words in zip(LEFT, line, strict=True):
        parts = words.split("\n")
        for n, part in enumerate(parts):
            document.text(x + 2, y + 10 * (n - (len(parts) - 1) / 2), part, 8)


PARTS: list[Callable[[], None]] = [headers, rows, texts, pdfs]
