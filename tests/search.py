"""The search for people on disk: every byte of every file, and what is packed in it."""

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pypdfium2

CODES = ("utf-8", "utf-16-le")
DATABASE = slice(8, 12)  # where a DuckDB file says what it is


def files(*folders: Path) -> list[Path]:
    """Every file under the folders."""
    return sorted(f for folder in folders for f in folder.rglob("*") if f.is_file())


def layers(content: bytes) -> Iterator[bytes]:
    """The bytes themselves, and the text of what they hold: packed files, tables, pages."""
    yield content
    if content[:2] == b"\x1f\x8b":
        yield from layers(gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from layers(packed.read(name))
    elif content[:4] == content[-4:] == b"PAR1" and len(content) > 12:
        yield repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    elif content[:4] == b"%PDF":
        for page in pypdfium2.PdfDocument(content):
            yield page.get_textpage().get_text_bounded().encode()


def is_catalog(file: Path) -> bool:
    """The lake's own, which is encrypted: its bytes are all there is to search."""
    return file.name.startswith("catalog.")


def laid_open(file: Path) -> Iterator[bytes]:
    """`layers` of a file, and the rows of every table where it is a published file."""
    content = file.read_bytes()
    if content[DATABASE] == b"DUCK" and not is_catalog(file):
        with duckdb.connect(str(file), read_only=True) as con:
            for (name,) in con.execute("SHOW TABLES").fetchall():
                yield repr(con.table(name).fetchall()).encode()
    yield file.name.encode()
    yield from layers(content)


def hits(content: Iterable[bytes], words: Iterable[str]) -> list[str]:
    """The words that any of the texts holds, in capitals or not."""
    told = [text.upper() for text in content]
    forms = {word: [word.upper().encode(code) for code in CODES] for word in words}
    return [w for w, said in forms.items() if any(form in t for t in told for form in said)]


def found(words: Iterable[str], *folders: Path) -> dict[str, list[str]]:
    """The words that files under the folders hold, by name of the file."""
    looked_for, paths = list(words), files(*folders)
    told = {path.name: hits(laid_open(path), looked_for) for path in paths}
    return {name: words for name, words in told.items() if words}
