"""The gate of quality: Great Expectations judges the night's records inside the lake's engine.

Suites are derived from the contracts of the sources. `stop` withholds publication, `warn` is shown.
"""

from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from threading import Thread

import ibis
import pyarrow as pa

from pipelines import contracts
from pipelines.intake import measures
from pipelines.lake import Lake, rows_of
from pipelines.statements import Hold

PAGE = "index.html"
NOTHING = {measures.DELIVERED: 0, measures.SET_APART: 0}


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
        given = {
            source: measures.delivered(source, lake.table("records", _records(source)))
            for source in contracts.sources()
        }
        counted = {source: _counted(lake, rows, since, hold) for source, rows in given.items()}
        delivered, tables = _deliveries(lake), {}
        for source in sorted(given):
            wanted = measures.measures(source)
            besides = delivered.get(source, NOTHING) | _age(given[source], night)
            row = measures.row(wanted, counted[source] | besides)
            tables[source] = (hold(ibis.memtable(row)).op().name, wanted)
        results = expectations.validate(lake.con, tables, night)
    quality_page.write(results, night, docs / PAGE)
    rows = [expectations.verdict(check) for suite in results.values() for check in suite.results]
    rows.sort(key=itemgetter("source", "check_id", "column_name"))
    schema = contracts.lake()["ops", "checks"].arrow_schema
    checks = pa.Table.from_pylist(rows, schema.remove(schema.get_field_index("night_number")))
    return Verdicts(checks, _measured(counted))


def _records(source: str) -> str:
    return contracts.records_of(source).name


def _measured(counted: dict[str, measures.Numbers]) -> pa.Table:
    rows = [
        {"source": source, "measure": name, "number": number}
        for source, numbers in counted.items()
        for name, number in numbers.items()
    ]
    return pa.Table.from_pylist(rows, contracts.lake()["ops", "measured"].arrow_schema)


def _counted(
    lake: Lake, given: measures.Delivered, since: int | None, hold: Hold
) -> measures.Numbers:
    """What is counted of the records of a source."""
    source = given.contract.name
    checks = given.contract.checks_of(*measures.SEVERITIES)
    if since is None:
        numbers = measures.counts(given, checks) | measures.repeats(given, checks)
        return rows_of(given.records.agg(**numbers))[0]
    known = lake.table("ops", "measured")
    kept = {row["measure"]: row["number"] for row in rows_of(known.filter(known.source == source))}
    changed = measures.delivered(source, lake.changed("records", _records(source), since))
    changed = replace(changed, records=hold(changed.records))
    steps = rows_of(changed.records.group_by("is_now").agg(**measures.counts(changed, checks)))
    for step in steps:
        sign = 1 if step.pop("is_now") else -1
        kept |= {name: kept[name] + sign * number for name, number in step.items()}
    if steps:  # else a pass over the nation would tell that nothing is repeated more
        for name, more in measures.more_repeats(given, changed, checks).items():
            kept[name] += more.to_pyarrow().as_py()
    return kept


def _deliveries(lake: Lake) -> dict[str, measures.Numbers]:
    """The rows of all deliveries, and those set apart, by source."""
    batches = lake.table("ops", "batches")
    sums = batches.group_by("source").agg(
        **{measures.DELIVERED: batches.rows.sum(), measures.SET_APART: batches.quarantined.sum()}
    )
    return {row.pop("source"): row for row in rows_of(sums)}


def _age(given: measures.Delivered, night: date) -> measures.Numbers:
    return {n: days.to_pyarrow().as_py() for n, days in measures.age(given, night).items()}


def is_withheld(checks: pa.Table) -> bool:
    """Whether a check failed that withholds publication."""
    return any(c["severity"] == "stop" and not c["passed"] for c in checks.to_pylist())
