"""Parameters of the outcome rules as they were on the day of a departure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.policy import Policy


def in_force(policy: Policy, name: str, on: ir.DateValue) -> ir.Value:
    """The value of a parameter on a date; before its first period, the first value."""
    return _by_period(policy, name, on, ibis.literal)


def is_among(policy: Policy, name: str, value: ir.Value, on: ir.DateValue) -> ir.BooleanValue:
    """Whether the list of a parameter held a value on a date."""
    return _by_period(policy, name, on, value.isin)


def _by_period(
    policy: Policy, name: str, on: ir.DateValue, use: Callable[[Any], ir.Value]
) -> ir.Value:
    (_, first), *later = policy.history(name)
    branches = [(on >= ibis.literal(day), use(value)) for day, value in reversed(later)]
    return ibis.cases(*branches, else_=use(first)) if branches else use(first)
