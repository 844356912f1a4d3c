"""Country words as delivered, and the alpha-3 code expected."""

import ibis
import pyarrow as pa
import pytest

from pipelines import reference
from pipelines.standardise import countries

DELIVERED = {
    "ARE": ["ARE", "UEA", "Uni Emirat Arab", "UNI EMIRAT ARAB"],
    "AUS": ["AUS", "AUSTRALIA"],
    "BRN": ["BRN", "Brunei", "Brunei Darussalam"],
    "CHN": ["CHN", "China", "CINA", "RRC", "RRT", "Tiongkok", "REPUBLIK RAKYAT TIONGKOK"],
    "DEU": ["DEU", "Jerman"],
    "EGY": ["EGY", "MESIR"],
    "GBR": ["GBR", "INGGRIS", "Inggris Raya"],
    "HKG": ["HKG", "HK SAR", "HONGKONG", "Hong Kong", "Hong Kong DAK Tiongkok"],
    "IND": ["IND", "India"],
    "ITA": ["ITA"],
    "JPN": ["JPN", "JEPANG"],
    "KHM": ["KHM", "Cambodia", "KAMBOJA"],
    "KOR": ["KOR", "Korea", "Korea Selatan", "REPUBLIK KOREA", "South Korea"],
    "LAO": ["LAO", "Laos"],
    "MMR": ["MMR", "Burma", "MYANMAR", "Myanmar (Burma)"],
    "MYS": ["MYS", "Malaysia", "MALAYSIA", "malaysia", " Malaysia "],
    "NLD": ["NLD", "Belanda"],
    "PHL": ["PHL", "Filipina", "Philipina", "PHILIPPINES"],
    "PNG": ["PNG", "Papua Nugini", "PAPUA NEW GUINEA"],
    "POL": ["POL"],
    "SAU": ["SAU", "KSA", "Arab Saudi", "Saudi Arabia"],
    "SGP": ["SGP", "Singapura", "SINGAPORE"],
    "THA": ["THA", "Muangthai", "Tailan", "THAILAND"],
    "TLS": ["TLS", "Timor Leste", "Timor-Leste"],
    "TUR": ["TUR", "Turki", "Turkiye", "Türkiye", "TÜRKIYE"],
    "TWN": ["TWN", "Taiwan", "CHINESE TAIPEI"],
    "USA": ["USA", "AS", "Amerika", "AMERIKA SERIKAT"],  # AS is not American Samoa here
    "VNM": ["VNM", "Vietnam"],
}

OTHERS = {
    "ASM": ["ASM", "Samoa Amerika"],
    "CIV": ["Côte d’Ivoire", "COTE D'IVOIRE", "Pantai Gading"],
    "CZE": ["Ceko", "Czechia"],
    "IRQ": ["Irak"],
    "YEM": ["Yaman"],
    "MYS": ["MY", "my"],
    "NAM": ["NA"],
    "COD": ["Republik Demokratik Kongo"],
    "PRK": ["Korea Utara"],
}

# Two countries, part of one, a slip, or nothing: never guessed.
UNRESOLVED = ["Kongo", "Malaysya", "Atlantis", "Asia", "XX", "-", "Timur Tengah", "Myanmar/Laos"]


@pytest.fixture(scope="module")
def code_of(con):
    def run(words):
        raw = ibis.memtable(pa.table({"raw": pa.array(words, pa.string())})).raw
        found = countries.resolved(raw, reference.memtable("countries"))
        return {
            row["raw_country"]: row["country_code"] for row in con.to_pyarrow(found).to_pylist()
        }

    return run


@pytest.mark.parametrize("cases", [DELIVERED, OTHERS])
def test_country_words(code_of, cases):
    expected = {word: code for code, words in cases.items() for word in words}
    assert code_of(list(expected)) == expected


def test_what_is_not_known_stays_null(code_of):
    assert code_of(UNRESOLVED) == dict.fromkeys(UNRESOLVED)


def test_missing_is_not_a_word(code_of):
    assert code_of([None, "MYS"]) == {"MYS": "MYS"}
