"""Reconcile: crossings, placements and lists of one person into departures with outcomes."""

from pipelines.reconcile.changes import causes, changes, differing
from pipelines.reconcile.departures import departures
from pipelines.reconcile.findings import (
    finding_codes,
    findings_of_persons,
    findings_of_records,
)
from pipelines.reconcile.gaps import explained_days, feed_gaps
from pipelines.reconcile.journeys import journeys
from pipelines.reconcile.list_totals import (
    announced,
    list_total_mismatches,
    stated_total_mismatches,
)
from pipelines.reconcile.lists import list_matches
from pipelines.reconcile.news import news
from pipelines.reconcile.reasons import reason_codes
from pipelines.reconcile.refusals import (
    LEFT_BY_ANOTHER_GATE,
    followed,
    left_by_another_gate,
)
from pipelines.reconcile.revisions import revisions
from pipelines.reconcile.rules import catalogue

__all__ = [
    "LEFT_BY_ANOTHER_GATE",
    "announced",
    "catalogue",
    "causes",
    "changes",
    "departures",
    "differing",
    "explained_days",
    "feed_gaps",
    "finding_codes",
    "findings_of_persons",
    "findings_of_records",
    "followed",
    "journeys",
    "left_by_another_gate",
    "list_matches",
    "list_total_mismatches",
    "news",
    "reason_codes",
    "revisions",
    "stated_total_mismatches",
]
