"""The same expressions compile for the engine of a larger nation."""

from types import SimpleNamespace

import ibis
import pytest

from .stories import AS_OF, COVERAGE_FROM, POLICY, expressions

# What Ibis asks of its Spark options; they exist only where Spark is installed.
SPARK_OPTIONS = SimpleNamespace(treat_nan_as_null=False)


@pytest.mark.parametrize("stage", ["journeys", "departures", "matches", "findings"])
def test_each_stage_compiles_for_spark(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", SPARK_OPTIONS)
    expression = expressions(POLICY, AS_OF, COVERAGE_FROM)[stage]
    assert "SELECT" in str(ibis.to_sql(expression, dialect="pyspark"))
