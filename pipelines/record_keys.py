"""The record_key of a paper: one text for every document, placement and row of a list."""

import ibis
import ibis.expr.types as ir


def document_key(number: ir.StringValue) -> ir.StringValue:
    """Of a travel document, with its commonest bearer."""
    return ibis.literal("D:") + number


def placement_key(placement_id: ir.StringValue) -> ir.StringValue:
    """Of a placement."""
    return ibis.literal("P:") + placement_id


def list_key(file: ir.StringValue, number: ir.StringValue) -> ir.StringValue:
    """Of a row of a list: the file of the list, and the number in it."""
    return ibis.literal("L:") + file + "#" + number
