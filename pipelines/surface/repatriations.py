"""Repatriations: what the records know of the people on each list."""

from __future__ import annotations

import ibis.expr.types as ir

CATEGORIES = ("TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA")


def repatriations(
    rows: ir.Table, matches: ir.Table, departures: ir.Table, provinces: ir.Table
) -> ir.Table:
    """Count list rows by list and province (key list_file, province_code).

    Takes list rows and their departures (`reconcile.list_matches`). The province is the one on the
    list; rows without one stand under a null province. listed = exit_found + no_exit_on_record.
    """
    matched = _matched(rows, matches, departures)
    has_exit = matched.exit_crossing_id.notnull()
    counted = matched.group_by("list_file", "province_code").agg(
        listed=matched.count(),
        exit_found=has_exit.sum(),
        no_exit_on_record=(~has_exit).sum(),
        had_placement=matched.placement_id.notnull().sum(),
        first_arrived_on=matched.arrived_on.min(),
        last_arrived_on=matched.arrived_on.max(),
        countries=matched.country_code.collect(distinct=True).sort().join(";").nullif(""),
        **{name.lower(): (matched.category == name).sum() for name in CATEGORIES},
    )
    names = provinces.select(known_code="code", province_name="name")
    named = counted.left_join(names, counted.province_code == names.known_code)
    return named.select(
        "list_file",
        "province_code",
        "province_name",
        *(name for name in counted.columns if name not in ("list_file", "province_code")),
    )


def _matched(rows: ir.Table, matches: ir.Table, departures: ir.Table) -> ir.Table:
    """List rows with the exit and the placement of their departure (key list_file, list_number)."""
    slim = rows.select(
        "list_file", "list_number", "province_code", "country_code", "category", "arrived_on"
    )
    listed = departures.filter(departures.list_file.notnull())
    found = listed.select("departure_key", "exit_crossing_id", "placement_id")
    keyed = slim.left_join(
        matches.select("list_file", "list_number", "departure_key"), ["list_file", "list_number"]
    )
    return keyed.left_join(found, "departure_key")
