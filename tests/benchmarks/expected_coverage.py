"""Do the chances and the intervals of the expected figures hold on nations whose truth is known?

Each nation is simulated, taken in and published, and compared with its truth by `pulang evaluate`.
Regions count where they have an undocumented departure in truth or in ours.

    python tests/benchmarks/expected_coverage.py [--scale 0.02] [--seeds 20] [--first 101]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

PULANG = [sys.executable, "-c", "from pipelines.cli import app; app()"]
SHARES = ("covered_share", "below_share", "above_share")


def expected(scale: float, seed: int, noise: str) -> dict[str, Any]:
    """`expected` of `pulang evaluate --json` for one nation."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PULANG_HOME": folder}
        asked = ["--scale", str(scale), "--seed", str(seed), "--noise", noise, "--out", folder]
        subprocess.run([*PULANG, "simulate", *asked], check=True, capture_output=True)
        night = [*PULANG, "night", "--date", "2026-01-15"]
        subprocess.run(night, check=True, capture_output=True, env=environment)
        told = [*PULANG, "evaluate", "--truth", str(Path(folder) / "truth"), "--json"]
        found = subprocess.run(told, check=True, capture_output=True, env=environment)
    result: dict[str, Any] = json.loads(found.stdout)["expected"]
    return result


def gathered(nations: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Lines of two tables over all nations: coverage, and calibration."""
    regions: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    bins: dict[tuple[float, float], list[dict[str, Any]]] = defaultdict(list)
    for nation in nations:
        for row in nation["coverage"]:
            regions[row["grain"], row["level"]].append(row)
        for row in nation["calibration"]:
            bins[row["from"], row["to"]].append(row)
    covered = [
        f"{grain:8} {level:9} {sum(r['regions'] for r in rows):7,}  "
        + "  ".join(f"{name} {_mean(rows, name, 'regions'):.3f}" for name in SHARES)
        for (grain, level), rows in sorted(regions.items())
    ]
    years = [r for (grain, _), rows in regions.items() if grain == "year" for r in rows]
    covered.append(
        f"year, both levels: covered_share {_mean(years, 'covered_share', 'regions'):.3f}"
    )
    given = [
        f"{low:5} to {high:5}  {sum(r['departures'] for r in rows):9,}  "
        f"given {_mean(rows, 'mean_given', 'departures'):.4f}  "
        f"true {_mean(rows, 'true_share', 'departures'):.4f}"
        for (low, high), rows in sorted(bins.items())
    ]
    return covered, given


def _mean(rows: list[dict[str, Any]], name: str, weight: str) -> float:
    whole = sum(row[weight] for row in rows)
    return float(sum(row[name] * row[weight] for row in rows) / whole) if whole else 0.0


def main() -> None:
    """Measure every seed, each as it is done, and all together at the end."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scale", type=float, default=0.02)
    asked.add_argument("--seeds", type=int, default=20, help="how many")
    asked.add_argument("--first", type=int, default=101)
    asked.add_argument("--noise", default="clean")
    given = asked.parse_args()
    nations = []
    for seed in range(given.first, given.first + given.seeds):
        nations.append(expected(given.scale, seed, given.noise))
        print(f"seed {seed}", *gathered(nations[-1:])[0], sep="\n  ", flush=True)
    for title, lines in zip(("coverage", "calibration"), gathered(nations), strict=True):
        print(title, *lines, sep="\n  ")


if __name__ == "__main__":
    main()
