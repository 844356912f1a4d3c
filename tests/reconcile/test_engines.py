"""The same expressions compile for the engine of a larger nation."""

import ibis
import pytest

from .stories import AS_OF, COVERAGE_FROM, POLICY, expressions


@pytest.mark.parametrize("stage", ["journeys", "departures", "matches", "findings", "gaps"])
def test_each_stage_compiles_for_spark(stage: str, spark: str) -> None:
    expression = expressions(POLICY, AS_OF, COVERAGE_FROM)[stage]
    assert "SELECT" in str(ibis.to_sql(expression, dialect=spark))
