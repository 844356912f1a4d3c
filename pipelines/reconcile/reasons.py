"""The closed reason codes of a departure: the facts that were weighed, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.reconcile import rules


@dataclass(frozen=True)
class Reason:
    """One fact that a departure's evidence may hold."""

    code: str
    holds: Callable[[ir.Table, Policy], ir.BooleanValue]
    sentence_id: str
    sentence_en: str


def _is_category(category: str) -> rules.Predicate:
    return lambda t, _: t.list_category == category


def _is_return(kind: str) -> rules.Predicate:
    return lambda t, _: t.return_kind == kind


REASONS: tuple[Reason, ...] = (
    Reason(
        "list_tppo",
        _is_category("TPPO"),
        "Tercatat sebagai korban perdagangan orang dalam daftar pemulangan.",
        "On a repatriation list as a victim of trafficking.",
    ),
    Reason(
        "list_scam",
        _is_category("SCAM"),
        "Tercatat dari lokasi penipuan daring dalam daftar pemulangan.",
        "On a repatriation list from an online scam site.",
    ),
    Reason(
        "list_pekerja",
        _is_category("PEKERJA"),
        "Tercatat sebagai pekerja dalam daftar pemulangan.",
        "On a repatriation list as a worker.",
    ),
    Reason(
        "list_overstay",
        _is_category("OVERSTAY"),
        "Tercatat melebihi izin tinggal dalam daftar pemulangan.",
        "On a repatriation list for overstaying.",
    ),
    Reason(
        "list_sakit",
        _is_category("SAKIT"),
        "Tercatat sakit dalam daftar pemulangan.",
        "On a repatriation list as ill.",
    ),
    Reason(
        "list_lainnya",
        _is_category("LAINNYA"),
        "Tercatat dalam daftar pemulangan dengan kategori lain.",
        "On a repatriation list under another category.",
    ),
    Reason(
        "splp_return",
        lambda t, _: t.is_splp_return,
        "Kembali dengan SPLP, dokumen perjalanan sekali jalan.",
        "Came back on an SPLP, a one-way travel document.",
    ),
    Reason(
        "on_list",
        lambda t, _: t.list_file.notnull(),
        "Ada dalam daftar pemulangan.",
        "Is on a repatriation list.",
    ),
    Reason(
        "listed_elsewhere",
        lambda t, _: t.observed_country != t.placement_country,
        "Negara pada daftar berbeda dari negara penempatan.",
        "The country of the list differs from that of the placement.",
    ),
    Reason(
        "placement_valid",
        lambda t, _: t.has_placement,
        "Penempatan yang sah berlaku pada tanggal keberangkatan.",
        "A valid placement was in force on the date of departure.",
    ),
    Reason(
        "declared_destination",
        lambda t, _: t.declared_country == t.placement_country,
        "Negara yang dinyatakan sama dengan negara penempatan.",
        "The stated country is that of the placement.",
    ),
    Reason(
        "declared_transit",
        lambda t, _: t.is_declared_transit & ~t.is_declared_placement,
        "Negara yang dinyatakan adalah negara persinggahan.",
        "The stated country is a usual place of transit.",
    ),
    Reason(
        "transit_chain",
        lambda t, _: t.is_declared_transit & (t.observed_country != t.declared_country),
        "Menyatakan negara persinggahan dan dipulangkan dari negara lain.",
        "Stated a country of transit and was brought home from another.",
    ),
    Reason(
        "declared_elsewhere",
        lambda t, _: t.has_placement & t.is_declared_elsewhere,
        "Negara yang dinyatakan berbeda dari negara penempatan.",
        "The stated country differs from that of the placement.",
    ),
    Reason(
        "purpose_exempt",
        rules.has_exempt_purpose,
        "Tujuan perjalanan yang dinyatakan termasuk yang dikecualikan.",
        "The stated purpose is an exempt one.",
    ),
    Reason(
        "border_pass",
        lambda t, _: t.is_border_pass,
        "Melintas dengan pas lintas batas.",
        "Crossed on a border pass.",
    ),
    Reason(
        "no_exit",
        lambda t, _: t.departed_on.isnull(),
        "Tidak ada keberangkatan dalam catatan.",
        "No exit is on record.",
    ),
    Reason(
        "before_record_start",
        rules.before_record_start,
        "Terjadi pada awal catatan; keberangkatan mungkin lebih awal dari catatan.",
        "Happened early in the record; the exit may be older than the record.",
    ),
    Reason(
        "feed_gap",
        rules.feed_gap,
        "Yang hilang mungkin jatuh pada hari ketika catatan perlintasan tidak lengkap.",
        "What is missing may lie on a day when the border feed was incomplete.",
    ),
    Reason(
        "within_stay",
        rules.returned_within_stay,
        "Kembali dalam masa tinggal yang diizinkan.",
        "Came back within the permitted stay.",
    ),
    Reason(
        "after_stay",
        rules.returned_late,
        "Kembali setelah masa tinggal yang diizinkan.",
        "Came back after the permitted stay.",
    ),
    Reason(
        "returned_by_list",
        _is_return("list"),
        "Kepulangan hanya diketahui dari daftar.",
        "The return is known from the list alone.",
    ),
    Reason(
        "return_implied",
        _is_return("implied"),
        "Kepulangan tidak tercatat, tetapi ada keberangkatan berikutnya.",
        "The return is not on record, but a later exit is.",
    ),
    Reason(
        "not_back",
        _is_return("none"),
        "Tidak ada kepulangan dalam catatan.",
        "No return is on record.",
    ),
    Reason(
        "age_unknown",
        lambda t, _: t.is_overdue & t.age_at_departure.isnull(),
        "Umur tidak diketahui.",
        "The age is unknown.",
    ),
    Reason(
        "outside_working_age",
        lambda t, policy: t.is_overdue & ~rules.is_working_age(t, policy),
        "Di luar usia kerja.",
        "Outside working age.",
    ),
    Reason(
        "poorly_identified",
        lambda t, _: t.is_poorly_identified,
        "Identitas terlalu lemah.",
        "The identifiers are too poor.",
    ),
)


def explain(evidence: ir.Table, policy: Policy) -> ir.Table:
    """Add `reasons`: the codes of all facts that hold, separated by ;.

    There is always one: no exit, or how the departure ended.
    """
    codes = [
        ibis.ifelse(reason.holds(evidence, policy).fill_null(False), reason.code, ibis.null(str))
        for reason in REASONS
    ]
    return evidence.mutate(reasons=ibis.literal(";").join(codes).nullif(""))


def reason_codes() -> pa.Table:
    """The reason codes as data (key code)."""
    return pa.Table.from_pylist(
        [
            {"code": r.code, "sentence_id": r.sentence_id, "sentence_en": r.sentence_en}
            for r in REASONS
        ]
    )
