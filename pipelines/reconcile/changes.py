"""Changes: what became what since the night before, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.reconcile.news import RECORDS, with_list_row


@dataclass(frozen=True)
class Cause:
    """Why an outcome is another than the night before."""

    code: str
    sentence_id: str
    sentence_en: str


CAUSES: tuple[Cause, ...] = (
    Cause(
        "new_record",
        "Catatan baru diterima.",
        "New records came.",
    ),
    Cause(
        "correction",
        "Catatan yang sudah diterima dikirim lagi dengan isi yang lain.",
        "A record that was known came again with other content.",
    ),
    Cause(
        "time_passed",
        "Bukti tetap sama; masa tinggal dan tenggang berakhir.",
        "The evidence is the same; permitted stay and grace ran out.",
    ),
    Cause(
        "better_link",
        "Catatan yang sudah diterima ditautkan dengan cara lain: orangnya atau tautannya berubah.",
        "Known records are linked in another way: the person or a link changed.",
    ),
    Cause(
        "rule_change",
        "Catatan tetap sama; aturan, parameter, atau versi perangkat lunak berubah.",
        "The records are the same; rules, parameters or software changed.",
    ),
    Cause(
        "removed",
        "Keberangkatan tidak ada lagi: digabung, atau catatannya digantikan atau dimusnahkan.",
        "The departure is no more: merged into another, or its record was replaced or destroyed.",
    ),
)

COLUMNS = (
    "night_number", "night", "departure_id", "person_id", "previous_outcome", "outcome",
    "previous_rule", "rule", "cause",
)  # fmt: skip

# What an outcome rests on. Whose it is, is looked at apart.
EVIDENCE = (
    "departed_on", "returned_on", "return_kind", "declared_country", "observed_country",
    "list_category", "purpose", "age_at_departure", "next_exit_on", *RECORDS,
)  # fmt: skip
# What may become of somebody awaited when the last day of stay and grace is over.
OVERDUE = ("suspected_undocumented", "insufficient_data", "documented_diverted")
COMPARED = ("departure_id", "person_id", "outcome", "rule", "due_on", *EVIDENCE)


def differing(before: ir.Table, tonight: ir.Table) -> ir.Table:
    """The keys of departures that changed, appeared or vanished (key departure_key).

    The one join over whole nations; it carries nothing else, and is worked out before the rest.
    """
    was = before.select("departure_key", "rule", "outcome")
    now = tonight.select(tonight_key="departure_key", new_rule="rule", new_outcome="outcome")
    both = was.outer_join(now, was.departure_key == now.tonight_key)
    is_same = (both.rule == both.new_rule) & (both.outcome == both.new_outcome)
    return both.filter(~is_same.fill_null(False)).select(
        departure_key=both.departure_key.coalesce(both.tonight_key)
    )


def changes(
    keys: ir.Table,
    before: ir.Table,
    tonight: ir.Table,
    news: ir.Table,
    *,
    are_rules_new: bool,
    is_linkage_new: bool,
    night: date,
    night_number: int,
) -> ir.Table:
    """Departures whose outcome or rule is another than in the night before (key departure_id).

    `keys` are those `differing`, `before` and `tonight` are reconciled.departures of both nights,
    `news` the records that came in between (`news.news`). `previous_outcome` is null for a
    departure that was not there, `outcome` for one that is no more. `_cause` tells the causes in
    order. `are_rules_new`: policy, contracts or software are others than the night before;
    `is_linkage_new`: the weights of linkage are.
    """
    was, now = (with_list_row(t.semi_join(keys, "departure_key")) for t in (before, tonight))
    was = was.select("departure_key", **{f"previous_{name}": was[name] for name in COMPARED})
    now = now.select("departure_key", *COMPARED)
    both = keys.left_join(was, "departure_key").drop("departure_key_right")
    both = both.left_join(now, "departure_key").drop("departure_key_right")
    weighed = _with_news(both, news)
    return weighed.select(
        night_number=ibis.literal(night_number, "int64"),
        night=ibis.literal(night),
        departure_id=weighed.departure_id.coalesce(weighed.previous_departure_id),
        person_id=weighed.person_id.coalesce(weighed.previous_person_id),
        previous_outcome=weighed.previous_outcome,
        outcome=weighed.outcome,
        previous_rule=weighed.previous_rule,
        rule=weighed.rule,
        cause=_cause(weighed, night, are_rules_new, is_linkage_new),
    ).order_by("departure_id")


def _with_news(both: ir.Table, news: ir.Table) -> ir.Table:
    """Add what came for each departure and for its person (key departure_key, rows unchanged)."""
    corrected, new = news.filter(news.is_correction), news.filter(~news.is_correction)
    records = [both[name] for name in RECORDS]
    previous = [both[f"previous_{name}"] for name in RECORDS]
    gained = {name: _is_gained(both, name) for name in RECORDS}
    linked = ("placement_id", "list_row")
    return both.mutate(
        is_same_evidence=ibis.and_(
            *(both[name].identical_to(both[f"previous_{name}"]) for name in EVIDENCE)
        ),
        is_same_person=(both.person_id == both.previous_person_id).fill_null(
            both.previous_outcome.isnull()
        ),
        has_corrected=ibis.or_(*(_is_in(r, corrected.record) for r in (*records, *previous))),
        has_gained_new=ibis.or_(*(gained[n] & _is_in(both[n], new.record) for n in RECORDS)),
        has_gained_known=ibis.or_(*(gained[n] & ~_is_in(both[n], news.record) for n in linked)),
        has_person_corrected=_is_in(both.person_id, corrected.person_id),
        has_person_new=_is_in(both.person_id, new.person_id),
        has_any_news=news.count().as_scalar() > 0,
    )


def _is_gained(both: ir.Table, name: str) -> ir.BooleanValue:
    return both[name].notnull() & ~both[name].identical_to(both[f"previous_{name}"])


def _is_in(value: ir.Value, known: ir.Column) -> ir.BooleanValue:
    return value.isin(known).fill_null(False)


def _cause(t: ir.Table, night: date, are_rules_new: bool, is_linkage_new: bool) -> ir.StringValue:
    """The first that applies; each line says what is known when it is reached."""
    was_due = t.previous_due_on < ibis.literal(night)
    has_run_out = (t.previous_outcome == "awaiting") & t.outcome.isin(OVERDUE) & was_due
    is_again_ahead = (t.outcome == "awaiting") & t.previous_outcome.isin(OVERDUE) & ~was_due
    is_of_rules = t.is_same_evidence | ibis.literal(not is_linkage_new)
    is_person_at_rest = t.is_same_person & ~t.has_person_corrected & ~t.has_person_new
    branches = [
        (t.outcome.isnull(), "removed"),
        # Nothing but the date: also backwards, for a night of an earlier date.
        (t.is_same_evidence & (has_run_out | is_again_ahead), "time_passed"),
        # One of its own records says something else now.
        (t.has_corrected, "correction"),
        # It rests on a record that was not there.
        (t.has_gained_new, "new_record"),
        # Nothing came for this person, the rules are others, and linkage is not to be blamed.
        (is_person_at_rest & is_of_rules & ibis.literal(are_rules_new), "rule_change"),
        # Another person, or a placement or list that was known but not linked.
        (~t.is_same_person | t.has_gained_known, "better_link"),
        # Records of the person beside this departure: a new exit takes over the return of an old.
        (t.has_person_corrected, "correction"),
        (t.has_person_new, "new_record"),
        # A known record came to it or left it.
        (~t.is_same_evidence, "better_link"),
        # Only what is weighed about the record as a whole: its first day, its missing days.
        (t.has_any_news & ibis.literal(not are_rules_new), "new_record"),
    ]
    return ibis.cases(
        *((condition.fill_null(False), cause) for condition, cause in branches),
        else_="rule_change",
    )


def causes() -> pa.Table:
    """The causes as data (key code)."""
    return pa.Table.from_pylist([vars(cause) for cause in CAUSES])
