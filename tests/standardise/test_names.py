"""Names as papers have them, and the standard name expected."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.standardise.names import is_placeholder_name, standard_name, tokens

NAMES = {
    "SUMINAH": "SUMINAH",
    "Titi  Nurhayati": "TITI NURHAYATI",
    "INÊS DA COSTA": "INES DA COSTA",
    "FRANSISKUS DA CONCEIÇÃO": "FRANSISKUS DA CONCEICAO",
    "Jose\u0301 Soares": "JOSE SOARES",
    "MA'RUF AMIN": "MARUF AMIN",
    "Nur ’Aini": "NUR AINI",
    "H. ABDUL ANWAR": "ABDUL ANWAR",
    "HJ. LIEM SWAN NIO HALIM": "LIEM SWAN NIO HALIM",
    "Haji Wahyu Winarno Kurniawan": "WAHYU WINARNO KURNIAWAN",
    "H. I KETUT SUDIARTA": "I KETUT SUDIARTA",
    "DRS. H. AGUS SALIM, S.H., M.H.": "AGUS SALIM",
    "SITI FATIMAH, S.Pd.I": "SITI FATIMAH",
    "Rosid, A.Md. Keb.": "ROSID",
    "dr Amir Spd": "AMIR",
    "Prof. Dr. Ir. Haji": "HAJI",  # one word always stays
    "H": "H",
    "SIGIT H.": "SIGIT H",  # an initial, not a title
    "KETUT M. A.": "KETUT M A",  # initials, not a degree
    "S.H. MINTAREDJA": "S H MINTAREDJA",
    "DWI L. HANDAYANI": "DWI L HANDAYANI",
    "ST. HASANAH": "ST HASANAH",  # Siti; linkage knows
    "H. MOCH MUSTOFA": "MOCH MUSTOFA",
    "SURYANA, NANA": "SURYANA NANA",
    "ONG TJOE HIEN BIN KIAN GIE": "ONG TJOE HIEN BIN KIAN GIE",
    "ALOYSIUS MATULESSY BIN STEFANUS": "ALOYSIUS MATULESSY BIN STEFANUS",
    "": None,
    " - ": None,
    "李明": None,
    None: None,
}

PLACEHOLDERS = [
    None, "", "-", "?", "...", "TANPA NAMA", "tanpa nama", "NN", "N.N.", "N/A", "n/a", "XXX",
    "X", "UNKNOWN", "Tidak Diketahui", "TIDAK TERBACA", "FNU LNU", "Mr. X", "000", "12345", "AAA",
]  # fmt: skip

# Short, old or odd, and real.
PEOPLE = [
    "AI", "ALI", "IIS", "OOM", "NN SITI", "NANA", "BESSE", "Nur", "MUH", "I MADE", "ANONI",
    "ABD", "TATI", "LULU", "Haji", "NAMAN", "TESSA",
]  # fmt: skip


def test_standard_names(evaluate):
    assert dict(zip(NAMES, evaluate(standard_name, list(NAMES)), strict=True)) == NAMES


@pytest.mark.parametrize(("values", "expected"), [(PLACEHOLDERS, True), (PEOPLE, False)])
def test_placeholder_names(evaluate, values, expected):
    found = evaluate(lambda x: is_placeholder_name(standard_name(x)), values)
    assert {value: found[i] for i, value in enumerate(values)} == dict.fromkeys(values, expected)


def test_tokens_are_the_words_in_order(evaluate):
    assert evaluate(tokens, ["SITI BINTI ALI", "SUMINAH", None]) == [
        ["SITI", "BINTI", "ALI"],
        ["SUMINAH"],
        None,
    ]


texts = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from([*"HSDRM.,- '", "HJ", "DRS", "SPD", "S.PD", "AMD", "NN", "ANI", "Á", "M.H"])
    ).map(" ".join),
    st.lists(st.sampled_from([*"HSPDAM., ", "SPD", "LC"])).map("".join),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(texts, min_size=1, max_size=60))
def test_a_standard_name_is_its_own_standard_name(evaluate, values):
    values = [value.replace("\x00", "") for value in values]
    once = evaluate(standard_name, values)
    assert evaluate(standard_name, once) == once


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("ABCDEFGHIJ ", min_size=1), min_size=1, max_size=60))
def test_case_and_spaces_do_not_matter(evaluate, values):
    loose = [f"  {value.lower().replace(' ', '   ')} " for value in values]
    assert evaluate(standard_name, loose) == evaluate(standard_name, values)
