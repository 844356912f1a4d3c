"""Names as people and clerks write them: their words, and the spellings that may be one word."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import reference
from pipelines.link import names

# name -> its words that say something
WORDS = {
    "SUPARDI": "SUPARDI",
    "SITI AMINAH": "SITI AMINAH",
    "SITI BINTI ALI": "SITI ALI",
    "AHMAD FAUZI BIN ABDUL KARIM": "AHMAD FAUZI ABDUL KARIM",
    "MARIA DA COSTA DOS SANTOS": "MARIA COSTA SANTOS",
    "SLAMET ALIAS BEJO": "SLAMET BEJO",
    "SITI HJ MARYAM": "SITI MARYAM",  # a title is no name, wherever it stands
    "R A KARTINI": "R A KARTINI",
    "A L I": "ALI",
    "A L I UMAR": "ALI UMAR",
    "SITI A M I N A H": "SITI AMINAH",
    "A L I BIN U M A R": "ALI UMAR",
    "SARA L I": "SARA L I",  # two letters are initials
    "I MADE S": "I MADE S",
    "SARAH A L I SALIM": "SARAH ALI SALIM",
    "SUPARDI SUPARDI": "SUPARDI",
    "SUPARDI SUPARDI SUPARDI": "SUPARDI",
    "SUPARDI BIN SUPARDI": "SUPARDI",
    "SITI SITI AMINAH": "SITI SITI AMINAH",  # no mononym
    "AGUS SALIM AGUS SALIM": "AGUS SALIM AGUS SALIM",
    "BIN": "BIN",
    "BINTI HAJI": "BINTI HAJI",  # nothing else is left
    "HAJI": "HAJI",
    "HAJI HAJI": "HAJI",
    "IBNU": "IBNU",
    "WAYAN I": "WAYAN I",
    "ANDI TENRI": "ANDI TENRI",  # a title of birth is part of the name
    "1 2 3": "1 2 3",
}

# Each line: spellings of one name that have to meet.
MEET = """
SOEHARTO SUHARTO
SOEKARNO SUKARNO
SOETRISNO SUTRISNO
SOETJIPTO SUTJIPTO SUCIPTO
DJOKO JOKO
DJUMADI JUMADI
TJAHJONO TJAHYONO CAHJONO CAHYONO
TJANDRA CANDRA
TJOKRO COKRO
NJOMAN NYOMAN
NJOTO NYOTO
SJAMSOEDDIN SJAMSUDIN SYAMSUDDIN SYAMSUDIN SAMSUDIN
SJARIFOEDDIN SYARIFUDDIN SARIPUDIN
JUSUF YUSUF JOESOEF YOESOEF YUSUP
JAHJA YAHYA
JUNUS YUNUS
WAJAN WAYAN
WIDJAJA WIDJAYA WIJAYA
SURJADI SURYADI SURIADI SURIYADI
SUGIJANTO SUGIYANTO SOEGIANTO
MULJONO MULYONO MULIONO
HARIJANTO HARYANTO HARIANTO HARIYANTO
PRASETYO PRASETIO PRASETIYO
SULISTYOWATI SULISTIOWATI SULISTIYOWATI
SETYAWAN SETIAWAN SETIYAWAN
MARYATI MARIATI MARIYATI
RAHAJU RAHAYU RAHAYOE
WAHJU WAHYU WAHYOE
DYAH DIAH DIYAH DIA
ACHMAD AKHMAD AHMAD AHMAT
RACHMAT RAKHMAT RAHMAT RAHMAD
CHOTIMAH KHOTIMAH HOTIMAH
CHADIDJAH KHADIJAH HADIJAH
MUCHLIS MUKHLIS MUHLIS
FACHRI FAKHRI FAHRI PAHRI
MASYKUR MASKUR
ASYHARI ASHARI ASYARI
SYAIFUL SAIFUL SAEFUL SAEPUL SJAIFUL SHAIFUL
SHOLEH SOLEH
ROSYIDAH ROSIDAH ROSHIDA
AISYAH AISJAH AISAH AISYA
LUTHFI LUTFI LUTPI LUTFY
RIDWAN RIDHWAN RIDUAN RIDUWAN
RIDHO RIDO
FADHILAH FADILA FADILLAH PADILAH
BUDHI BUDI BUDY
BHAKTI BAKTI
GHOFUR GOFUR GOPUR
DZULKIFLI ZULKIFLI ZULKIPLI ZULKIFLY
AZIZ AZIS ASIS
RIZKI RIZKY RISKI RIZQI RISQY
TAUFIQ TAUFIK TAUPIK
QOMARIYAH KOMARIAH
UTSMAN USMAN OESMAN
FATIMAH PATIMAH FATIMA FATHIMAH
NOVI NOPI NOVIE NOVY
ARIEF ARIF ARIP
YANTIE YANTI YANTY
ZAENAL ZAINAL ZAYNAL
JUNAEDI JUNAIDI DJUNAEDI
NURAENI NURAINI NOERAENI
SUWARNI SUARNI
JUWARIYAH JUARIAH DJUWARIJAH
YAKUB YAKUP JAKUB YAQUB
MUHAMMAD MUHAMAD MOEHAMMAD MUCHAMAD MUHAMMAT
ABDULLAH ABDOELLAH ABDULAH
NURJANNAH NURJANAH NOERDJANAH
HASSAN HASAN
CHRISTINA KRISTINA CRISTINA
VICTOR VIKTOR
STEPHANUS STEFANUS STEVANUS STEPANUS
YOHANES JOHANES JOHANNES
JAKOBUS YAKOBUS
FELIX FELIKS
THERESIA TERESIA
ELIZABETH ELISABET ELISABETH
SYLVIA SILVIA SILFIA
SUSY SUSI SUSIE
DWIYANTI DWIANTI DWYANTI
JHON JON
RUDDY RUDY RUDI
"""

# Each line: different names that have to stay apart.
APART = """
SUPARMAN SUPARMIN
SUTRISNO SUTRISNA
MARYATI MARYATUN MARYANTI MARYANI
SUYATI SUYATNO SUYATMI
SUGIARTO SUGIARTI SUGIANTO
SUMARNI SUMARNO SUMIARNI
SUNARTI SUNARTO SUNARSIH SUNARYO
SUHARTI SUHARTO SUHARNO
NGADIMAN NGADIMIN NGATIMAN
WAGIMAN WAGIMIN WAGINEM WAGIYEM
TUKIMAN TUKIMIN TUKINEM
PONIMAN PONIMIN PONIRAH
SAMINAH SARINAH SUMINAH
AMIN AMINAH
HALIM HALIMAH HAMIM
HASAN HASANAH HUSEIN
HAMID HAMIDAH
AZIZ AZIZAH
RAHMAN RAHMAT RAHIM
RAHMAWATI RAHMAYANTI
ROHANI ROHANA ROHAYANI
NURDIN NURUDDIN
NURHAYATI NURHASANAH NURAINI
SYAMSUL SYAMSUDDIN SYAMSURI
SYAIFUL SYAFIUL SYAIFUDDIN
ABDUL ABDULLAH
FADLI FADIL FAUZI
FAHMI FAHRI FAHRUL
HENDRA HENDRI HENDRO
INDRA INDRI INDRO
ANDI ANDRI ANDRE
DEWI DEVI DWI
DIAN DINA DIANA
RINA RINI RANI
YANTO YANTI YUNITA
JOKO JAKA
BUDI BUDIMAN BUDIONO
AGUS AGUNG
WAYAN WAHYU
MADE MAYA
KETUT KADEK
PUTU PUTRA PUTRI
SITI SATI
SARI SARJI SARIJEM
PANI PANJANG
JUMADI JUMADIL SUMADI
KASIMAN KASMIN
SUDARMAN SUDARMIN SUDARMO
HARIS HARISAH HARI
LINA LIA LISA
CAHYONO CAHYANI CAHYADI
RATNA RATNO RATNI
TUTI TITI TITIK
ISMAIL ISMAN
MUSTOFA MUSTAKIM
ROSIDAH ROSITA
YULI YULIA YULIANTI
SIREGAR SIRAIT
SINAGA SARAGIH
WIBOWO WIDODO
"""

# Different names that share a key, because one of their spellings is the same.
MAY_MEET = """
HARJONO HARDJONO HARYONO
SUJONO SUYONO
JUMADI YUMADI
HADIJAH HADIYAH
"""

# word -> canonical form and spelling
FORMS = {
    "MOCH": ("MUHAMMAD", "MUHAMAT"),
    "MUHAMMAD": ("MUHAMMAD", "MUHAMAT"),
    "MOEHAMMAT": ("MOEHAMMAT", "MUHAMAT"),  # not in the table
    "ST": ("SITI", "SITI"),
    "ROHMAT": ("RAHMAT", "RAHMAT"),
    "CHATIJAH": ("CHATIJAH", "HATIA"),
    "KHATIJAH": ("KHADIJAH", "HADIA"),
    "NYM": ("NYOMAN", "NIOMAN"),
    "CHANIAGO": ("CANIAGO", "CANIAGO"),
    "BIN": ("BIN", "BIN"),  # a name of nothing else keeps its words
    "HAJI": ("HAJI", "HAJI"),
    "M": ("M", "M"),
    "H": ("H", "H"),
    "SUTRISNO": ("SUTRISNO", "SUTRISNO"),
}

Spoken = Callable[[list[str | None]], dict[str | None, str]]
Spelled = Callable[[list[str | None]], list[str | None]]


def column(name: str, values: list[str | None]) -> Any:
    return ibis.memtable(pa.table({name: pa.array(values, pa.string())}))


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def keys_of(spelled: Spelled, names: list[list[str]]) -> dict[str, list[str | None]]:
    """line -> the keys of its words"""
    words = [word for line in names for word in line]
    key = dict(zip(words, spelled([*words]), strict=True))
    return {" ".join(line): [key[word] for word in line] for line in names}


@pytest.fixture(scope="module")
def spoken(con: Any) -> Spoken:
    """name -> its words, with blanks between; positions have to count from 0."""

    def run(values: list[str | None]) -> dict[str | None, str]:
        found = names.spoken(column("name", values)).order_by("name", "position")
        rows = con.to_pyarrow(found).to_pylist()
        by_name = {n: list(group) for n, group in groupby(rows, lambda row: row["name"])}
        assert all([r["position"] for r in rs] == list(range(len(rs))) for rs in by_name.values())
        return {name: " ".join(row["word"] for row in rs) for name, rs in by_name.items()}

    return run


@pytest.fixture(scope="module")
def spelled(con: Any) -> Spelled:
    def run(values: list[str | None]) -> list[str | None]:
        table = ibis.memtable(
            pa.table({"n": range(len(values)), "word": pa.array(values, pa.string())})
        )
        spelling = table.select("n", spelling=names.spelling(table.word)).order_by("n")
        return list(con.to_pyarrow(spelling)["spelling"].to_pylist())

    return run


def test_words_that_say_something(spoken: Spoken) -> None:
    assert spoken(list(WORDS)) == WORDS


def test_no_name_has_no_words(spoken: Spoken) -> None:
    assert spoken([None]) == {}


@pytest.mark.parametrize("text", [MEET, MAY_MEET], ids=["one name", "two names"])
def test_spellings_that_meet(spelled: Spelled, text: str) -> None:
    keys = keys_of(spelled, lines(text))
    assert {line: found for line, found in keys.items() if len(set(found)) > 1} == {}


def test_names_that_stay_apart(spelled: Spelled) -> None:
    keys = keys_of(spelled, lines(APART))
    assert {line: found for line, found in keys.items() if len(set(found)) < len(found)} == {}


def test_forms_of_a_word(con: Any) -> None:
    words = column("word", list(FORMS))
    forms = names.dictionary(words, reference.memtable("name_words"))
    rows = con.to_pyarrow(forms).to_pylist()
    assert {row["word"]: (row["canonical"], row["spelling"]) for row in rows} == FORMS
    assert len(rows) == len(FORMS)


def test_canonical_forms_stay_apart_in_spelling(spelled: Spelled) -> None:
    """A key that joined two forms which the table tells apart would undo it."""
    forms = sorted({r["canonical"] for r in reference.load("name_words").to_pylist()} - {None})
    by_key: dict[Any, set[Any]] = {}
    for form, key in zip(forms, spelled(forms), strict=True):
        by_key.setdefault(key, set()).add(form)
    together = sorted(sorted(forms) for forms in by_key.values() if len(forms) > 1)
    assert together == [["CHIN", "HIEN"], ["NIO", "NJOO"]]


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
def test_compiles(dialect: str) -> None:
    spoken = names.spoken(ibis.table({"name": "string"}, name="names"))
    words = {"word": "string"}
    known = ibis.table(words | {"canonical": "string"}, name="known")
    forms = names.dictionary(ibis.table(words, name="words"), known)
    for table in (spoken, forms):
        assert "SELECT" in str(ibis.to_sql(table, dialect=dialect))


tokens = st.one_of(
    st.sampled_from([*"AIHM", "BIN", "BINTI", "AL", "HAJI", "SITI", "ALI", "SUPARDI"]),
    st.text("ABCDHIJKNSTY", min_size=1, max_size=8),
)
texts = st.lists(st.lists(tokens, min_size=1, max_size=6).map(" ".join), min_size=1, unique=True)
letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(texts)
def test_every_name_keeps_words_and_letters(spoken: Spoken, values: list[str | None]) -> None:
    found = spoken(values)
    assert set(found) == set(values)
    assert all(set(words) <= set(str(name)) for name, words in found.items())
    assert all(words and words == " ".join(words.split()) for words in found.values())


@settings(max_examples=12, deadline=None)
@given(texts, st.randoms())
def test_the_order_of_rows_does_not_matter(
    spoken: Spoken, values: list[str | None], random: Any
) -> None:
    shuffled = random.sample(values, len(values))
    assert spoken(shuffled) == spoken(values)


@settings(max_examples=20, deadline=None)
@given(st.lists(letters, min_size=1, max_size=100))
def test_a_spelling_is_its_own_spelling_and_never_empty(
    spelled: Spelled, values: list[str | None]
) -> None:
    once = spelled(values)
    assert all(once)
    assert spelled(once) == once
