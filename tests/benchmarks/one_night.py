"""How long a night takes on a history of years, as a ratio to a floor timed in the same run.

The floor is that of national_year.py over the whole history. After a first night over everything
but the last deliveries, one night takes in a tenth of a day's crossings, the next a whole day's.
Each runs in a process of its own; times are wall clock, memory is the peak of that process.

    python -m tests.benchmarks.one_night [--scales 0.1 1.0] [--limit 3GB] [--folder DIR]
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.national_year import FLOOR, SEED, as_parquet, timed

PULANG = [sys.executable, "-c", "from pipelines.cli import app; app()"]
PART = 10  # the small night has one in so many of a day's crossings


def held_back(landing: Path, aside: Path) -> tuple[Path, Path]:
    """Move the last two plain days of crossings to `aside`; the first is cut to one part of ten."""
    aside.mkdir()
    moved = []
    for file in sorted((landing / "perlintasan").glob("*.csv"))[-2:]:
        moved.append(aside / file.name)
        file.rename(moved[-1])
    small, whole = moved
    stat, lines = small.stat(), small.read_bytes().splitlines(keepends=True)
    small.write_bytes(b"".join(lines[: len(lines) // PART]))
    os.utime(small, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return small, whole


def night(home: Path, limit: str | None) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak GiB of one night."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    settings = {"PULANG_HOME": str(home)} | ({"PULANG_MEMORY": limit} if limit else {})
    run = timed([*PULANG, "night", "--date", "2026-01-15"], **settings)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, n) - getattr(before, n) for n in ("ru_utime", "ru_stime"))
    return run.seconds, cpu, run.gib


def measure(scale: float, folder: Path, limit: str | None) -> str:
    """Simulate, time the floor, a first night and two nights after it; a line for each."""
    home = folder / f"nation-{scale}"
    timed([*PULANG, "simulate", "--scale", str(scale), "--seed", str(SEED), "--out", str(home)])
    small, whole = held_back(home / "landing", folder / "aside")
    source, ordered = folder / "crossings.parquet", folder / "sorted.parquet"
    history = as_parquet(home / "landing", source)
    floor = timed([sys.executable, "-c", FLOOR, str(source), str(ordered)])
    source.unlink()
    ordered.unlink()
    lines = [f"scale {scale}: floor {floor.seconds:.1f} s ({floor.gib:.1f} GiB)"]
    for file in (None, small, whole):
        rows = history
        if file:
            rows = sum(1 for _ in file.open("rb")) - 1
            shutil.move(file, home / "landing" / "perlintasan" / file.name)
        wall, cpu, gib = night(home, limit)
        told = f"{rows:,} crossings" + (f" on {history:,}" if file else ", first night")
        lines.append(
            f"  {told}: {wall:.1f} s  {cpu:.0f} CPU s  {gib:.1f} GiB  "
            f"ratio {wall / floor.seconds:.2f}"
        )
    shutil.rmtree(home)
    shutil.rmtree(folder / "aside")
    return "\n".join(lines)


def main() -> None:
    """Measure every scale asked for, each as it is done."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scales", type=float, nargs="+", default=[0.1, 1.0])
    asked.add_argument("--limit", help="DuckDB memory limit of the nights, for example 3GB")
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    given = asked.parse_args()
    for scale in given.scales:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            print(measure(scale, Path(folder), given.limit), flush=True)


if __name__ == "__main__":
    main()
