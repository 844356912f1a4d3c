"""Columns of a truth that others may have written: keys as numbers, columns left out."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def as_key(column: ir.Value) -> ir.StringValue:
    """A key as text: trimmed, empty as null, a whole number without its decimals.

    A column of whole numbers with gaps is delivered as floating point by some writers.
    """
    if isinstance(column, ir.FloatingColumn):
        column = column.isnan().ifelse(ibis.null("float64"), column).cast("int64")
    return column.cast("string").strip().nullif("")


def key_of(table: ir.Table, name: str) -> ir.StringValue:
    """The named column of `table` as a key; nulls where the table has no such column."""
    return as_key(table[name]) if name in table.columns else ibis.null("string")


def region_code(column: ir.Value) -> ir.StringValue:
    """A region as NN or NN.NN, delivered with its dot or without."""
    digits = as_key(column).re_replace("[^0-9]", "")
    return (digits.length() > 2).ifelse(digits.left(2) + "." + digits.substr(2, 2), digits)


def province_code(departures: ir.Table) -> ir.StringValue:
    """The province of origin as NN; where it is missing, that of the regency."""
    regency = region_code(departures.origin_regency_code)
    return region_code(departures.origin_province_code).coalesce(regency.left(2))
