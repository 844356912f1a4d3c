"""Great Expectations on the connection of the lake: the engine, the expectation, the run.

Importing this module takes seconds; the gate does it when it judges. The suites see the row of
measures of a source and nothing else, so that no value of a record can reach a result or a page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.core import ExpectationSuiteValidationResult as SuiteResult
from great_expectations.core import ExpectationValidationResult as CheckResult
from great_expectations.core import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.sql_datasource import TableAsset
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.render import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer
from sqlalchemy import Connection, StaticPool

from pipelines.intake.measures import Measure, amount

GX_SEVERITY = {"stop": FailureSeverity.CRITICAL, "warn": FailureSeverity.WARNING}
VERDICT = ("source", "check_id", "column_name", "severity", "expected")


class NotJudgedError(Exception):
    """Great Expectations could not evaluate a check."""


class Borrowed(ConnectionWrapper):
    """The lake's connection, lent: whose transaction it is, only the lender begins or ends it."""

    def begin(self) -> None:
        """Leave it to the lender."""

    def commit(self) -> None:
        """Leave it to the lender."""

    def rollback(self) -> None:
        """Leave it to the lender."""

    def close(self) -> None:
        """Leave it to the lender."""


class LakeEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection open: closing it before the rows are fetched empties DuckDB's cursor."""

    _connection: Connection | None = None

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        """The one connection."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection


LakeEngineType = type[LakeEngine]


class LakeDatasource(SQLDatasource):
    """Tables on a lent DuckDB connection."""

    type: Literal["pulang_lake"] = "pulang_lake"

    @property
    def execution_engine_type(self) -> LakeEngineType:
        """The engine that Great Expectations computes with."""
        return LakeEngine


class ExpectMeasureToBeBetween(gxe.ExpectColumnMaxToBeBetween):
    """The number of a measure keeps its bounds; where there was nothing to judge, it is null."""

    def _validate(self, metrics: dict[str, Any], *how: Any, **more: Any) -> Any:
        if metrics["column.max"] is None:
            return {"success": True, "result": {"observed_value": None}}
        return super()._validate(metrics, *how, **more)

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, *_: Any, **__: Any
    ) -> list[RenderedStringTemplateContent]:
        meta = configuration.meta
        words = {
            "rule": " · ".join(filter(None, (meta["title_id"], meta["column_name"]))),
            "expected": meta["expected"],
            "severity": meta["severity"],
            "description": meta["description"],
            "code": meta["check_id"],
        }
        text = "$rule $expected $severity<br>$description $code"
        styles = {word: {"classes": [f"gate-{word}"]} for word in words}
        return [_text(text, words, {"params": styles})]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,  # noqa: ARG003  (the first of the renderers' arguments)
        result: Any = None,
        *_: Any,
        **__: Any,
    ) -> str:
        return observed(result)


def _text(template: str, words: dict[str, str], styling: Any) -> RenderedStringTemplateContent:
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": words, "styling": styling},
    )


def said(result: CheckResult) -> dict[str, Any]:
    """What the contract says of the rule that was judged."""
    configuration = result.expectation_config
    return dict(configuration.meta or {}) if configuration else {}


def observed(result: CheckResult) -> str:
    """The number that was judged, in words."""
    rule, number = said(result), result.result["observed_value"]
    return str(rule["nothing"] if number is None else amount(number, rule["unit"]))


def verdict(result: CheckResult) -> dict[str, Any]:
    """A row of `ops.checks`, but for the number of the night."""
    named = {name: said(result)[name] for name in VERDICT}
    return {**named, "passed": bool(result.success), "observed": observed(result)}


def expectation(measure: Measure) -> ExpectMeasureToBeBetween:
    """The rule of the contract as an expectation of its suite."""
    meta = {
        "source": measure.source,
        "check_id": measure.check_id,
        "column_name": measure.column,
        "severity": measure.severity,
        "expected": measure.expected,
        "title_id": measure.title_id,
        "description": measure.description,
        "unit": measure.unit,
        "nothing": measure.nothing,
    }
    return ExpectMeasureToBeBetween(
        column=measure.name,
        min_value=measure.bounds.low,
        max_value=measure.bounds.high,
        strict_min=measure.bounds.is_low_strict,
        strict_max=measure.bounds.is_high_strict,
        severity=GX_SEVERITY[measure.severity],
        meta=meta,
    )


def validate(
    con: duckdb.DuckDBPyConnection, tables: dict[str, tuple[str, list[Measure]]], night: date
) -> dict[str, SuiteResult]:
    """Judge a table of one row per source in one checkpoint; results by source.

    An expectation that could not be evaluated raises, so that it never passes for a verdict.
    """
    context = quiet_context()
    lent = {"creator": lambda: Borrowed(con), "poolclass": StaticPool}
    lake = context.data_sources.add_pulang_lake(
        name="lake", connection_string="duckdb://", kwargs=lent
    )
    definitions = [
        _definition(context, lake.add_table_asset(name=source, table_name=table), measures)
        for source, (table, measures) in tables.items()
    ]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="gate", validation_definitions=definitions, result_format="BASIC")
    )
    run = RunIdentifier(run_name=f"{night}", run_time=datetime.combine(night, time(), UTC))
    results = {r.suite_name: r for r in checkpoint.run(run_id=run).run_results.values()}
    _ensure_all_judged(results)
    return results


def quiet_context() -> EphemeralDataContext:
    """A context that leaves nothing behind, reports to nobody and prints nothing."""
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _definition(
    context: EphemeralDataContext, asset: TableAsset, measures: list[Measure]
) -> gx.ValidationDefinition:
    """The suite of a source over its one row of measures."""
    rules = [expectation(measure) for measure in measures]
    suite = context.suites.add(gx.ExpectationSuite(name=asset.name, expectations=rules))
    batch = asset.add_batch_definition_whole_table("measures")
    return context.validation_definitions.add(
        gx.ValidationDefinition(name=asset.name, data=batch, suite=suite)
    )


def _ensure_all_judged(results: dict[str, SuiteResult]) -> None:
    for source, suite in results.items():
        for check in suite.results:
            if "observed_value" not in check.result:
                name = said(check)["check_id"]
                raise NotJudgedError(f"{source}.{name}: {check.exception_info}")
