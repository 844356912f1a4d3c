"""The same expressions compile for the engine of a larger nation."""

import ibis
import pytest
from ibis.config import Config

from .stories import AS_OF, COVERAGE_FROM, POLICY, expressions


class SparkOptions(Config):  # type: ignore[misc]
    """What Ibis asks of its Spark options; they exist only where Spark is installed."""

    treat_nan_as_null: bool = False


@pytest.mark.parametrize("stage", ["journeys", "departures", "matches", "findings", "gaps"])
def test_each_stage_compiles_for_spark(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    expression = expressions(POLICY, AS_OF, COVERAGE_FROM)[stage]
    assert "SELECT" in str(ibis.to_sql(expression, dialect="pyspark"))
