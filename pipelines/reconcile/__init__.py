"""Reconcile: crossings, placements and lists of one person into departures with outcomes."""

from pipelines.reconcile.departures import departures
from pipelines.reconcile.findings import finding_codes, findings
from pipelines.reconcile.journeys import journeys
from pipelines.reconcile.lists import list_matches
from pipelines.reconcile.reasons import reason_codes
from pipelines.reconcile.rules import catalogue

__all__ = [
    "catalogue",
    "departures",
    "finding_codes",
    "findings",
    "journeys",
    "list_matches",
    "reason_codes",
]
