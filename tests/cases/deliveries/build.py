"""Write the corpus: files as agencies send them, each with what must become of every row of it.

`python -m tests.cases.deliveries.build` writes files/ and expected.json anew. All people are
invented. What is expected is said by the case that writes the file, never read back from it.
"""

import csv
import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.cases.deliveries import strangers, unseen
from tests.cases.deliveries.people import (
    CASES,
    EXPECTED,
    SIGNED,
    TITLE,
    TITLES,
    case,
    kept,
    name,
    people,
    person,
    records,
    text,
    words_only,
)  # fmt: skip
from tests.cases.deliveries.writers import Pdf, Sheet, ods, ruled, xls, xlsx

# Workbooks


def workbooks() -> None:
    """Lists in three formats and every shape that people give them."""
    plain = [TITLES, *people(1, 5)]
    for ending, writer in (("xlsx", xlsx), ("xls", xls), ("ods", ods)):
        case(f"pemulangan/01_plain.{ending}", writer(Sheet(plain)), records(1, 5))
        framed = [*TITLE, TITLES, *people(1, 6), *SIGNED]
        case(
            f"pemulangan/02_titles_and_signature.{ending}",
            writer(Sheet(framed, merged=[(0, 0, 0, 10), (1, 0, 1, 10)])),
            records(1, 6), skipped=["title", "after the table"],
        )  # fmt: skip
        two = [*TITLE, *two_lines(), *people(1, 4)]
        case(
            f"pemulangan/03_two_line_header.{ending}",
            writer(Sheet(two, merged=[(4, 3, 4, 4), (4, 5, 4, 6), (4, 8, 4, 9),
                                      *((4, n, 5, n) for n in (0, 1, 2, 7, 10))])),
            records(1, 4),
        )  # fmt: skip
        waves = [Sheet([["GELOMBANG I"], TITLES, *people(1, 3)], "Gelombang 1"),
                 Sheet([["GELOMBANG II"], TITLES, *[person(n + 10, No=n) for n in (1, 2)]],
                       "Gelombang 2")]  # fmt: skip
        case(
            f"pemulangan/04_a_sheet_per_wave.{ending}", writer(*waves),
            [*records(1, 3, wave="1"), *(kept(n + 10, f"2/{n}", wave="2") for n in (1, 2))],
        )  # fmt: skip
        merged = [TITLES, *(person(n) if n in (1, 4) else person(n, Provinsi=None, Negara=None)
                            for n in range(1, 6))]  # fmt: skip
        case(
            f"pemulangan/05_merged_down.{ending}",
            writer(Sheet(merged, merged=[(1, 6, 3, 6), (1, 7, 3, 7), (4, 6, 5, 6), (4, 7, 5, 7)])),
            records(1, 5, province_name="NTB"),
        )  # fmt: skip
    total = [TITLES, *people(1, 3), ["Sub Total", None, 3], *people(4, 5), ["Sub Total", None, 2],
             ["JUMLAH", None, 5]]  # fmt: skip
    case("pemulangan/06_totals.xlsx", xlsx(Sheet(total)), records(1, 5), skipped=["total"],
         stated_rows=5)  # fmt: skip
    wrong = [TITLES, *people(1, 5), ["TOTAL : 7 orang"]]
    case("pemulangan/07_total_that_does_not_match.xls", xls(Sheet(wrong)), records(1, 5),
         skipped=["total"], stated_rows=7)  # fmt: skip
    grouped = [TITLES, ["PROVINSI NTB"], *people(1, 2), ["PROVINSI JAWA TENGAH"], *people(3, 4)]
    case("pemulangan/08_group_headings.ods", ods(Sheet(grouped, merged=[(1, 0, 1, 10)])),
         records(1, 4), skipped=["heading"])  # fmt: skip
    repeated = [TITLES, *people(1, 3), [], TITLES, *people(4, 5)]
    case("pemulangan/09_header_again.xlsx", xlsx(Sheet(repeated)), records(1, 5),
         skipped=["repeated header"])  # fmt: skip
    numbered = [TITLES, [f"({n})" for n in range(1, 12)], *people(1, 3)]
    case("pemulangan/10_column_numbers.xlsx", xlsx(Sheet(numbered)), records(1, 3),
         skipped=["column numbers"])  # fmt: skip
    empty = [TITLES, *people(1, 2), *([n] for n in range(3, 9))]
    case("pemulangan/11_numbers_without_people.xlsx", xlsx(Sheet(empty)), records(1, 2),
         skipped=["number without content"])  # fmt: skip
    hidden = [Sheet([TITLES, *people(1, 3)]), Sheet([TITLES, *people(1, 2)], "lama", hidden=True)]
    case("pemulangan/12_hidden_sheet.xlsx", xlsx(*hidden), records(1, 3), ["hidden_sheet"] * 3)
    case("pemulangan/13_hidden_columns.xlsx", xlsx(Sheet([TITLES, *people(1, 3)],
         hidden_columns="EF")), records(1, 3))  # fmt: skip
    said = [["Negara : Myanmar"], ["Tanggal Tiba", "1 September 2025"],
            [t for t in TITLES if t not in ("Negara", "Tanggal Tiba")],
            *([c for t, c in zip(TITLES, person(n), strict=True)
               if t not in ("Negara", "Tanggal Tiba")] for n in (1, 2))]  # fmt: skip
    case("pemulangan/14_said_in_the_title.xlsx", xlsx(Sheet(said)), records(1, 2))
    niks = [[*TITLES, "NIK"], [*person(1), 3.20112e15], [*person(2), "3201121705900001"],
            [*person(3), "3,20112E+15"], [*person(4), None], [*person(5), 5203011705900001]]  # fmt: skip # noqa: E501
    case("pemulangan/15_nik_as_float.xlsx", xlsx(Sheet(niks)),
         [kept(2, nik="3201121705900001"), kept(4, nik=None)], ["nik lost_digits"] * 3)  # fmt: skip
    days: list[tuple[Any, str | None]] = [
        (45901, "2025-09-01"), ("45901", "2025-09-01"), ("1 September 2025", "2025-09-01"),
        ("Senin, 1 September 2025", "2025-09-01"), ("01/09/2025", "2025-09-01"),
        ("2025-09-01", "2025-09-01"), ("1-Sep-2025", "2025-09-01"), ("31/02/2025", None),
        ("kemarin", None), (None, None),
    ]  # fmt: skip
    dated = [TITLES, *(person(n, **{"Tanggal Tiba": d}) for n, (d, _) in enumerate(days, 1))]
    case("pemulangan/16_days_in_every_form.xlsx", xlsx(Sheet(dated)),
         [kept(n, arrived_on=found) for n, (_, found) in enumerate(days, 1) if found],
         ["tanggal_tiba bad_event_date"] * 3)  # fmt: skip
    born = [TITLES, person(1, **{"Tgl. Lahir": "Lombok Timur, 17-05-1990"}),
            person(2, **{"Tgl. Lahir": "17 Agustus 1985"}), person(3, **{"Tgl. Lahir": "1985"})]  # fmt: skip # noqa: E501
    born[0] = [t if t != "Tgl. Lahir" else "Tempat, Tgl Lahir" for t in TITLES]
    case("pemulangan/17_place_and_day_of_birth.xlsx", xlsx(Sheet(born)),
         [kept(1, birth_date="1990-05-17"), kept(2, birth_date="1985-08-17"),
          kept(3, birth_date=None)])  # fmt: skip
    marks = [["No", "Nama", "Jenis Kelamin", None, *TITLES[3:]], [None, None, "L", "P"],
             *([n, name(n), *(("v", None) if n % 2 == 0 else (None, "v")), *person(n)[3:]]
               for n in range(1, 5))]  # fmt: skip
    merged_marks = [(0, 2, 0, 3), *((0, n, 1, n) for n in (0, 1, *range(4, 12)))]
    case("pemulangan/18_a_column_for_each_sex.xlsx", xlsx(Sheet(marks, merged=merged_marks)),
         records(1, 4))  # fmt: skip
    aged = [["No", "Nama", "L/P", "Umur", *TITLES[4:]],
            *([n, name(n), "LP"[n % 2], age, *person(n)[4:]]
              for n, age in enumerate(("34", "34 th", 34, "tiga puluh"), 1))]  # fmt: skip
    case(
        "pemulangan/19_ages_in_words.xlsx",
        xlsx(Sheet(aged)),
        [kept(n, birth_date=None, age=age) for n, age in enumerate((34, 34, 34, None), 1)],
    )
    lost = [TITLES, *people(1, 2), person(3, No=None), [4, name(4)], *people(5, 6),
            [None, None, "tanpa nomor", None, "C999"], person(7)]  # fmt: skip
    case("pemulangan/20_rows_that_lack_something.xlsx", xlsx(Sheet(lost)),
         [*records(1, 2), *records(5, 7)],
         ["no missing_key", "tanggal_tiba bad_event_date", "fragment"])  # fmt: skip
    rest = [Sheet([["REKAPITULASI"], ["Provinsi", "Orang"], ["NTB", 5], ["Total", 5]], "Rekap"),
            Sheet([TITLES, *people(1, 5)], "Daftar")]  # fmt: skip
    case("pemulangan/21_a_summary_before_the_list.xlsx", xlsx(*rest), records(1, 5))
    case("pemulangan/22_no_header.xlsx", xlsx(Sheet(people(1, 4))), [], ["no_header"] * 4)
    other = [[*TITLES, "Nomor HP", None], [*person(1), "0812", "x"], [*person(2), None, None]]
    case("pemulangan/23_unknown_columns.xlsx", xlsx(Sheet(other)), records(1, 2))
    case("pemulangan/24_empty.xlsx", xlsx(Sheet([])), refused="empty_file")
    case("pemulangan/25_locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
         + "EncryptedPackage".encode("utf-16-le"), refused="encrypted_file")  # fmt: skip
    formula = [TITLES, person(1), person(2, **{"Nama Lengkap": '=HYPERLINK("http://x","klik")'}),
               person(3, **{"Nama Lengkap": "@SUM(1;2)"})]  # fmt: skip
    case("pemulangan/26_formulas.csv", text(formula).encode(), records(1, 1),
         ["nama formula"] * 2)  # fmt: skip
    placed = ["ID PMI", "NIK", "Nama PMI", "Tempat Lahir", "Tanggal Lahir", "Jenis Kelamin",
              "Kode Kabupaten", "Skema", "Sektor", "Jabatan", "Negara Penempatan",
              "Tanggal Selesai Proses", "Tanggal Mulai Kontrak", "Tanggal Akhir Kontrak",
              "Status"]  # fmt: skip
    rows = [[f"PMI-{n}", f"52030117059000{n:02}", name(n), "SELONG", dt.date(1990, 5, 17), "P",
             "52.03", "P2P", "FORMAL", "PERAWAT", "Taiwan", dt.date(2025, 5, 20),
             dt.date(2025, 6, 1), dt.date(2027, 5, 31), "TERBIT"] for n in range(1, 4)]  # fmt: skip
    case(
        "penempatan/27_placements.xlsx",
        xlsx(Sheet([["SISKOP2MI"], placed, *rows])),
        [{"placement_id": f"PMI-{n}", "processed_on": "2025-05-20"} for n in range(1, 4)],
    )


