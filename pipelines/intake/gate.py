"""The gate of quality: Great Expectations judges the night's records inside the lake's engine.

Suites are derived from the contracts of the sources. `stop` withholds publication, `warn` is shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from threading import Thread

import pyarrow as pa

from pipelines import contracts
from pipelines.intake import measures
from pipelines.intake.measures import Measure
from pipelines.lake import Lake

PAGE = "index.html"


def load_ahead() -> None:
    """Start the seconds of imports that only judging needs, beside whatever runs meanwhile."""
    modules = ("pipelines.intake.expectations", "pipelines.intake.quality_page")
    Thread(target=lambda: [import_module(name) for name in modules], daemon=True).start()


def judge(lake: Lake, night: date, docs: Path) -> pa.Table:
    """The verdicts of a night, as `ops.checks` without `night_number`, and their Data Docs.

    Key and order: source, check_id, column_name (as delivered; empty for a rule on the table).
    Reads the current records and all batches; writes nothing to the lake and leaves an open
    transaction as it is. `docs` gets one self-contained page, replaced in one rename.
    """
    # Seconds of imports that only the gate needs.
    from pipelines.intake import expectations, quality_page

    with _measured(lake, night) as tables:
        results = expectations.validate(lake.con, tables, night)
    quality_page.write(results, night, docs / PAGE)
    rows = [expectations.verdict(check) for suite in results.values() for check in suite.results]
    rows.sort(key=itemgetter("source", "check_id", "column_name"))
    schema = contracts.lake()["ops", "checks"].arrow_schema
    return pa.Table.from_pylist(rows, schema.remove(schema.get_field_index("night_number")))


def is_withheld(checks: pa.Table) -> bool:
    """Whether a check failed that withholds publication."""
    return any(c["severity"] == "stop" and not c["passed"] for c in checks.to_pylist())


@contextmanager
def _measured(lake: Lake, night: date) -> Iterator[dict[str, tuple[str, list[Measure]]]]:
    """By source: a scratch table with one row of numbers, and what they measure."""
    scratch, tables = [], {}
    batches = lake.table("ops", "batches")
    try:
        for source in sorted(contracts.sources()):
            records = lake.table("records", contracts.records_of(source).name)
            given = measures.delivered(source, records, batches)
            wanted = measures.measures(given, night)
            scratch.append(lake.scratch(measures.row(given, wanted)))
            tables[source] = (scratch[-1].op().name, wanted)
        yield tables
    finally:
        lake.drop_scratch(*scratch)
