"""What a published file says, as one digest per table: equal content, equal digest.

Order of rows and bytes of the file do not matter; every value of every column does.
"""

from hashlib import sha256
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

# How often the lake was written and who looked at it when, not what a night says.
ASIDE = {"nights": ("snapshot_id", "log_entries", "log_digest")}


def digests(path: Path) -> dict[str, str]:
    """SHA-256 of each table of the published file at `path`, over its sorted row digests."""
    con = duckdb.connect(str(path), read_only=True)
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        engine = ibis.duckdb.from_connection(con)
        return {
            name: of_table(engine, engine.table(name), ASIDE.get(name, ()))
            for name in sorted(engine.list_tables())
        }
    finally:
        con.close()


def of_table(engine: Backend, whole: ir.Table, aside: tuple[str, ...] = ()) -> str:
    """Digest of a table but for the columns `aside`.

    A column of another name or type changes it as well; repeated rows count.
    """
    table = whole.drop(*(name for name in aside if name in whole.columns))
    said = sha256(str(table.schema()).encode())
    rows = ibis.struct({name: table[name] for name in table.columns}).cast("json")
    digested = table.select(row=rows.cast("string").hexdigest("sha256")).order_by("row")
    for batch in engine.con.execute(engine.compile(digested)).to_arrow_reader():
        said.update(_joined(batch.column(0)))
    return said.hexdigest()


def _joined(texts: pa.Array) -> bytes:
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    joined: str = pc.binary_join(whole, "")[0].as_py()
    return joined.encode()
