"""What anybody may have: open aggregates of the published file. Needs neither lake nor key."""

from pathlib import Path
from typing import NamedTuple

import ibis

from pipelines import settings, whole
from pipelines.audit import open_data
from pipelines.audit.suppression import K
from pipelines.desks.front import NothingThereError, published
from pipelines.lake import rows_of


class Opened(NamedTuple):
    """The files that were written, and rows by table."""

    files: list[Path]
    rows: dict[str, int]


def write(now: settings.Settings, folder: Path) -> Opened:
    """Write the open tables of the latest published night, and their descriptor, to `folder`."""
    with published(now) as con:
        engine = ibis.duckdb.from_connection(con)
        nights = engine.table("nights").order_by(ibis.desc("night_number")).limit(1)
        [night] = rows_of(nights)
        made = open_data.tables(open_data.cells(engine.table("departures")).to_pyarrow())
    if not made:
        raise NothingThereError(f"fewer than {K} departures are published; they hide nobody")
    files = open_data.files(made, night)
    for name, content in files.items():
        whole.write(folder / name, content)
    return Opened([folder / name for name in files], {n: t.num_rows for n, t in made.items()})
