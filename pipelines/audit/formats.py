"""Rows as CSV and Parquet: the same bytes for the same rows."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

# What a spreadsheet would take for a formula; such a text gets an apostrophe before it.
FORMULA = r"^[=+\-@\t\r]"


def csv(rows: pa.Table) -> bytes:
    """UTF-8 with a header; texts in quotes, what is missing without; ISO 8601."""
    return _written(lambda out: pcsv.write_csv(guarded(rows), out))


def guarded(rows: pa.Table) -> pa.Table:
    """Texts that would be formulas, as texts."""
    for at, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            safe = pc.replace_substring_regex(rows[field.name], f"({FORMULA})", r"'\1")
            rows = rows.set_column(at, field.name, safe)
    return rows


def parquet(rows: pa.Table) -> bytes:
    """Zstandard; one file."""
    return _written(lambda out: pq.write_table(rows, out, compression="zstd"))


def read_csv(content: bytes, schema: pa.Schema) -> pa.Table:
    """Rows of a CSV of ours. Raises pa.ArrowInvalid."""
    options = pcsv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )  # fmt: skip
    return pcsv.read_csv(pa.BufferReader(content), convert_options=options)


def read_parquet(content: bytes) -> pa.Table:
    """Rows of a Parquet file. Raises pa.ArrowInvalid."""
    return pq.read_table(pa.BufferReader(content))


def _written(write: Any) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()
