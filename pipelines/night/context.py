"""One run of the night, and the ledger of its stages: when each last ran, and on what."""

import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines import __version__, contracts, keys, link, reference, settings
from pipelines.errors import PulangError
from pipelines.intake import gate
from pipelines.lake import Lake
from pipelines.policy import Policy

PUBLISHED, WITHHELD = "published", "withheld"
ORDER = ("intake", "gate", "standardise", "link", "reconcile", "publish")
# What the rules of a night are known by, in ops.nights.
RULES = ("policy_sha256", "contracts_sha256", "code_version")
Report = Callable[[str], None]


class ConservationError(PulangError):
    """Rows delivered are not rows accepted + quarantined + superseded."""


class StageOrderError(PulangError):
    """A stage was asked for before the one that it builds on."""


@dataclass(frozen=True)
class Past:
    """What a stage may build on: the snapshot up to which it has seen the lake, and its night."""

    snapshot_id: int
    night: date


@dataclass(frozen=True)
class Run:
    """A stage that is running: what it builds on, the snapshot that it sees, when it started."""

    stage: str
    past: Past | None
    snapshot_id: int
    started_at: datetime
    started: float


@dataclass
class Night:
    """One run of the night: where, as of when, and under which parameters.

    A rebuild works everything out anew from the records; the result is the same.
    """

    lake: Lake
    now: settings.Settings
    secret: keys.Keys
    policy: Policy
    night: date
    number: int
    report: Report
    is_rebuild: bool = False
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)
    only: Collection[str] | None = None  # numbers of the arrivals to be taken in; None: all

    @contextmanager
    def keeping(self, run: "Run") -> Iterator[None]:
        """One transaction for all that a stage keeps; the ledger of stages goes with it."""
        with self.lake.transaction():
            yield
            self.enter(run)

    def begin(self, stage: str) -> "Run":
        """Report a stage that starts now; it ends by `enter`. Raises StageOrderError."""
        self.report(stage)
        runs = self.runs()
        self._refuse_too_early(stage, runs)
        at = datetime.now(UTC), time.perf_counter()
        return Run(stage, self._past(stage, runs), self.lake.snapshot_id, *at)

    def enter(self, run: "Run") -> None:
        """Enter a stage in the ledger, in the transaction of what it has written."""
        self.seconds[run.stage] = round(time.perf_counter() - run.started, 3)
        row = {
            "night_number": self.number, "night": self.night, "stage": run.stage,
            "started_at": run.started_at, "finished_at": datetime.now(UTC),
            "seconds": self.seconds[run.stage], "snapshot_id": run.snapshot_id,
            "conditions": self.conditions, "is_rebuild": run.past is None,
        }  # fmt: skip
        self.lake.insert("ops", "stages", [row])

    def _past(self, stage: str, runs: dict[str, dict[str, Any]]) -> Past | None:
        """What a stage may build on.

        Nothing where it was told not to, never ran, ran under other conditions, its snapshot has
        expired, or an earlier stage has since worked everything out anew.
        """
        last = runs.get(stage)
        if self.is_rebuild or last is None or last["conditions"] != self.conditions:
            return None
        rebuilt = [
            run["rebuilt_at"] or 0 for name, run in runs.items()
            if name in ORDER[1 : ORDER.index(stage)]
        ]  # fmt: skip
        if max(rebuilt, default=0) > last["snapshot_id"]:
            return None
        if last["snapshot_id"] < self.lake.oldest_snapshot_id:
            return None
        return Past(last["snapshot_id"], last["night"])

    def runs(self) -> dict[str, dict[str, Any]]:
        """The last run of each stage by name; `rebuilt_at` is the snapshot of its last rebuild."""
        stages = self.lake.table("ops", "stages")
        last = stages.group_by("stage").agg(
            snapshot_id=stages.snapshot_id.max(),
            night=stages.night.argmax(stages.snapshot_id),
            conditions=stages.conditions.argmax(stages.snapshot_id),
            rebuilt_at=stages.snapshot_id.max(where=stages.is_rebuild),
        )
        return {row["stage"]: row for row in last.to_pyarrow().to_pylist()}

    def _refuse_too_early(self, stage: str, runs: dict[str, dict[str, Any]]) -> None:
        """Raises StageOrderError unless the stages before this one have run, each on the other."""
        before = ORDER[: ORDER.index(stage)]
        for first, second in pairwise(before):
            if second not in runs or runs[second]["snapshot_id"] <= runs[first]["snapshot_id"]:
                raise StageOrderError(f"{stage}: {second} has not run since {first}; run it first")
        if before and before[-1] not in runs:
            raise StageOrderError(f"{stage}: {before[-1]} has not run; run it first")
        if "gate" in before and gate.is_withheld(latest_checks(self.lake).to_pyarrow()):
            raise StageOrderError(f"{stage}: a gate has withheld publication; nothing may follow")

    def pseudonym(self, prefix: str) -> Callable[[ir.StringValue], ir.StringValue]:
        """The keyed pseudonym for persons (P) or departures (D)."""
        return lambda value: self.secret.pseudonym(value, prefix)

    @cached_property
    def weights(self) -> link.Weights:
        """The weights of linkage that this home uses."""
        return link.weights(self.now.home.path)

    @cached_property
    def rules(self) -> dict[str, str | None]:
        """What the night was computed under, as ops.nights keeps it."""
        return {
            "linkage_model": self.weights.version,
            "policy": json.dumps({n: self.policy.values[n] for n in self.policy.overrides}),
            "policy_sha256": self.policy.digest,
            "contracts_sha256": contracts.digest(),
            "code_version": __version__,
        }

    @cached_property
    def conditions(self) -> str:
        """One digest of everything but the deliveries and the date that a result depends on."""
        parts = [json.dumps(self.rules, sort_keys=True), reference.digest(), settings.code_digest()]
        return sha256("\n".join(parts).encode()).hexdigest()


def next_number(lake: Lake) -> int:
    """The number of the night that runs now."""
    last = lake.table("ops", "nights").night_number.max().to_pyarrow().as_py()
    return (last or 0) + 1


def last_published(lake: Lake) -> dict[str, Any] | None:
    """The row of ops.nights of the latest published night; none before the first."""
    nights = lake.table("ops", "nights")
    linked = nights.filter(nights.outcome == PUBLISHED)
    rows = linked.order_by(ibis.desc("night_number")).limit(1).to_pyarrow().to_pylist()
    return rows[0] if rows else None


def latest_checks(lake: Lake) -> ir.Table:
    """The verdicts of the latest gate."""
    checks = lake.table("ops", "checks")
    return checks.filter(checks.night_number == checks.night_number.max())


RECORDS = ("crossings", "placements", "repatriations")  # what departures are made of


def records_of(lake: Lake, names: Collection[str] = RECORDS) -> dict[str, ir.Table]:
    """All versions of delivered records, by table."""
    return {name: lake.table("records", name) for name in names}
