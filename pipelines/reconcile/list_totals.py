"""Rows that do not add up to the total that was announced for them, or that they state."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.reconcile.findings import as_findings, detailed

CODE = "list_total_mismatch"
STATED = "stated_total_mismatch"
WIB = 7  # hours ahead of UTC; the day of a delivery is that of Jakarta


def announced(figures: ir.Table, measures: ir.Table) -> ir.Table:
    """Totals announced for one arrival from one country (key country_code, arrived_from).

    Takes published_figures and published_measures. A total of a year is of many lists; one from
    a country on at most `ARRIVAL_DAYS` days is of one.
    """
    of_lists = measures.filter(
        (measures.measure == "listed_returns")
        & measures.country_code.notnull()
        & (measures.period_end.delta(measures.period_start, unit="day") < ARRIVAL_DAYS)
    )
    totals = figures.filter(figures.dimension == "all").select("figure", "year", "value")
    return of_lists.inner_join(totals, ["figure", "year"]).select(
        "country_code", arrived_from="period_start", arrived_to="period_end", announced="value"
    )


ARRIVAL_DAYS = 7


def list_total_mismatches(repatriations: ir.Table, announced: ir.Table) -> ir.Table:
    """Announced totals that the fullest list of that arrival does not hold, as findings.

    One finding at the first row of that list. Agencies deliver parts of an arrival on lists of
    their own, so smaller lists are not compared; where no list came, nothing is said.
    """
    slim = repatriations.select(
        "list_file", "batch_id", "row_number", "arrived_on", list_country="country_code"
    )
    both = slim.inner_join(announced, slim.list_country == announced.country_code)
    both = both.filter(both.arrived_on.between(both.arrived_from, both.arrived_to))
    arrival = ["country_code", "arrived_from", "arrived_to", "announced"]
    lists = both.group_by(*arrival, "list_file").agg(
        rows=both.count(),
        batch_id=both.batch_id.min(),
        occurred_on=both.arrived_on.min(),
        row_number=both.row_number.argmin(
            ibis.struct({"batch": both.batch_id, "row": both.row_number})
        ),
    )
    fullest = ibis.window(group_by=arrival, order_by=[lists.rows.desc(), lists.list_file])
    ranked = lists.mutate(place=ibis.row_number().over(fullest))
    wrong = ranked.filter((ranked.place == 0) & (ranked.rows != ranked.announced))
    parts = {
        "country": wrong.country_code,
        "arrived": wrong.arrived_from.cast("string") + ".." + wrong.arrived_to.cast("string"),
        "rows": wrong.rows.cast("string"),
        "announced": wrong.announced.cast("int64").cast("string"),
    }
    return as_findings(wrong.mutate(detail=detailed(parts)), CODE)


def stated_total_mismatches(batches: ir.Table) -> ir.Table:
    """Deliveries whose own total rows say another number than there are rows, as findings.

    A delivery that later ones replaced row for row says nothing any more.
    """
    counts = (batches.rows == 0) | (batches.superseded < batches.rows)
    wrong = batches.filter(counts & (batches.stated_rows != batches.rows))
    # A total may be of a column, as of residents; how far it is off is true of both.
    parts = {"rows": wrong.rows, "off_by": wrong.stated_rows - wrong.rows}
    received_on = (wrong.received_at + ibis.interval(hours=WIB)).date()
    return as_findings(
        wrong.select("source", "batch_id", occurred_on=received_on, detail=detailed(parts)), STATED
    )
