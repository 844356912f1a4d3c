"""Outcomes: does each departure of truth have its departure with us, and the same outcome?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.evaluate.columns import as_key, key_of

# What a step of the matching reads of a departure of truth. Rows equal in all of it are alike.
TRUTH = ("true_outcome", "person_key", "exit_record_key", "list_file", "list_number")
# One row of truth rarely claims a departure that another one does; these settle it.
ORDER = ("person_key", "true_outcome", "exit_record_key", "list_file", "list_number")


def confusion(
    truth: ir.Table, ours: ir.Table, list_matches: ir.Table, identities: ir.Table
) -> ir.Table:
    """Departures by true outcome and ours. Key: true_outcome, outcome.

    Takes truth's `departures`, `reconciled.departures` (key departure_key), `list_matches` (key
    list_file, list_number; departure_key) and `linkage.identities`. A departure of truth without
    partner has a null `outcome`, one of ours a null `true_outcome`; each is counted once.
    """
    matched = matches(truth, ours, list_matches, identities)
    said = ours.select("departure_key", "outcome")
    paired = matched.outer_join(said, "departure_key")
    counted = paired.group_by("true_outcome", "outcome").agg(departures=lambda t: t.count())
    return counted.order_by("true_outcome", "outcome")


def matches(
    truth: ir.Table, ours: ir.Table, list_matches: ir.Table, identities: ir.Table
) -> ir.Table:
    """Departures of truth (columns TRUTH) with ours, `departure_key`, null where there is none.

    By exit; else by list row; else, when truth gives neither, the first departure without exit of
    the same person. A departure of ours is given away once, to the step that comes first.
    """
    rows = _shaped(truth)
    by_exit, rest = _claimed(_at_exits(rows, ours))
    listed = _without(_at_list_rows(rest, list_matches), by_exit)
    by_list, rest = _claimed(listed)
    has_key = rest.exit_record_key.notnull() | rest.list_number.notnull()
    free = _without_exit(ours, ibis.union(by_exit, by_list, distinct=False))
    by_person, unfound = _claimed(_of_person(rest.filter(~has_key), free, identities))
    alone = ibis.union(rest.filter(has_key), unfound, distinct=False)
    alone = alone.mutate(departure_key=ibis.null("string"))
    return ibis.union(by_exit, by_list, by_person, alone, distinct=False)


def _shaped(truth: ir.Table) -> ir.Table:
    columns = {
        "true_outcome": truth.outcome,
        "person_key": as_key(truth.person_key),
        "exit_record_key": key_of(truth, "exit_record_key"),
        "list_file": key_of(truth, "list_delivery_file"),
        "list_number": key_of(truth, "list_record_key"),
    }
    return truth.select(**{name: columns[name].cast("string") for name in TRUTH})


def _at_exits(rows: ir.Table, ours: ir.Table) -> ir.Table:
    """Rows with the departure that begins with their exit as `candidate`."""
    exits = ours.filter(ours.exit_crossing_id.notnull()).select(
        "exit_crossing_id", candidate="departure_key"
    )
    joined = rows.left_join(exits, [("exit_record_key", "exit_crossing_id")])
    return joined.select(*TRUTH, "candidate")


def _at_list_rows(rows: ir.Table, list_matches: ir.Table) -> ir.Table:
    """Rows with the departure of their list row as `candidate`.

    Without a file the number alone is the key, for such a truth numbers its rows across all lists.
    """
    exact = list_matches.select("list_file", "list_number", by_row="departure_key")
    numbers = list_matches.group_by("list_number").agg(by_number=lambda t: t.departure_key.min())
    joined = rows.left_join(exact, ["list_file", "list_number"]).drop(
        "list_file_right", "list_number_right"
    )
    joined = joined.left_join(numbers, "list_number")
    by_number = joined.list_file.isnull().ifelse(joined.by_number, ibis.null("string"))
    return joined.select(*TRUTH, candidate=joined.by_row.coalesce(by_number))


def _of_person(rows: ir.Table, free: ir.Table, identities: ir.Table) -> ir.Table:
    """Rows with the first free departure of their person as `candidate`.

    The persons with us of a person in truth are those of any of their identities.
    """
    asked = identities.semi_join(rows, "person_key")
    persons = asked.filter(asked.person_id.notnull()).select("person_key", "person_id").distinct()
    choices = persons.inner_join(free, "person_id")
    order = ibis.window(group_by="person_key", order_by=["occurred_on", "departure_key"])
    ranked = choices.mutate(place=ibis.row_number().over(order))
    first = ranked.filter(ranked.place == 0).select("person_key", candidate="departure_key")
    return rows.left_join(first, "person_key").select(*TRUTH, "candidate")


def _without_exit(ours: ir.Table, taken: ir.Table) -> ir.Table:
    rows = ours.filter(ours.exit_crossing_id.isnull())
    free = rows.anti_join(taken, "departure_key")
    return free.select("departure_key", "person_id", "occurred_on")


def _without(rows: ir.Table, taken: ir.Table) -> ir.Table:
    """`rows` whose candidate is withdrawn where it is among those taken."""
    gone = taken.select(gone="departure_key")
    whole = rows.view()  # closes the joins that made it, so that one more can follow
    joined = whole.left_join(gone, [("candidate", "gone")])
    is_free = joined.gone.isnull()
    return joined.select(*TRUTH, candidate=is_free.ifelse(joined.candidate, ibis.null("string")))


def _claimed(rows: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Rows that got their `candidate` as departure_key, and rows that go on without."""
    hopeful = rows.filter(rows.candidate.notnull())
    order = ibis.window(group_by="candidate", order_by=list(ORDER))
    ranked = hopeful.mutate(place=ibis.row_number().over(order))
    won = ranked.filter(ranked.place == 0).select(*TRUTH, departure_key="candidate")
    lost = ranked.filter(ranked.place > 0).select(*TRUTH)
    hopeless = rows.filter(rows.candidate.isnull()).select(*TRUTH)
    return won, ibis.union(lost, hopeless, distinct=False)


def report(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Precision, recall, F1 and support of each outcome, from the rows of `confusion`.

    Precision is the share of our departures with that outcome whose partner in truth has it too,
    so that one of ours without partner is wrong; recall is the same the other way round.
    """
    said, true, right = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        said[row["outcome"]] += row["departures"]
        true[row["true_outcome"]] += row["departures"]
        if row["outcome"] == row["true_outcome"]:
            right[row["outcome"]] += row["departures"]
    names = sorted(name for name in said.keys() | true.keys() if name is not None)
    return {name: _scores(said[name], true[name], right[name]) for name in names}


def _scores(said: int, true: int, right: int) -> dict[str, Any]:
    return {
        "precision": right / said if said else None,
        "recall": right / true if true else None,
        "f1": 2 * right / (said + true) if said + true else None,
        "support": true,
        "predicted": said,
    }