def two_lines() -> list[list[Any]]:
    """A header over two lines, with titles that stand over two columns."""
    return [
        ["No", "Nama", "L/P", "Identitas", None, "Asal", None, "Negara", "Tiba", None, "Kategori"],
        [None, None, None, "Tanggal Lahir", "No Paspor", "Kab/Kota", "Provinsi", None, "Tanggal",
         "Titik", None],
    ]  # fmt: skip


# PDF

WIDTHS = [26, 120, 28, 62, 74, 90, 60, 70, 66, 56, 60]


def pdfs() -> None:
    """Lists as documents, ruled and not."""
    document = Pdf()
    for first in (1, 16, 31):
        document.page().text(300, 30, "DAFTAR PEMULANGAN WNI", 12)
        ruled(document, 50, WIDTHS, [TITLES, *words_only(people(first, first + 14))])
        document.text(400, 570, f"Halaman {first // 15 + 1} dari 3", 8)
    case("pemulangan/30_ruled_over_pages.pdf", document.bytes(), records(1, 45),
         positions=["page 3"])  # fmt: skip

    document = Pdf()
    for first in (1, 16):
        document.page()
        head = [TITLES] if first == 1 else []
        ruled(document, 50, WIDTHS, [*head, *words_only(people(first, first + 14))])
    case("pemulangan/31_header_on_the_first_page_only.pdf", document.bytes(), records(1, 30))

    document = Pdf()
    document.page()
    wrapped = words_only(people(1, 8))
    for line in wrapped[::2]:
        line[1] = line[1].replace(" CONTOH", "\nCONTOH")
        line[5] = "LOMBOK\nTIMUR"
    ruled(document, 50, WIDTHS, [[t.replace(" ", "\n") for t in TITLES], *wrapped])
    case("pemulangan/32_wrapped_cells.pdf", document.bytes(), records(1, 8))

    document = Pdf()
    document.page().text(300, 30, "DAFTAR", 12)
    lines = [TITLES, *words_only(people(1, 20))]
    for n, line in enumerate(lines):
        x = 30.0
        for width, words in zip(WIDTHS, line, strict=True):
            document.text(x, 60 + n * 16, words, 8)
            x += width
    document.text(30, 60 + 21 * 16 + 20, "Jakarta, 2 September 2025")
    case("pemulangan/33_without_rules.pdf", document.bytes(), records(1, 20))

    document = Pdf()
    document.page()
    end = ruled(document, 50, WIDTHS, [TITLES, *words_only(people(1, 6)),
                                       ["", "JUMLAH", "8", *[""] * 8]])  # fmt: skip
    document.text(600, end + 40, "Kepala BP3MI")
    case("pemulangan/34_total_and_signature.pdf", document.bytes(), records(1, 6), stated_rows=8,
         skipped=["total", "after the table"])  # fmt: skip

    document = Pdf()
    document.page().picture()
    document.page().picture()
    case("pemulangan/35_scanned.pdf", document.bytes(), refused="scanned_pdf")
    document = Pdf()
    document.page().text(50, 50, "Surat pengantar: terlampir daftar pemulangan.")
    case("pemulangan/36_a_letter.pdf", document.bytes(), refused="no_table")
    case("pemulangan/37_damaged.pdf", b"%PDF-1.7\nnothing", refused="unreadable_file")


