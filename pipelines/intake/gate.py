"""The gate of quality: Great Expectations judges the night's records inside the lake's engine.

Suites are derived from the contracts of the sources. `stop` withholds publication, `warn` is shown.
"""

from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from threading import Thread
from typing import Any

import ibis
import pyarrow as pa

from pipelines import contracts
from pipelines.intake import measures
from pipelines.lake import Lake, rows_of
from pipelines.statements import Hold

PAGE = "index.html"
Counted = dict[str, Any]  # whole numbers by name


def load_ahead() -> None:
    """Start the seconds of imports that only judging needs, beside whatever runs meanwhile."""
    modules = ("pipelines.intake.expectations", "pipelines.intake.quality_page")
    Thread(target=lambda: [import_module(name) for name in modules], daemon=True).start()


@dataclass(frozen=True)
class Verdicts:
    """checks: the rows of `ops.checks` without `night_number`; measured: those of `ops.measured`,
    what the next night adds to. Order of the checks: source, check_id, column_name (as delivered;
    empty for a rule on the table)."""

    checks: pa.Table
    measured: pa.Table


def judge(lake: Lake, night: date, docs: Path, since: int | None = None) -> Verdicts:
    """The verdicts of a night, and their Data Docs.

    Judges the current records and all batches. What `ops.measured` says of the snapshot `since` is
    moved by what came and went; without one, all is counted. Writes nothing to the lake. `docs`
    gets one self-contained page, replaced in one rename.
    """
    # Seconds of imports that only the gate needs.
    from pipelines.intake import expectations, quality_page

    with lake.scratchpad() as hold:
        counted = {source: _counted(lake, source, since, hold) for source in contracts.sources()}
        besides = _besides(lake, night)
        tables = {}
        for source in sorted(counted):
            wanted = measures.measures(source)
            row = measures.row(wanted, counted[source] | besides[source])
            tables[source] = (hold(ibis.memtable(row)).op().name, wanted)
        results = expectations.validate(lake.con, tables, night)
    quality_page.write(results, night, docs / PAGE)
    rows = [expectations.verdict(check) for suite in results.values() for check in suite.results]
    rows.sort(key=itemgetter("source", "check_id", "column_name"))
    schema = contracts.lake()["ops", "checks"].arrow_schema
    checks = pa.Table.from_pylist(rows, schema.remove(schema.get_field_index("night_number")))
    return Verdicts(checks, _measured(counted))


def _measured(counted: dict[str, Counted]) -> pa.Table:
    rows = [
        {"source": source, "measure": name, "number": number}
        for source, numbers in counted.items()
        for name, number in numbers.items()
    ]
    return pa.Table.from_pylist(rows, contracts.lake()["ops", "measured"].arrow_schema)


def _counted(lake: Lake, source: str, since: int | None, hold: Hold) -> Counted:
    """What is counted of the records of a source."""
    name = contracts.records_of(source).name
    given = measures.delivered(source, lake.table("records", name))
    checks = given.contract.checks_of(*measures.SEVERITIES)
    if since is None:
        numbers = measures.counts(given, checks) | measures.repeats(given, checks)
        return rows_of(given.records.agg(**numbers))[0]
    known = lake.table("ops", "measured")
    kept = {row["measure"]: row["number"] for row in rows_of(known.filter(known.source == source))}
    changed = measures.delivered(source, lake.changed("records", name, since))
    changed = replace(changed, records=hold(changed.records))
    steps = rows_of(changed.records.group_by("is_now").agg(**measures.counts(changed, checks)))
    for step in steps:
        sign = 1 if step.pop("is_now") else -1
        kept |= {name: kept[name] + sign * number for name, number in step.items()}
    for name, more in measures.more_repeats(given, changed, checks).items() if steps else ():
        kept[name] += more.to_pyarrow().as_py()
    return kept


def _besides(lake: Lake, night: date) -> dict[str, Counted]:
    """What a pass over one column tells, and the sums over all deliveries, by source."""
    batches = lake.table("ops", "batches")
    told = batches.group_by("source").agg(
        **{measures.DELIVERED: batches.rows.sum(), measures.SET_APART: batches.quarantined.sum()}
    )
    sums = {row.pop("source"): row for row in rows_of(told)}
    none = {measures.DELIVERED: 0, measures.SET_APART: 0}
    found = {}
    for source in contracts.sources():
        records = lake.table("records", contracts.records_of(source).name)
        age = measures.age(measures.delivered(source, records), night)
        found[source] = sums.get(source, none) | {
            name: days.to_pyarrow().as_py() for name, days in age.items()
        }
    return found


def is_withheld(checks: pa.Table) -> bool:
    """Whether a check failed that withholds publication."""
    return any(c["severity"] == "stop" and not c["passed"] for c in checks.to_pylist())
