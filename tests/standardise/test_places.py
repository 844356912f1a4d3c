"""Regions in words and codes: (province, regency, district) as delivered, and today's codes."""

import csv
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from pipelines.standardise import places

# Every pair of province and regency words met in the sample lists.
IN_WORDS = Path(__file__).with_name("regions_in_words.csv")

CASES = {
    # prefixes, spacing, abbreviations, codes
    ("NTB", "Lombok Timur", None): ("52", "52.03", None),
    ("NTB", "Lomboktimur", None): ("52", "52.03", None),
    ("Nusa Tenggara Barat", "LOTIM", None): ("52", "52.03", None),
    (None, "Kab. Lotim", None): ("52", "52.03", None),
    (None, "52.03", None): ("52", "52.03", None),
    (None, "5203", None): ("52", "52.03", None),
    ("Jawa Tengah", "Kodya Surakarta", None): ("33", "33.72", None),
    ("Jawa Tengah", "Kota Solo", None): ("33", "33.72", None),
    ("DKI", "Kotamadya Jakarta Barat", None): ("31", "31.73", None),
    ("Kepri", "Kab. Kep. Anambas", None): ("21", "21.05", None),
    ("Kalsel", "Kabupaten Kotabaru", None): ("63", "63.02", None),
    ("Kalsel", "KOTA BARU", None): ("63", "63.02", None),
    ("Provinsi Jawa Timur", "KABUPATEN PASURUAN", None): ("35", "35.14", None),
    # retired codes and names
    (None, "91.01", None): ("93", "93.01", None),
    (None, "9271", None): ("96", "96.71", None),
    ("Sumut", "Toba Samosir", None): ("12", "12.12", None),
    ("Sulsel", "Ujung Pandang", None): ("73", "73.71", None),
    (None, "BOELELENG", None): ("51", "51.08", None),
    (None, "Tjilatjap", None): ("33", "33.01", None),
    # provinces that were split
    ("Papua", "Merauke", None): ("93", "93.01", None),
    ("Papua Barat", "Kab. Sorong", None): ("96", "96.01", None),
    ("Kaltim", "Nunukan", None): ("65", "65.03", None),
    ("Kaltara", "Balikpapan", None): ("65", None, None),  # was never in it
    # one name, two regions: the district or the kind decides, nothing else
    ("Jawa Barat", "Bandung", None): ("32", None, None),
    ("Jawa Barat", "Kota Bandung", None): ("32", "32.73", None),
    ("Jawa Timur", "Pasuruan", "Puspo"): ("35", "35.14", "35.14.03"),
    ("Banten", "Serang", "Serang"): ("36", "36.73", "36.73.01"),
    (None, "Banjar", None): (None, None, None),
    ("Jawa Barat", "Banjar", None): ("32", "32.79", None),
    ("Kalimantan Selatan", "Banjar", None): ("63", "63.03", None),
    # no regency: a district that is the only one of its name in the province
    ("Banten", None, "Neglasari"): ("36", "36.71", "36.71.10"),
    ("Jabar", None, "Plered"): ("32", None, None),
    # province alone, or a regency in its place
    ("NAD", None, None): ("11", None, None),
    ("D.I. Yogyakarta", None, None): ("34", None, None),
    ("Yogyakarta", "Kota Yogyakarta", None): ("34", "34.71", None),
    ("Tangerang", None, None): ("36", None, None),
    # several places in one cell: labels say which is which, else the last lies around the first
    ("Sumut", "Deliserdang, Sumut", None): ("12", "12.07", None),
    (None, "Deliserdang, Sumut", None): ("12", "12.07", None),
    (None, "LOTIM/NTB", None): ("52", "52.03", None),
    (None, "Lombok Timur - NTB", None): ("52", "52.03", None),
    ("NTB", "Lotim", "Ds. Aikmel Kec. Aikmel"): ("52", "52.03", "52.03.09"),
    (None, "Ds. Aikmel Kec. Aikmel Kab. Lombok Timur", None): ("52", "52.03", "52.03.09"),
    (None, None, "Kec. Aikmel, Lotim"): ("52", "52.03", "52.03.09"),
    (None, "Kabupaten Lombok Timur Provinsi NTB", None): ("52", "52.03", None),
    ("Nusa Tenggara Barat (NTB)", "Lombok Tengah (Loteng)", None): ("52", "52.02", None),
    ("Jabar", "Bandung, Jabar", None): ("32", None, None),  # which of the two it does not say
    ("Sumut", "Selong, Lombok Timur", None): ("12", None, None),
    # contradiction, slip, nothing
    ("Sumut", "Kota Bogor", None): ("12", None, None),
    ("Sumut", "Kab. Medan", None): ("12", None, None),
    (None, "Batem", None): (None, None, None),
    (None, "99.99", None): (None, None, None),
    (None, None, None): (None, None, None),
}

