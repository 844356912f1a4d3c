"""docs/dictionary.md from the contracts: `python -m pipelines.dictionary` writes it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines import contracts, settings
from pipelines.contracts import Column, Table

FILE = settings.PACKAGE.parent / "docs" / "dictionary.md"

HEAD = """\
# Data dictionary · Kamus data

Written from the contracts in `schemas/` by `make dictionary`; edit those, not this page.
Ditulis dari kontrak di `schemas/` dengan `make dictionary`; ubah kontraknya, bukan halaman ini.

Protection classes · Kelas perlindungan: **public** may be shown to anybody · boleh dilihat siapa
saja; **internal** for those who work with the data · bagi yang bekerja dengan data;
**quasi-identifier** may identify together with others · dapat mengenali bila digabung;
**sensitive** may harm the person · dapat merugikan orangnya; **direct-identifier** names a person,
never leaves the lake · menyebut orangnya, tidak pernah keluar dari danau data.
"""
PARTS = {
    "marts": "Published tables · Tabel terbitan",
    "extracts": "Audit extracts · Ekstrak audit",
    "sources": "Deliveries · Kiriman",
    "lake": "Tables of the lake · Tabel danau data",
}


def dictionary_markdown() -> str:
    """The page: what analysts and auditors get first, then the deliveries, then the lake."""
    tables: dict[str, Iterable[tuple[str, Table]]] = {
        "marts": contracts.marts().items(),
        "extracts": ((f"{kind}.{name}", t) for (kind, name), t in contracts.extracts().items()),
        "sources": contracts.sources().items(),
        "lake": ((f"{schema}.{name}", t) for (schema, name), t in contracts.lake().items()),
    }
    parts = [HEAD]
    for part, title in PARTS.items():
        parts.append(f"## {title}\n")
        parts.extend(_table(name, table) for name, table in tables[part])
    return "\n".join(parts)


def _table(name: str, table: Table) -> str:
    return "\n".join([f"### {name}\n", *_meaning(table), *_columns(table), ""])


def _meaning(table: Table) -> Iterator[str]:
    meanings = filter(None, (table.description_en, table.description_id))
    yield " · ".join(meanings) + "\n"
    yield f"One row per · Satu baris per: {table.grain}\n"


def _columns(table: Table) -> Iterator[str]:
    yield "| column · kolom | type · tipe | class · kelas | meaning | arti |"
    yield "|---|---|---|---|---|"
    yield from (_column(column) for column in table.columns)


def _column(column: Column) -> str:
    name = f"**{column.name}**" if column.is_key else column.name
    cells = (
        name, column.logical_type, column.classification, column.description_en,
        column.description_id,
    )  # fmt: skip
    return table_row(cells)


def table_row(cells: Iterable[str]) -> str:
    """Cells as a row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write(file: Path = FILE) -> None:
    """Write the page."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(dictionary_markdown(), encoding="utf-8")


if __name__ == "__main__":
    write()
