"""Headers as people write them -> the columns of a contract, through its synonyms."""

import re
from collections.abc import Sequence
from functools import lru_cache

from pipelines.contracts import Column, Table

# Abbreviations of papers, and the English of consulates; both sides of a comparison are so
# written out.
WRITTEN_OUT = {
    "tgl": "tanggal", "tggl": "tanggal", "no": "nomor", "nmr": "nomor", "nomer": "nomor",
    "kec": "kecamatan", "kab": "kabupaten", "prov": "provinsi", "propinsi": "provinsi",
    "jns": "jenis", "ket": "keterangan", "kel": "kelurahan", "passport": "paspor", "thn": "tahun",
    "lhr": "lahir", "dok": "dokumen", "number": "nomor", "name": "nama", "sex": "kelamin",
    "gender": "kelamin", "date": "tanggal", "birth": "lahir", "age": "umur", "document": "dokumen",
    "province": "provinsi", "regency": "kabupaten", "city": "kota", "district": "kecamatan",
    "village": "desa", "address": "alamat", "origin": "asal", "country": "negara",
    "arrival": "tiba", "airport": "bandara", "port": "pelabuhan", "place": "tempat",
    "case": "kasus", "remark": "keterangan", "remarks": "keterangan", "wave": "gelombang",
}  # fmt: skip
SAYS_NOTHING = {
    "dan", "atau", "di", "pada", "yang", "of", "and", "or", "the", "in", "at", "lengkap", "wni",
}  # fmt: skip
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
LONGEST = 80  # no header cell is longer
Match = tuple[dict[str, str], list[str], list[str]]


def plain(name: str) -> str:
    """Small letters and digits, one underscore between words."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


@lru_cache(maxsize=1 << 16)
def canonical(name: str) -> str:
    """The words of `plain`, each once and sorted: `Kota/Kabupaten` is `Kab./Kota`.

    Abbreviations are written out; remarks in brackets and words that say nothing are left away.
    """
    if len(name) > LONGEST:
        return ""
    said = name.replace("#", " no ")
    words = (plain(IN_BRACKETS.sub(" ", said)) or plain(said)).split("_")
    written = {WRITTEN_OUT.get(word, word) for word in words} or {""}
    return "_".join(sorted(written - SAYS_NOTHING or written))


def known_words(contract: Table) -> frozenset[str]:
    """Every word that means a column of the contract."""
    return frozenset(canonical(name) for column in contract.columns for name in names(column))


def names(column: Column) -> tuple[str, ...]:
    """What a column may be called; the name of the contract comes first."""
    return (column.name, *column.aliases)


def match(header: list[str], contract: Table) -> Match:
    """(contract column -> delivered column), unknown delivered columns, missing required ones.

    A name of the contract wins over an alias, and the first of two columns that mean the same.
    """
    found = places([[name] for name in header], contract)
    columns = {name: header[place] for name, place in found.items()}
    unknown = [name for place, name in enumerate(header) if place not in found.values()]
    return columns, unknown, missing(columns, contract)


def missing(found: dict[str, str] | set[str], contract: Table) -> list[str]:
    """Required columns of the contract that are not among those found."""
    return [c.name for c in contract.columns if c.is_required and c.name not in found]


def places(header: Sequence[Sequence[str]], contract: Table) -> dict[str, int]:
    """Contract column -> place of the delivered column.

    Each delivered column has a few names, the fullest first (`Tanggal` over `Lahir`).
    """
    by_rank: list[dict[str, int]] = []
    for place, alternatives in enumerate(header):
        for rank, name in enumerate(alternatives):
            while len(by_rank) <= rank:
                by_rank.append({})
            for word in dict.fromkeys((plain(name), canonical(name))):
                if word:
                    by_rank[rank].setdefault(word, place)
    found: dict[str, int] = {}
    taken: set[int] = set()
    for ranked in by_rank:
        for column in contract.columns:
            if column.name in found:
                continue
            wanted = [w for n in names(column) for w in dict.fromkeys((plain(n), canonical(n)))]
            places_ = (ranked[word] for word in wanted if word in ranked)
            free = next((p for p in places_ if p not in taken), None)
            if free is not None:
                found[column.name] = free
                taken.add(free)
    return {c.name: found[c.name] for c in contract.columns if c.name in found}
