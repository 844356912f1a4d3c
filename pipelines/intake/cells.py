"""Cells that say one thing to a person and another to a program: mended, or their rows set apart.

Marks without a meaning go (zero width, byte order), full-width letters become plain ones, and
texts that a spreadsheet was told to keep (`="0123"`, `'0123`) lose that wrapping. Controls,
overrides of direction, letters of two scripts in one value, and formulas set their row apart.
All of it is Arrow on whole columns, and nothing is done where no byte asks for it.
"""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.refusals import FORMULA, SUSPICIOUS, UNDECODABLE, MalformedRow

INVISIBLE = "[\u00ad\u061c\u200b-\u200f\u2060\ufeff]"
FULL_WIDTH = "[\uff01-\uff5e\u3000]"
KEPT_TEXT = r'^=?"([^"]*)"$|^\'(\d[\d .-]*)$'
IS_FORMULA = r"^(?:[=@]|[+\-][^\s\d]*[A-Za-z][^\s]*[(|!])"
CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]"
SPECIAL = "^[=@+\\-'\"]|[^ -~\t\r\n]"
LATIN, LOOKALIKES = r"\p{Latin}", r"[\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}]"
LOST = "\ufffd"
BYTES = np.arange(256, dtype=np.uint8)
IS_START = np.isin(BYTES, list(b"=@+-'\""))  # by byte
IS_HARMLESS = np.isin(BYTES, list(b"\t\n\r"))


def screened(
    table: pa.Table, names: list[str], is_mixed: bool = False
) -> tuple[pa.Table, list[MalformedRow]]:
    """`table` with its cells mended, and the rows that were set apart, out of it.

    `names` are the columns of text. `is_mixed`: U+FFFD stands for bytes that were not UTF-8.
    """
    apart: dict[int, tuple[str, str]] = {}
    for name in names:
        column = table[name]
        if column.null_count == len(column) or not _is_special(column):
            continue
        mended, bad = _looked_at(column, is_mixed)
        for row, reason in bad:
            apart.setdefault(row, (reason, name))
        table = table.set_column(table.column_names.index(name), name, mended)
    if not apart:
        return table, []
    rows = [_set_apart(table, names, row, *why) for row, why in sorted(apart.items())]
    keep = np.ones(table.num_rows, bool)
    keep[list(apart)] = False
    return table.filter(pa.array(keep)), rows


def _set_apart(
    table: pa.Table, names: list[str], row: int, reason: str, field: str
) -> MalformedRow:
    [cells] = table.slice(row, 1).to_pylist()
    text = json.dumps({name: cells[name] for name in names}, ensure_ascii=False)
    return MalformedRow(cells["row_number"], text, reason, field, cells.get("file_position"))


def _is_special(column: pa.ChunkedArray) -> bool:
    """Whether any byte is a control or not ASCII, or any first byte begins a formula."""
    return any(_has_special_bytes(chunk) for chunk in column.chunks if len(chunk))


def _has_special_bytes(chunk: pa.Array) -> bool:
    width = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    _, places, data = chunk.buffers()
    if data is None:
        return False
    ends = np.frombuffer(places, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    said = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if not said.size:
        return False
    # One pass for usual text: 0x20 to 0x7e, shifted so that a single comparison tells.
    odd = said[(said - np.uint8(0x20)) > np.uint8(0x5E)]
    if odd.size and not IS_HARMLESS[odd].all():
        return True
    is_filled = np.diff(ends) > 0
    first = said[(ends[:-1] - ends[0])[is_filled]]
    return bool(IS_START[first].any())


def _looked_at(
    column: pa.ChunkedArray, is_mixed: bool
) -> tuple[pa.ChunkedArray, list[tuple[int, str]]]:
    """The column mended, and (row, reason) of cells that cannot be."""
    whole = column.combine_chunks()
    is_special = pc.fill_null(pc.match_substring_regex(whole, SPECIAL), False)
    rows = np.flatnonzero(is_special.to_numpy(zero_copy_only=False))
    values = _mended(whole.filter(is_special))
    found: dict[int, str] = {}
    both = pc.and_(*(pc.match_substring_regex(values, p) for p in (LATIN, LOOKALIKES)))
    for reason, is_bad in (
        (UNDECODABLE, pc.match_substring(values, LOST) if is_mixed else None),
        (SUSPICIOUS, pc.match_substring_regex(values, CONTROLS)),
        (SUSPICIOUS, both),
        (FORMULA, pc.match_substring_regex(values, IS_FORMULA)),
    ):
        if is_bad is not None:
            bad = pc.fill_null(is_bad, False).to_numpy(zero_copy_only=False)
            for row in rows[bad]:
                found.setdefault(int(row), reason)
    return pc.replace_with_mask(whole, is_special, values), list(found.items())


def _mended(values: pa.Array) -> pa.Array:
    """Marks without a meaning taken away; a cell of which nothing is left is null."""
    values = pc.replace_substring_regex(values, INVISIBLE, "")
    wide = pc.fill_null(pc.match_substring_regex(values, FULL_WIDTH), False)
    if pc.any(wide).as_py():
        values = pc.if_else(wide, pc.utf8_normalize(values, "NFKC"), values)
    values = pc.utf8_trim_whitespace(pc.replace_substring_regex(values, KEPT_TEXT, r"\1\2"))
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)
