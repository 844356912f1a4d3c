"""How long a national year takes, as a ratio to a floor timed in the same run.

The floor: DuckDB reads the same crossings from Parquet, sorts them by document and time, and writes
Parquet. The night: `pulang night` on the delivered files, from landing to the published warehouse.
Each runs in a process of its own; times are wall clock, memory is the peak of that process.

    python tests/benchmarks/national_year.py [--scales 0.01 0.1 1.0] [--limit 3GB] [--folder DIR]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipelines import contracts
from pipelines.intake import arrivals, deliveries

SEED = 7
FLOOR = """
import sys
import duckdb
con = duckdb.connect(config={"temp_directory": sys.argv[2] + ".spill"})
con.execute("SET preserve_insertion_order = false")
con.execute("SET enable_progress_bar = false")
con.read_parquet(sys.argv[1]).order("nomor_dokumen, waktu_perlintasan").write_parquet(sys.argv[2])
"""


@dataclass(frozen=True)
class Run:
    """One process: wall seconds and peak resident memory in GiB."""

    seconds: float
    gib: float


def timed(command: list[str], **environment: str) -> Run:
    """Run a command to its end and measure it; raises CalledProcessError where it fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(time.perf_counter() - start, usage.ru_maxrss / 2**20)


def as_parquet(landing: Path, file: Path) -> int:
    """The delivered crossings as one Parquet file of text; gives the number of rows."""
    contract = contracts.sources()["perlintasan"]
    batches = [
        deliveries.Batch(f"B{n}", arrival, "", arrivals.fingerprint(arrival).encoding)
        for n, arrival in enumerate(arrivals.find(landing, ["perlintasan"]))
    ]
    rows, writer = 0, None
    for chunk in deliveries.chunks(batches, contract):
        table = chunk.select(contract.names)
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
        rows += table.num_rows
    if writer:
        writer.close()
    return rows


def measure(scale: float, folder: Path, limit: str | None) -> str:
    """Simulate, time the floor and the night, and say so in one line (two with a limit)."""
    home = folder / f"nation-{scale}"
    pulang = [sys.executable, "-c", "from pipelines.cli import app; app()"]
    asked = ["--scale", str(scale), "--seed", str(SEED), "--out", str(home)]
    made = timed([*pulang, "simulate", *asked])
    rows = as_parquet(home / "landing", folder / "crossings.parquet")
    source, ordered = folder / "crossings.parquet", folder / "sorted.parquet"
    floor = timed([sys.executable, "-c", FLOOR, str(source), str(ordered)])
    source.unlink()
    ordered.unlink()
    lines = [
        f"scale {scale}: {rows:,} crossings, simulated in {made.seconds:.0f} s ({made.gib:.1f} GiB)"
    ]
    for memory in [None, limit] if limit else [None]:
        for made_by_night in ("lake", "published", "tmp"):
            shutil.rmtree(home / made_by_night, ignore_errors=True)
        settings = {"PULANG_HOME": str(home)} | ({"PULANG_MEMORY": memory} if memory else {})
        night = timed([*pulang, "night", "--date", "2026-01-15"], **settings)
        lines.append(
            f"  floor {floor.seconds:.1f} s ({floor.gib:.1f} GiB)  night {night.seconds:.1f} s "
            f"({night.gib:.1f} GiB)  ratio {night.seconds / floor.seconds:.2f}  "
            f"{rows / night.seconds:,.0f} crossings/s"
            + (f"  memory limit {memory}" if memory else "")
        )
    shutil.rmtree(home)
    return "\n".join(lines)


def main() -> None:
    """Measure every scale asked for and print the table at the end."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scales", type=float, nargs="+", default=[0.01, 0.1, 1.0])
    asked.add_argument("--limit", help="DuckDB memory limit for a second night, for example 3GB")
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        found = [measure(scale, Path(folder), given.limit) for scale in given.scales]
    print("\n".join(found))


if __name__ == "__main__":
    main()