# CSV


def crossing(n: int, **given: Any) -> dict[str, Any]:
    """A crossing; see tests/papers.py."""
    return {
        "id_perlintasan": f"A{n}", "arah": "KELUAR",
        "waktu_perlintasan": "2025-06-01T08:00:00+07:00", "kode_tpi": "CGK",
        "jenis_dokumen": "PASPOR", "nomor_dokumen": f"C{1000000 + n}", "nama_lengkap": name(n),
        "tempat_lahir": "SELONG", "tanggal_lahir": "1990-05-17", "jenis_kelamin": "L",
        "kewarganegaraan": "IDN", "nik": None, "negara_tujuan_asal": "MYS", "moda": "UDARA",
    } | given  # fmt: skip


def crossings(rows: list[dict[str, Any]], delimiter: str = ",", **options: Any) -> str:
    """Crossings as CSV."""
    return text([list(rows[0]), *(list(row.values()) for row in rows)], delimiter, **options)


def crossed(first: int, last: int, **given: Any) -> list[dict[str, Any]]:
    """The records of these crossings."""
    return [
        {"crossing_id": f"A{n}", "full_name": name(n),
         "crossed_at": "2025-06-01T01:00:00+00:00"} | given
        for n in range(first, last + 1)
    ]  # fmt: skip


