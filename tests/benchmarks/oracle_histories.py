"""How often the pipeline and its definition agree, on random lives and random feeds.

Each batch of lives is one run of the pipeline and one of tests/reconcile/oracle*.py, which were
written from the definitions; every departure is compared column by column, every feed gap by gap.

    python -m tests.benchmarks.oracle_histories [--lives 100000] [--batch 5000] [--feeds 1000]
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.reconcile import histories


def main() -> int:
    """Print the agreements; 1 where one is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--lives", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    start, departures, wrong, done = time.perf_counter(), 0, 0, 0
    while done < given.lives:
        size = min(given.batch, given.lives - done)
        compared, differing = histories.differences(histories.lives(size, given.seed + done))
        departures, wrong, done = departures + compared, wrong + len(differing), done + size
        for pipeline, definition in differing[:3]:
            print("differs", pipeline, definition, sep="\n  ")
    feeds = [histories.feed(given.seed + number) for number in range(given.feeds)]
    same = sum(histories.gaps(feed) == histories.gaps_by_definition(feed) for feed in feeds)
    print(
        f"{done:,} lives, {departures:,} departures, {departures - wrong:,} agree; "
        f"{len(feeds):,} feeds, {same:,} agree; {time.perf_counter() - start:.0f} s"
    )
    return int(wrong > 0 or same < len(feeds))


if __name__ == "__main__":
    sys.exit(main())
