"""Nights one after another against one rebuild, over many nations, orders and lots of deliveries.

Every published table has to be the same, row for row, but for `nights`, which counts them. What
tests/test_increments.py does once is done here as often as asked for; it prints what agreed.

    python -m tests.benchmarks.nights_equal_rebuild [--seeds 1 2 3] [--nights 4] [--scale 0.001]
"""

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from pipelines import night
from pipelines.publish import digest
from pipelines.simulate import simulate
from tests import papers
from tests.test_increments import LAST, land, landed_in_turns

AGAIN = ("nights",)  # the rebuild is one more


def differing(seed: int, nights: int, scale: float, folder: Path) -> list[str]:
    """The published tables that a rebuild gives otherwise than the nights did."""
    source, home = folder / "nation", folder / "home"
    simulate(source, scale, seed)
    home.mkdir()
    now = papers.home(home)
    for turn, files in enumerate(landed_in_turns(source, home, seed, nights)):
        land(files, home)
        night.run(now, LAST - timedelta(days=nights - 1 - turn))
    before = digest.digests(now.home.warehouse)
    night.run(now, LAST, rebuild=True)
    after = digest.digests(now.home.warehouse)
    return [name for name in after if after[name] != before[name] and name not in AGAIN]


def main() -> int:
    """Print a line for each seed, and how many agreed."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 6)))
    asked.add_argument("--nights", type=int, default=4)
    asked.add_argument("--scale", type=float, default=0.001)
    given = asked.parse_args()
    wrong = 0
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            found = differing(seed, given.nights, given.scale, Path(folder))
        wrong += bool(found)
        print(f"seed {seed}: {'different: ' + ', '.join(found) if found else 'the same'}")
    print(f"{len(given.seeds) - wrong} of {len(given.seeds)} agree")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