def texts() -> None:
    """CSV as it comes: exported, cut, quoted wrongly, in the wrong encoding."""
    five = [crossing(n) for n in range(1, 6)]
    case("perlintasan/40_semicolons.csv", crossings(five, ";").encode(), crossed(1, 5))
    case("perlintasan/41_hint_above.csv", b"sep=;\r\n" + crossings(five, ";").encode(),
         crossed(1, 5))  # fmt: skip
    case("perlintasan/42_utf16.csv", crossings(five, "\t").encode("utf-16"), crossed(1, 5))
    case("perlintasan/43_packed.csv.gz", gzip.compress(crossings(five).encode(), mtime=0),
         crossed(1, 5))  # fmt: skip
    lines = crossings(five).splitlines()
    case("perlintasan/44_no_header.csv", "\n".join(lines[1:]).encode(), [], ["no_header"] * 5)
    opened = lines.copy()
    opened[3] = opened[3].replace("CITRA" if "CITRA" in opened[3] else "DEDI", '"DEDI')
    case("perlintasan/45_unclosed_quote.csv", "\n".join(opened).encode(),
         [row for row in crossed(1, 5) if row["crossing_id"] != "A3"], ["unclosed_quote"])  # fmt: skip # noqa: E501
    both = lines.copy()
    both[2] = both[2].replace(",SELONG", ',"SELONG')
    both[4] = both[4].replace(",SELONG,", ',SELONG",')
    case("perlintasan/46_quotes_that_do_not_belong_together.csv", "\n".join(both).encode(),
         [row for row in crossed(1, 5) if row["crossing_id"] != "A2"],
         ["unclosed_quote"])  # fmt: skip
    broken = [crossing(1), crossing(2, tempat_lahir="SELONG\nLOMBOK"), crossing(3)]
    case("perlintasan/47_a_value_over_two_lines.csv", crossings(broken).encode(),
         [crossed(1, 1)[0], crossed(2, 2)[0] | {"birth_place": "SELONG\nLOMBOK"},
          crossed(3, 3)[0]])  # fmt: skip
    quoted = crossings(five, quoting=csv.QUOTE_ALL)
    case("perlintasan/48_everything_quoted.csv", quoted.encode(), crossed(1, 5))
    ragged = [*lines[:3], lines[3] + ",lebih", *lines[4:], "A6,KELUAR"]
    case("perlintasan/49_ragged.csv", "\n".join(ragged).encode(),
         [row for row in crossed(1, 5) if row["crossing_id"] != "A3"],
         ["malformed_row"] * 2)  # fmt: skip
    accents = [crossing(1, tempat_lahir="ATAMBUA É"), crossing(2, tempat_lahir="ATAMBUA É")]
    mixed = crossings(accents).encode().split(b"\r\n")
    mixed[2] = mixed[2].decode().encode("latin-1")
    case("perlintasan/50_mixed_encodings.csv", b"\r\n".join(mixed), crossed(1, 1),
         ["tempat_lahir undecodable_text"])  # fmt: skip
    case("perlintasan/51_windows_1252.csv",
         crossings([crossing(1, tempat_lahir="MA’ANYAN")]).encode("cp1252"),
         crossed(1, 1, birth_place="MA’ANYAN"))  # fmt: skip
    odd = [crossing(1), crossing(2, nama_lengkap="АNI CONTOH"), crossing(3, nomor_dokumen="C1\x000"),  # noqa: E501
           crossing(4, nama_lengkap="ANI \u202eHOTNOC"),
           crossing(5, nama_lengkap="\u200fEKA CONTOH AF\u200b")]  # fmt: skip
    written = "\r\n".join(
        ",".join("" if v is None else str(v) for v in row.values()) for row in odd
    )
    case(
        "perlintasan/52_disguised.csv",
        (",".join(odd[0]) + "\r\n" + written).encode(),
        [crossed(1, 1)[0], crossed(5, 5)[0] | {"full_name": "EKA CONTOH AF"}],
        ["nama_lengkap suspicious_characters"] * 2 + ["nomor_dokumen suspicious_characters"],
    )
    kept_text = [crossing(1, nik='="5203011705900001"'), crossing(2, nik="'5203011705900002")]
    case("perlintasan/53_texts_that_excel_kept.csv",
         crossings(kept_text).encode(),
         [crossed(1, 1)[0] | {"nik": "5203011705900001"},
          crossed(2, 2)[0] | {"nik": "5203011705900002"}])  # fmt: skip
    framed = [["DAFTAR PEMULANGAN", *[None] * 10], [None] * 11, TITLES, *people(1, 4),
              ["Jumlah", 4, *[None] * 9], [None] * 11, [None, "Kepala", *[None] * 9]]  # fmt: skip
    case("pemulangan/54_titles_in_csv.csv", text(framed, ";").encode(), records(1, 4),
         stated_rows=4)  # fmt: skip
    case("perlintasan/55_nothing.csv", b"", refused="empty_file")
    case("perlintasan/56_header_alone.csv", crossings(five).split("\r\n")[0].encode())
    wrong = [crossing(1, arah="TRANSIT"), crossing(2, waktu_perlintasan="2025-02-30T08:00:00+07:00"),  # noqa: E501
             crossing(3, id_perlintasan=None), crossing(4, nomor_dokumen="-", nama_lengkap="NN"),
             crossing(5)]  # fmt: skip
    case("perlintasan/57_wrong_values.csv", crossings(wrong).encode(), crossed(5, 5),
         ["arah unknown_direction", "waktu_perlintasan bad_event_date",
          "id_perlintasan missing_key", " no_identity"])  # fmt: skip
    cut = [{k: v for k, v in row.items() if k != "arah"} for row in five]
    case("perlintasan/58_a_column_is_missing.csv", crossings(cut).encode(), [],
         ["arah missing_column"] * 5)  # fmt: skip
    wide = ",".join(f"k{n}" for n in range(5000))
    case("perlintasan/59_too_wide.csv", f"{wide}\n{wide}\n".encode(), refused="too_wide")
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(five), out)
    case("perlintasan/60_table.parquet", out.getvalue(), crossed(1, 5))
    case("perlintasan/61_a_text.txt", b"halo", refused="unknown_format")


