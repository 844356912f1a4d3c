"""The tables and charts of docs/linkage.md: accuracy on seeds that no weight was trained on.

Each nation is simulated, taken in, linked with the shipped weights and compared with its truth.

    python tests/benchmarks/linkage_accuracy.py [--scale 0.05] [--seeds 31 41] [--charts DIR]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from pipelines import link
from pipelines.link import scores
from pipelines.link.evidence import ATTRIBUTES, SHARED

PULANG = [sys.executable, "-c", "from pipelines.cli import app; app()"]
TEXTS = {"kind", "name", "sex", "nik", "document_number", "event_country", "event"}
DATES = {"birth_date", "event_on"}


def accuracy(folder: Path, scale: float, seed: int, noise: str) -> dict[str, Any]:
    """What `pulang evaluate --json` says of one nation."""
    home = folder / f"{seed}-{noise}"
    asked = ["--scale", str(scale), "--seed", str(seed), "--noise", noise, "--out", str(home)]
    environment = {"PULANG_HOME": str(home)}
    subprocess.run([*PULANG, "simulate", *asked], check=True, capture_output=True)
    night = [*PULANG, "night", "--date", "2026-01-15"]
    subprocess.run(night, check=True, capture_output=True, env=environment)
    told = [*PULANG, "evaluate", "--truth", str(home / "truth"), "--json"]
    found = subprocess.run(told, check=True, capture_output=True, env=environment)
    result: dict[str, Any] = json.loads(found.stdout)["linkage"]
    return result


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Types of link in rows, nations in columns: precision, recall and F1 in percent."""
    first = next(iter(rows.values()))
    lines = ["| link | " + " | ".join(rows) + " |", "|---|" + "---|" * len(rows)]
    for kind in [*first["by_type"], "all"]:
        of_kind = (r if kind == "all" else r["by_type"][kind] for r in rows.values())
        cells = (_percents(found, "precision", "recall", "f1") for found in of_kind)
        lines.append(f"| {kind.replace('_', ' ')} | " + " | ".join(cells) + " |")
    for group in first["by_group"]:
        gaps = (r["by_group"][group] for r in rows.values())
        cells = (_percents(found, "worst_gap", "sure_gap") for found in gaps)
        name = f"worst gap of F1 by {group.replace('_', ' ')}, of it beyond chance"
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def calibration(rows: dict[str, dict[str, Any]]) -> str:
    """What linkage said of its pairs beside how many are true; probabilities in rows."""
    head = "".join(f" {nation}: pairs | mean % | true % |" for nation in rows)
    lines = [f"| probability |{head}", "|---|" + "---|" * 3 * len(rows)]
    of = {name: {(b["from"], b["to"]): b for b in r["calibration"] if b["kind"] == "all"}
          for name, r in rows.items()}  # fmt: skip
    for low, high in sorted(set().union(*of.values())):
        cells = (_bin(bins.get((low, high))) for bins in of.values())
        lines.append(f"| {low:g} – {high:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _bin(found: dict[str, Any] | None) -> str:
    if found is None:
        return "0 | | "
    return f"{found['pairs']:,} | " + _percents(found, "mean_probability", "true_share", by=" | ")


def _percents(found: dict[str, Any], *names: str, by: str = " / ") -> str:
    return by.join(f"{100 * found[name]:.2f}" for name in names)


def charts(folder: Path) -> None:
    """The weights of the shipped model as Splink draws them, in SVG."""
    con = duckdb.connect()
    kinds = {n: pa.string() if n in TEXTS else pa.date32() if n in DATES else pa.float64()
             for n in (*SHARED, *ATTRIBUTES)}  # fmt: skip
    nothing = pa.schema([(scores.PAIR, pa.int64()), *kinds.items()]).empty_table()
    backend = ibis.duckdb.from_connection(con)
    for side in ("left_papers", "right_papers"):
        backend.create_table(side, nothing)
    linker = scores.linker(con, "left_papers", "right_papers", link.declared(), link.weights())
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("match_weights_chart", "m_u_parameters_chart"):
        getattr(linker.visualisations, name)().save(str(folder / f"{name}.svg"))


def main() -> None:
    """Measure every seed, clean and harsh, and print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scale", type=float, default=0.05)
    asked.add_argument("--seeds", type=int, nargs="*", default=[31, 41])
    asked.add_argument("--charts", type=Path, help="folder for the charts")
    given = asked.parse_args()
    if given.charts:
        charts(given.charts)
    with tempfile.TemporaryDirectory() as folder:
        found = {
            f"{noise}, seed {seed}": accuracy(Path(folder), given.scale, seed, noise)
            for noise in ("clean", "harsh")
            for seed in given.seeds
        }
    if found:
        print(table(found), calibration(found), sep="\n\n")


if __name__ == "__main__":
    main()
