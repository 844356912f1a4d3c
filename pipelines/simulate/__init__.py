"""A synthetic nation, its deliveries and its truth.

`simulate` writes three things under a folder: `landing/` with the papers of the agencies in the
layouts of the data contracts, `truth/` with what was true of them, and `policy.yaml` with the one
parameter that such a nation needs: nobody was abroad when its record began. All people are
invented. The same scale, seed, year and noise give the same bytes. It knows nothing of the rules of
the pipeline, and the pipeline nothing of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.simulate import nation as nations
from pipelines.simulate import post
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.events import record

__all__ = ["Noise", "Summary", "simulate"]

Noise = Literal["clean", "mixed", "harsh"]
HARSHNESS: dict[Noise, float] = {"clean": 0.0, "mixed": 0.5, "harsh": 1.0}
POLICY = """# A simulated nation begins with its record: nobody was abroad before.
abroad_at_record_start: none
"""


@dataclass(frozen=True)
class Summary:
    """What was written, and the run date as of which the truth is stated."""

    run_date: dt.date
    persons: int
    departures: int
    rows: dict[str, int]
    files: dict[str, int]


def simulate(
    out: Path, scale: float, seed: int, year: int = 2025, noise: Noise = "clean"
) -> Summary:
    """Write `landing/`, `truth/` and `policy.yaml` under `out`.

    `scale` is a share of a national year (1.0: 22 million crossings, 297 thousand placements); the
    facts of the
    brief (the Myanmar list, Kepulauan Riau) are at full size whatever the scale. `harsh` noise
    garbles a quarter of
    the names, 4 % of the birth dates and 10 % of the places, to tell linkage designs apart; `mixed`
    half as many, for training.

    Raises `ValueError` for a scale outside (0, 2] and `FileExistsError` when `out` holds deliveries
    already.
    """
    if not 0 < scale <= 2:
        raise ValueError(f"scale must be above 0 and at most 2, not {scale}")
    if (out / "landing").exists():
        raise FileExistsError(
            f"{out / 'landing'} exists; a nation is written into a folder of its own"
        )
    nation = nations.build(Calendar(year), scale, seed)
    written = post.send(nation, record(nation), out, scale, HARSHNESS[noise])
    (out / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return Summary(
        nation.calendar.run_date,
        len(nation.people),
        written.departures,
        written.rows,
        written.files,
    )
