"""Blocked recruitment content: the promised country as a code."""

import ibis.expr.types as ir

from pipelines.standardise import countries as country_names


def recruitment(records: ir.Table, countries: ir.Table) -> ir.Table:
    """The current cases. Key: takedown_id. `country_code` is null where no table knows the word."""
    country = country_names.resolved(records.country_name, countries)
    current = records.filter(records.superseded_by.isnull())
    joined = current.left_join(country, [("country_name", "raw_country")])
    return joined.select("takedown_id", "platform", "country_code", "reported_on", "blocked_on")
