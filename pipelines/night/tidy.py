"""How long a night stays readable as it was: published files and snapshots of the lake."""

from dataclasses import dataclass
from datetime import timedelta

import ibis

from pipelines import keys, settings
from pipelines.lake import Lake, exists, open_lake
from pipelines.night.context import PUBLISHED
from pipelines.publish import kept


@dataclass(frozen=True)
class Tidied:
    """Nights that are kept as files, and snapshots that were expired."""

    nights: int
    snapshots: int


def tidy(now: settings.Settings) -> Tidied:
    """Forget what is older than the setting, and bring the files of the lake in order."""
    with open_lake(now, keys.load(now.home.keys, now.key, exists(now.home))) as lake:
        done = forget_old(lake, now)
        lake.compact()
        return done


def forget_old(lake: Lake, now: settings.Settings) -> Tidied:
    """Delete published files and expire snapshots of nights older than `now.keep_nights` days."""
    left = kept.sweep(now.home.warehouse, now.keep_nights)
    oldest = _oldest_needed(lake, now.keep_nights)
    return Tidied(len(left), lake.expire_before(oldest) if oldest is not None else 0)


def _oldest_needed(lake: Lake, days: int) -> int | None:
    """The oldest snapshot of a night that is kept, or that a stage of the next one builds on."""
    nights, stages = lake.table("ops", "nights"), lake.table("ops", "stages")
    latest = nights.night.max().to_pyarrow().as_py()
    if latest is None:
        return None
    recent = nights.filter(nights.night > latest - timedelta(days=days))
    published = nights.filter(nights.outcome == PUBLISHED)
    needed = ibis.union(
        recent.select("snapshot_id"),
        stages.semi_join(recent, "night_number").select("snapshot_id"),
        stages.group_by("stage").agg(snapshot_id=stages.snapshot_id.max()).select("snapshot_id"),
        published.agg(snapshot_id=published.snapshot_id.max()),
    )
    found: int | None = needed.snapshot_id.min().to_pyarrow().as_py()
    return found
