"""The outcome of a departure: ordered rules, the first that matches decides.

A rule is a row: a name, an outcome, a small predicate, a sentence in two languages, the law behind
it, and the column that holds the date from which the evidence supports it. Predicates read the
columns that `departures.evidence` prepares and the parameters of the policy, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.reconcile.outcomes import OUTCOMES
from pipelines.reconcile.periods import in_force, is_among

Predicate = Callable[[ir.Table, Policy], ir.BooleanValue]


@dataclass(frozen=True)
class Rule:
    """One rule. `since` names the evidence column from whose date on the outcome is supported."""

    name: str
    outcome: str
    predicate: Predicate
    since: str
    reason_id: str
    reason_en: str
    legal_basis: str | None = None


def poorly_identified(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.is_poorly_identified


def exempt_purpose(t: ir.Table, policy: Policy) -> ir.BooleanValue:
    return has_exempt_purpose(t, policy) & ~t.is_work_listed


def placement_diverted_by_list(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.has_placement & (t.observed_country != t.placement_country)


def placement_covers(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.has_placement & (
        ~t.is_declared_elsewhere
        | t.departed_on.isnull()
        | (t.observed_country == t.placement_country).fill_null(False)
    )


def list_proves_work(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.departed_on.notnull() & t.is_work_listed & ~t.has_placement


def before_record_start(t: ir.Table, policy: Policy) -> ir.BooleanValue:
    if policy.abroad_at_record_start == "none":
        return ibis.literal(False)
    return t.departed_on.isnull() & t.is_at_record_start


def feed_gap(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.is_near_gap & (t.departed_on.isnull() | t.is_overdue)


def no_exit_on_record(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.departed_on.isnull()


def returned_within_stay(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.days_away <= t.permitted_days


def return_implied(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return (t.return_kind == "implied") & (t.next_exit_on <= t.due_on)


def placement_diverted_by_declaration(t: ir.Table, _: Policy) -> ir.BooleanValue:
    is_late_or_overdue = (t.days_away > t.permitted_days).fill_null(False) | t.is_overdue
    return t.has_placement & t.is_declared_elsewhere & is_late_or_overdue


def returned_late(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.days_away > t.permitted_days


def return_date_unknown(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.return_kind == "implied"


def not_yet_due(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return (t.return_kind == "none") & ~t.is_overdue


def border_pass_overdue(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.is_overdue & t.is_border_pass


def overdue_of_working_age(t: ir.Table, policy: Policy) -> ir.BooleanValue:
    return t.is_overdue & is_working_age(t, policy)


def outside_working_age(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.is_overdue & t.age_at_departure.notnull()


def age_unknown(t: ir.Table, _: Policy) -> ir.BooleanValue:
    return t.is_overdue


def is_working_age(t: ir.Table, policy: Policy) -> ir.BooleanValue:
    youngest = in_force(policy, "working_age_min", t.occurred_on)
    oldest = in_force(policy, "working_age_max", t.occurred_on)
    return t.age_at_departure.between(youngest, oldest)


def has_exempt_purpose(t: ir.Table, policy: Policy) -> ir.BooleanValue:
    return is_among(policy, "exempt_purposes", t.purpose, t.occurred_on)


# Order is meaning: the first rule that matches gives the outcome.
RULES: tuple[Rule, ...] = (
    Rule(
        "poorly_identified",
        "insufficient_data",
        poorly_identified,
        "occurred_on",
        "Nama atau dokumen hanya pengisi dan tanggal lahir tidak dapat dipakai.",
        "Name or document is a placeholder and the birth date cannot be used.",
    ),
    Rule(
        "exempt_purpose",
        "exempt",
        exempt_purpose,
        "occurred_on",
        "Tujuan perjalanan yang dinyatakan dikecualikan dan tidak ada daftar yang membantahnya.",
        "The stated purpose is exempt and no list contradicts it.",
        "UU 18/2017 art. 4(2)(a), (b), (e), (f)",
    ),
    Rule(
        "placement_diverted_by_list",
        "documented_diverted",
        placement_diverted_by_list,
        "list_arrived_on",
        "Penempatan sah, tetapi orang ini dipulangkan dari negara lain.",
        "A valid placement, but the person was repatriated from another country.",
        "UU 18/2017 art. 13",
    ),
    Rule(
        "placement_covers",
        "documented",
        placement_covers,
        "occurred_on",
        "Penempatan yang sah mencakup waktu dan negara keberangkatan ini.",
        "A valid placement covers the time and the destination of this departure.",
        "UU 18/2017 art. 5, 13",
    ),
    Rule(
        "list_proves_work",
        "confirmed_undocumented",
        list_proves_work,
        "list_arrived_on",
        "Berangkat tanpa penempatan yang sah dan pulang melalui daftar yang membuktikan "
        "pekerjaan atau perdagangan orang.",
        "Left without a valid placement and came home on a list that proves work or trafficking.",
        "UU 18/2017 art. 5; UU 21/2007 art. 1",
    ),
    Rule(
        "before_record_start",
        "insufficient_data",
        before_record_start,
        "occurred_on",
        "Pulang pada awal catatan; keberangkatannya mungkin terjadi sebelum catatan dimulai.",
        "Came home early in the record; the exit may lie before the record begins.",
    ),
    Rule(
        "feed_gap",
        "insufficient_data",
        feed_gap,
        "gap_since",
        "Keberangkatan atau kepulangan yang hilang mungkin terjadi pada hari ketika catatan "
        "perlintasan tidak lengkap.",
        "The missing exit or return may lie on a day when the border feed was incomplete.",
    ),
    Rule(
        "no_exit_on_record",
        "unrecorded_exit",
        no_exit_on_record,
        "occurred_on",
        "Pulang atau ada dalam daftar, tetapi tidak ada keberangkatan dalam catatan.",
        "Came home or is on a list, but no exit is on record.",
        "UU 6/2011 art. 9",
    ),
    Rule(
        "returned_within_stay",
        "returned_within_stay",
        returned_within_stay,
        "returned_on",
        "Kembali dalam masa tinggal yang diizinkan di negara tujuan.",
        "Came back within the permitted stay of the destination.",
    ),
    Rule(
        "return_implied",
        "returned_within_stay",
        return_implied,
        "next_exit_on",
        "Kepulangan tidak tercatat, tetapi orang ini berangkat lagi sebelum masa tinggal dan "
        "tenggang berakhir.",
        "The return is not on record, but the person left again before stay and grace were over.",
    ),
    Rule(
        "placement_diverted_by_declaration",
        "documented_diverted",
        placement_diverted_by_declaration,
        "diverted_on",
        "Penempatan sah, tetapi negara yang dinyatakan berbeda dan orang ini tidak kembali dalam "
        "masa tinggal.",
        "A valid placement, but the stated country differs and the person was not back within "
        "the permitted stay.",
        "UU 18/2017 art. 13",
    ),
    Rule(
        "returned_late",
        "returned_late",
        returned_late,
        "returned_on",
        "Kembali setelah masa tinggal yang diizinkan di negara tujuan.",
        "Came back after the permitted stay of the destination.",
    ),
    Rule(
        "return_date_unknown",
        "insufficient_data",
        return_date_unknown,
        "next_exit_on",
        "Berangkat dua kali berturut-turut; tanggal kepulangan di antaranya tidak diketahui.",
        "Left twice in a row; the date of the return in between is unknown.",
    ),
    Rule(
        "not_yet_due",
        "awaiting",
        not_yet_due,
        "occurred_on",
        "Belum kembali, tetapi masa tinggal dan tenggang belum lewat.",
        "Not back, but permitted stay and grace are not yet over.",
    ),
    Rule(
        "border_pass_overdue",
        "insufficient_data",
        border_pass_overdue,
        "overdue_on",
        "Belum kembali, tetapi keluar dengan pas lintas batas: pas itu sendiri bukan dasar untuk "
        "menduga pekerjaan.",
        "Not back, but left on a border pass: the pass alone is no ground to suspect work.",
    ),
    Rule(
        "overdue_of_working_age",
        "suspected_undocumented",
        overdue_of_working_age,
        "overdue_on",
        "Belum kembali setelah masa tinggal dan tenggang, dalam usia kerja, tanpa penempatan.",
        "Not back after permitted stay and grace, of working age, without a placement.",
        "UU 18/2017 art. 5",
    ),
    Rule(
        "outside_working_age",
        "insufficient_data",
        outside_working_age,
        "overdue_on",
        "Belum kembali, tetapi di luar usia kerja: tidak ada dasar untuk menduga pekerjaan.",
        "Not back, but outside working age: no ground to suspect work.",
    ),
    Rule(
        "age_unknown",
        "insufficient_data",
        age_unknown,
        "overdue_on",
        "Belum kembali, dan umurnya tidak diketahui.",
        "Not back, and the age is unknown.",
    ),
)


def decide(evidence: ir.Table, policy: Policy) -> ir.Table:
    """Add `rule`, `outcome` and `outcome_since` (key and rows unchanged).

    The position of the first match is found once; names and dates are read off it.
    """
    matches = [rule.predicate(evidence, policy).fill_null(False) for rule in RULES]
    first = ibis.cases(*((match, number) for number, match in enumerate(matches)))
    decided = evidence.mutate(rule_order=first.cast("int16"))
    return decided.mutate(
        rule=_read_off(decided, [rule.name for rule in RULES]),
        outcome=_read_off(decided, [rule.outcome for rule in RULES]),
        outcome_since=_since(decided),
    ).drop("rule_order")


def _read_off(decided: ir.Table, names: list[str]) -> ir.StringValue:
    return decided.rule_order.cases(*enumerate(names))


def _since(decided: ir.Table) -> ir.DateValue:
    columns = {rule.since for rule in RULES} - {"occurred_on"}
    branches = [
        (decided.rule_order.isin(_rules_since(column)), decided[column])
        for column in sorted(columns)
    ]
    return ibis.cases(*branches, else_=decided.occurred_on)


def _rules_since(column: str) -> list[int]:
    return [number for number, rule in enumerate(RULES) if rule.since == column]


def catalogue() -> pa.Table:
    """The rules as data, for the published `outcomes` table (key rule, in order)."""
    meanings = {outcome.name: outcome for outcome in OUTCOMES}
    return pa.Table.from_pylist(
        [
            {
                "rule_order": number,
                "rule": rule.name,
                "outcome": rule.outcome,
                "reason_id": rule.reason_id,
                "reason_en": rule.reason_en,
                "legal_basis": rule.legal_basis,
                "meaning_id": meanings[rule.outcome].meaning_id,
                "meaning_en": meanings[rule.outcome].meaning_en,
            }
            for number, rule in enumerate(RULES, start=1)
        ],
        schema=CATALOGUE,
    )


CATALOGUE = pa.schema(
    [
        ("rule_order", pa.int16()),
        ("rule", pa.string()),
        ("outcome", pa.string()),
        ("reason_id", pa.string()),
        ("reason_en", pa.string()),
        ("legal_basis", pa.string()),
        ("meaning_id", pa.string()),
        ("meaning_en", pa.string()),
    ]
)
