"""Runs the stages: all of them in one process, or one by itself."""

import gc
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines import keys, settings
from pipelines.intake import gate
from pipelines.lake import exists, open_lake
from pipelines.night.context import (
    ORDER,
    PUBLISHED,
    WITHHELD,
    Night,
    Report,
    next_number,
)
from pipelines.night.intake import fetch, judge, take_in
from pipelines.night.link import link_persons
from pipelines.night.publish import publish
from pipelines.night.reconcile import reconcile_departures
from pipelines.night.standardise import standardise_records
from pipelines.policy import Policy

DONE = "done"
SELDOM = (100_000, 50, 100)  # of Python's garbage collector
STAGES = ORDER
# After the gate, which is run by itself: it decides whether these are.
WORK: dict[str, Callable[[Night], None]] = {
    "standardise": standardise_records,
    "link": link_persons,
    "reconcile": reconcile_departures,
    "publish": publish,
}


@dataclass(frozen=True)
class Outcome:
    """How the run ended. `is_new_key` asks for a warning to whoever runs it."""

    night: date
    number: int
    status: str
    seconds: dict[str, float]
    checks: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    is_new_key: bool


@dataclass(frozen=True)
class StageResult:
    """How a stage ended: done, withheld (the gate) or published. Holds nothing of the data."""

    stage: str
    night: date
    number: int
    status: str
    seconds: float


def run(
    now: settings.Settings,
    night: date,
    report: Report = lambda _: None,
    only: Collection[str] | None = None,
    *,
    rebuild: bool = False,
) -> Outcome:
    """Fetch, take in all that has landed, judge it, link, reconcile, surface and publish.

    Works on what has changed since the last night; a `rebuild` on everything, with one result.
    With `only`, nothing is fetched, and no arrival but those of these numbers is taken in.
    Raises PolicyError, KeyMissingError, LakeBusyError, LakeShutError or ConservationError; the
    published file is then what it was.
    """
    gate.load_ahead()
    with _opened(now, night, report, only, rebuild) as this:
        if only is None:
            fetch(this)
        batches = take_in(this)
        checks = judge(this)
        status = WITHHELD if gate.is_withheld(checks) else PUBLISHED
        if status == PUBLISHED:
            for work in WORK.values():
                work(this)
        verdicts = checks.to_pylist()
        return Outcome(
            night, this.number, status, this.seconds, verdicts, batches, this.secret.is_new
        )


def run_stage(
    now: settings.Settings,
    night: date,
    stage: str,
    report: Report = lambda _: None,
    only: Collection[str] | None = None,
) -> StageResult:
    """One stage by itself, from lake to lake. Raises StageOrderError where it is not its turn."""
    with _opened(now, night, report, only) as this:
        status = DONE
        if stage == "intake":
            take_in(this)
        elif stage == "gate":
            status = WITHHELD if gate.is_withheld(judge(this)) else DONE
        else:
            WORK[stage](this)
            status = PUBLISHED if stage == "publish" else DONE
        return StageResult(stage, night, this.number, status, this.seconds[stage])


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Compiling makes millions of small objects; looking through them again and again took a sixth
    of a small night."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _opened(
    now: settings.Settings,
    night: date,
    report: Report,
    only: Collection[str] | None,
    rebuild: bool = False,
) -> Iterator[Night]:
    policy = Policy.load(now.home.path)
    secret = keys.load(now.home.keys, now.key, exists(now.home))
    with _seldom_collected(), open_lake(now, secret) as lake:
        number = next_number(lake)
        yield Night(lake, now, secret, policy, night, number, report, is_rebuild=rebuild, only=only)