BIRTH_PLACES = {
    "BATAM": ("21", "21.71"),
    "BATAM ": ("21", "21.71"),
    "KAB. LOMBOK TIMUR": ("52", "52.03"),
    "KEPULAUANANAMBAS": ("21", "21.05"),
    "Kulon Progo": ("34", "34.01"),
    "POERWAKARTA": ("32", "32.14"),
    "JAMBI": ("15", "15.71"),
    "BANDUNG": ("32", None),
    "KOTA BANDUNG": ("32", "32.73"),
    "JAKARTA": ("31", None),
    "DJAKARTA": ("31", None),
    "BALI": ("51", None),
    "KEBAYORAN BARU": ("31", "31.74"),
    "JEROWARU": ("52", "52.03"),
    "TEMPURAN": (None, None),  # a district of three provinces
    "BANJAR": (None, None),
    "BTTAM": (None, None),
}


@pytest.fixture(scope="module")
def locate(con):
    """Codes of triples of province, regency and district, in their order."""

    def run(triples):
        names = ("province", "regency", "district")
        columns = {n: pa.array([t[i] for t in triples], pa.string()) for i, n in enumerate(names)}
        table = ibis.memtable(pa.table({"i": list(range(len(triples))), **columns}))
        located = places.located(
            table,
            places.Regions.shipped(),
            province=table.province,
            regency=table.regency,
            district=table.district,
        )
        rows = con.to_pyarrow(located.order_by("i")).to_pylist()
        codes = ("province_code", "regency_code", "district_code")
        return [tuple(row[code] for code in codes) for row in rows]

    return run


def test_places(locate):
    assert dict(zip(CASES, locate(list(CASES)), strict=True)) == CASES


def test_regions_as_delivered_in_words(locate):
    with IN_WORDS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 400
    found = locate([(row["province"], row["regency"], None) for row in rows])
    expected = [(row["province_code"], row["regency_code"], None) for row in rows]
    wrong = [(r, f) for r, f, e in zip(rows, found, expected, strict=True) if f != e]
    assert wrong == []


def test_every_row_stays_one_row(locate):
    triples = [("Jawa Timur", "Malang", None), (None, None, None)] * 3
    assert len(locate(triples)) == 6


def test_birth_places(con):
    raw = ibis.memtable(pa.table({"raw": pa.array([*BIRTH_PLACES, None], pa.string())})).raw
    rows = con.to_pyarrow(places.birth_places(raw, places.Regions.shipped(), 0.8)).to_pylist()
    found = {r["birth_place"]: (r["province_code"], r["regency_code"]) for r in rows}
    assert found == BIRTH_PLACES


# Of the people of a city and the regency of its name so many live in the regency: of Cirebon
# 87.5 %, of Malang 75.5 %, of Semarang 39.0 %. Banjar is a city here and a regency elsewhere.
LIKELY = {
    "CIREBON": "32.09", "Kab. Cirebon": None, "KOTA CIREBON": None, "MALANG": None,
    "SEMARANG": None, "BANJAR": None, "DEMAK": None, "JAWA BARAT": None,
}  # fmt: skip


def likely(con, majority, *words):
    raw = ibis.memtable(pa.table({"raw": pa.array(words, pa.string())})).raw
    rows = con.to_pyarrow(places.birth_places(raw, places.Regions.shipped(), majority)).to_pylist()
    return {row["birth_place"]: row["likely_regency_code"] for row in rows}


def test_of_two_regencies_of_one_name_the_likely_one_has_the_large_majority(con):
    assert likely(con, 0.8, *LIKELY) == LIKELY


@pytest.mark.parametrize(("majority", "code"), [(0.87, "32.09"), (0.88, None), (1.0, None)])
def test_how_large_the_majority_must_be_is_said_by_the_policy(con, majority, code):
    assert likely(con, majority, "CIREBON") == {"CIREBON": code}
