"""Whatever comes: a clear refusal, or every row accounted for once. No crash, no hang, no loss."""

import io
import struct
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.intake import csv_reader, lines
from tests.intake import accounts
from tests.intake.accounts import CODECS, CROSSINGS, HEADER, LISTS, accounted

OFTEN = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PIECES = st.sampled_from(accounts.PIECES)


@OFTEN
@given(pieces=st.lists(PIECES, max_size=60), has_header=st.booleans(), block=st.sampled_from(
    [256, 1 << 20]), codec=st.sampled_from(CODECS))  # fmt: skip
def test_any_text(
    tmp_path: Path, pieces: list[str], has_header: bool, block: int, codec: str
) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    text = (HEADER + "\n" if has_header else "") + "".join(pieces)
    (folder / "a.csv").write_bytes(text.encode(codec, errors="replace"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_reader, "CSV_BLOCK", max(block, 4 * len(text)))
        accounted(folder / "a.csv", CROSSINGS)


@OFTEN
@given(content=st.binary(max_size=400), ending=st.sampled_from(
    ["csv", "csv.gz", "csv.zst", "parquet", "zip"]))  # fmt: skip
def test_any_bytes(tmp_path: Path, content: bytes, ending: str) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / f"a.{ending}").write_bytes(content)
    accounted(folder / f"a.{ending}", CROSSINGS)


@OFTEN
@given(members=st.lists(st.lists(PIECES, max_size=20), max_size=4))
def test_any_archive(tmp_path: Path, members: list[list[str]]) -> None:
    folder = tmp_path / "perlintasan"
    folder.mkdir(exist_ok=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for n, pieces in enumerate(members):
            packed.writestr(f"{n}.csv", HEADER + "\n" + "".join(pieces))
    (folder / "a.zip").write_bytes(out.getvalue())
    accounted(folder / "a.zip", CROSSINGS)


CELLS = st.sampled_from(accounts.CELLS)
LINE = st.one_of(st.just(list[str | None](accounts.TITLES)), st.lists(CELLS, max_size=10))
PAGE = st.lists(LINE, max_size=14)


@OFTEN
@given(pages=st.lists(PAGE, max_size=3), goes_on=st.booleans(), hidden=st.booleans())
def test_every_line_of_every_page_is_somewhere(
    pages: list[list[list[str | None]]], goes_on: bool, hidden: bool
) -> None:
    accounts.pages_accounted(pages, goes_on, hidden)


@OFTEN
@given(
    words=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 40)), max_size=60, unique=True),
    rules=st.lists(
        st.tuples(st.booleans(), st.integers(0, 80), st.integers(0, 80), st.integers(0, 80)),
        max_size=20,
    ),
)
def test_every_word_of_a_page_is_in_some_cell(
    words: list[tuple[int, int]], rules: list[tuple[bool, int, int, int]]
) -> None:
    accounts.words_accounted(words, rules)


# What fuzzing found: damage was called too large, because the reader died of it

FILES = Path(__file__).parents[1] / "cases" / "deliveries" / "files"


def test_a_workbook_with_a_damaged_directory_is_unreadable(tmp_path: Path) -> None:
    whole = (FILES / "pemulangan" / "01_plain.xlsx").read_bytes()
    folder = tmp_path / "pemulangan"
    folder.mkdir()
    damaged = whole.replace(b"PK\x01\x02", b"PK\x01\x03", 1)
    assert damaged != whole
    (folder / "a.xlsx").write_bytes(damaged)
    assert accounted(folder / "a.xlsx", LISTS) == "unreadable_file"


def test_an_archive_with_damaged_contents_is_unreadable(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", HEADER + "\n" + "A1," * 500)
    damaged = bytearray(out.getvalue())
    at = damaged.index(b"a.csv") + len(b"a.csv")
    damaged[at] = 0xFF  # no block of deflate begins so
    folder = tmp_path / "perlintasan"
    folder.mkdir()
    (folder / "a.zip").write_bytes(damaged)
    assert accounted(folder / "a.zip", CROSSINGS) == "unreadable_file"


def test_texts_of_a_parquet_file_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    """Arrow believes what the file says of them; found by the fuzzer, which met a crash."""
    places, said = pa.py_buffer(struct.pack("<2i", 0, 1)), pa.py_buffer(b"\x8f")
    damaged = pa.StringArray.from_buffers(1, places, said)
    folder = tmp_path / "perlintasan"
    folder.mkdir()
    pq.write_table(pa.table({CROSSINGS.names[0]: damaged}), folder / "a.parquet")
    assert accounted(folder / "a.parquet", CROSSINGS) == "unreadable_file"


def test_a_long_line_beside_another_encoding_is_looked_at_once() -> None:
    """The look took the square of the longest line: ten seconds for 60 kB."""
    text = b"\xe9\n" + b"A" * (1 << 19) + b"\n"
    start = time.process_time()
    assert lines.encoding_of(io.BytesIO(text)) == "latin-1"
    assert time.process_time() - start < 2
