"""Reconcile: crossings, placements and lists of one person into departures with outcomes."""

from pipelines.reconcile.changes import causes, changes, differing
from pipelines.reconcile.departures import departures
from pipelines.reconcile.findings import finding_codes, findings
from pipelines.reconcile.gaps import feed_gaps
from pipelines.reconcile.journeys import journeys
from pipelines.reconcile.list_totals import announced, list_total_mismatches
from pipelines.reconcile.lists import list_matches
from pipelines.reconcile.news import news
from pipelines.reconcile.reasons import reason_codes
from pipelines.reconcile.revisions import revisions
from pipelines.reconcile.rules import catalogue

__all__ = [
    "announced",
    "catalogue",
    "causes",
    "changes",
    "departures",
    "differing",
    "feed_gaps",
    "finding_codes",
    "findings",
    "journeys",
    "list_matches",
    "list_total_mismatches",
    "news",
    "reason_codes",
    "revisions",
]
