"""Standardise: records -> papers in standard form and the identities on them."""

from pipelines import papers
from pipelines.lake import Lake
from pipelines.night.context import Night, records_of

TABLES = ("crossings", "placements", "repatriations", "identities")


def standardise_records(this: Night) -> None:
    """Records -> the schema `standard`; only what records that came or went have touched."""
    lake = this.lake
    with this.stage("standardise") as past, lake.scratchpad() as hold:
        records, old = records_of(lake), None
        if past:
            changed = {n: hold(lake.changed("records", n, past.snapshot_id)) for n in records}
            if not any(rows.count().to_pyarrow().as_py() for rows in changed.values()):
                return
            touched = papers.Touched.by(changed, hold)
            records = {n: hold(rows) for n, rows in touched.records(records).items()}
            old = touched.papers(standard(lake))
        fresh = papers.standardised(records, hold, lake.scratchpad)
        for name in TABLES:
            lake.put("standard", name, getattr(fresh, name), getattr(old, name, None))


def standard(lake: Lake) -> papers.Papers:
    """The papers of the last night that standardised."""
    return papers.Papers(*(lake.table("standard", name) for name in TABLES))