# Archives and the three later sources


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, content in members.items():
            packed.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def archives() -> None:
    """Zips, sound and not."""
    parts = {
        "a/hari1.csv": crossings([crossing(n) for n in (1, 2)]).encode(),
        "a/hari2.csv": crossings([crossing(n) for n in (3, 4)], ";").encode(),
        "__MACOSX/._hari1.csv": b"\0\0",
    }
    case("perlintasan/70_two_days.zip", zipped(parts), crossed(1, 4))
    lists = {"1.xlsx": xlsx(Sheet([TITLES, *people(1, 2)])),
             "2.xlsx": xlsx(Sheet([TITLES, person(11, No=1)]))}  # fmt: skip
    case("pemulangan/71_lists.zip", zipped(lists), [*records(1, 2), kept(11, "2/1")])
    case("perlintasan/72_path_escape.zip", zipped({"../../etc/a.csv": b"x"}),
         refused="unsafe_archive")  # fmt: skip
    case("perlintasan/73_archive_in_archive.zip", zipped({"a.zip": zipped(parts)}),
         refused="unsafe_archive")  # fmt: skip
    case("perlintasan/74_bomb.zip", zipped({"a.csv": b"0" * (100 << 20)}), refused="too_large")
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'
    case("pemulangan/75_entities.xlsx", zipped({"xl/workbook.xml": laughs}),
         refused="xml_entities")  # fmt: skip
    sheet = xlsx(Sheet([TITLES, *people(1, 1)]))
    with zipfile.ZipFile(io.BytesIO(sheet)) as packed:
        members = {m: packed.read(m) for m in packed.namelist()}
    far = members["xl/worksheets/sheet1.xml"].replace(
        b"</row></sheetData>",
        b'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    )
    case("pemulangan/76_far_corner.xlsx", zipped(members | {"xl/worksheets/sheet1.xml": far}),
         refused="too_large")  # fmt: skip
    case("perlintasan/77_damaged.zip", zipped(parts)[:200], refused="unreadable_file")


def later_sources() -> None:
    """Refusals at gates, population, and content that was taken down."""
    refusals = [["id_penundaan", "Waktu Penundaan", "Kode TPI", "No Paspor", "Nama Lengkap",
                 "Negara Tujuan", "Alasan"],
                ["T1", "01/06/2025 08:00", "BTH", "C1000001", name(1), "Malaysia",
                 "CPMI Nonprosedural"],
                ["T2", "kemarin", "BTH", "C1000002", name(2), "Malaysia", "Dokumen"]]  # fmt: skip
    case("penundaan/80_refusals.csv", text(refusals).encode(),
         [{"refusal_id": "T1", "gate_code": "BTH", "refused_at": "2025-06-01T01:00:00+00:00"}],
         ["waktu_penundaan bad_event_date"])  # fmt: skip
    counted = [["DATA KEPENDUDUKAN"], ["Semester : 2024-2"],
               ["Kode Wilayah", "Laki-laki", "Perempuan", "Jumlah"],
               ["52.03", 700000, 710000, 1410000], ["52.01", "1.000", "2.000", "3.000"],
               [32.1, 1, 2, 3], ["TOTAL", 701001, 712002, 1413003]]  # fmt: skip
    case("penduduk/81_population.xlsx", xlsx(Sheet(counted)),
         [{"region_code": "52.03", "semester": "2024-2", "population": 1410000},
          {"region_code": "52.01", "semester": "2024-2", "population": 3000}],
         ["kode_wilayah bad_region_code"], stated_rows=3)  # fmt: skip
    full = [["Kode Wilayah", "Semester", "Laki-laki", "Perempuan", "Jumlah"],
            ["52.03", "2024-2", 700000, 710000, 1410000],
            ["52.01", "2024-2", "1.000", "2.000", "3.000"], [32.1, "2024-2", 1, 2, 3],
            ["JUMLAH", None, 701001, 712002, 1413003]]  # fmt: skip
    case("penduduk/82_population.ods", ods(Sheet(full)),
         [{"region_code": "52.03", "population": 1410000},
          {"region_code": "52.01", "population": 3000, "population_male": 1000}],
         ["kode_wilayah bad_region_code"], stated_rows=3, skipped=["total"])  # fmt: skip
    blocked = [["Nomor Kasus", "Platform", "Tanggal Lapor", "Tanggal Blokir", "Negara Dijanjikan",
                "Wilayah Sasaran"],
               ["K-1", "Facebook", "2025-03-01", "2025-03-04", "Kamboja", "NTB"],
               ["K-2", "Telegram", "2025-03-02", None, "Thailand", None]]  # fmt: skip
    case("takedown/83_blocked.csv", text(blocked, ";").encode(),
         [{"takedown_id": "K-1", "blocked_on": "2025-03-04"},
          {"takedown_id": "K-2", "blocked_on": None}])  # fmt: skip


PARTS: list[Callable[[], None]] = [
    workbooks,
    pdfs,
    texts,
    archives,
    later_sources,
    *unseen.PARTS,
    *strangers.PARTS,
]

if __name__ == "__main__":
    for part in PARTS:
        part()
    said = ",\n".join(
        f"{json.dumps(path)}: {json.dumps(found, ensure_ascii=False)}"
        for path, found in sorted(CASES.items())
    )
    EXPECTED.write_text("{\n" + said + "\n}\n", "utf-8")
