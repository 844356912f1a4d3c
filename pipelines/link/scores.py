"""Scores: the weight of evidence of each pair, by Splink and the declared model.

Splink is handed the two papers of every pair as two tables that belong together row by row, with
what only the pair has (evidence.py) on both, so that each level of schemas/linkage.yaml can speak
of it. Its prior is even: a match weight is evidence alone, in bits; choice.py knows the prior.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from splink import DuckDBAPI, Linker

from pipelines.link.evidence import ATTRIBUTES, SHARED
from pipelines.link.model import Comparison, Model, Weights
from pipelines.statements import Hold

logging.getLogger("splink").setLevel(logging.WARNING)  # it would tell a night its progress
PAIR = "pair_id"
UNKNOWN = 0.5  # m and u of a level before it is trained


def numbered(compared: ir.Table) -> ir.Table:
    """`compared` with a number for each pair, which means nothing outside this run."""
    return compared.mutate(**{PAIR: ibis.row_number().over(ibis.window())})


def papers(numbered: ir.Table, side: str) -> ir.Table:
    """One side of the pairs as Splink takes it in: `l` or `r`."""
    own = {column: numbered[f"{column}_{side}"] for column in ATTRIBUTES}
    return numbered.select(PAIR, *SHARED, **own)


def settings(model: Model, weights: Weights | None) -> dict[str, Any]:
    """The model in Splink's words; untrained without weights."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": PAIR,
        "probability_two_random_records_match": 0.5,
        "blocking_rules_to_generate_predictions": [f"l.{PAIR} = r.{PAIR}"],
        "comparisons": [_comparison(c, weights) for c in model.comparisons],
        "retain_matching_columns": True,  # carries the levels met
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(comparison: Comparison, weights: Weights | None) -> dict[str, Any]:
    levels = []
    for level in comparison.all_levels():
        made: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name}
        if level.is_null:
            made["is_null_level"] = True
        else:
            known = weights.of(comparison, level) if weights else level.fixed
            made |= {
                "m_probability": known.m if known else UNKNOWN,
                "u_probability": known.u if known else UNKNOWN,
            }
        levels.append(made)
    return {
        "output_column_name": comparison.name,
        "comparison_description": comparison.why,
        "comparison_levels": levels,
    }


def linker(
    con: duckdb.DuckDBPyConnection, left: str, right: str, model: Model, weights: Weights | None
) -> Linker:
    """Splink over two named tables of papers."""
    api = DuckDBAPI(con)
    tables = [api.register(name) for name in (left, right)]
    return Linker(tables, settings(model, weights), log_level=None)


@contextmanager
def scored(
    con: duckdb.DuckDBPyConnection,
    hold: Hold,
    compared: ir.Table,
    model: Model,
    weights: Weights | None,
) -> Iterator[ir.Table]:
    """pair_id_l, match_weight and gamma_* of each numbered pair, while the context lasts."""
    sides = [hold(papers(compared, side)) for side in ("l", "r")]
    backend = sides[0].get_backend()
    left, right = (side.op().name for side in sides)
    made = linker(con, left, right, model, weights).inference.predict().physical_name
    try:
        yield backend.table(made)
    finally:
        backend.drop_table(made)


def evidence(scored: ir.Table, model: Model) -> ir.StringValue:
    """The level of each comparison that says something, as `name:level;...`."""
    said = [_level_said(scored, comparison) for comparison in model.comparisons]
    return ibis.array(said).filter(lambda level: level != "").join(";")


def _level_said(scored: ir.Table, comparison: Comparison) -> ir.StringValue:
    names = level_names(comparison)
    gamma = scored[f"gamma_{comparison.name}"]
    cases = [(gamma == number, f"{comparison.name}:{name}") for number, name in names.items()]
    return ibis.cases(*cases, else_="")


def level_names(comparison: Comparison) -> dict[int, str]:
    """Splink's number of each level (the last is 0) and its name; null levels have none."""
    levels = [level for level in comparison.all_levels() if not level.is_null]
    return {len(levels) - 1 - place: level.name for place, level in enumerate(levels)}
