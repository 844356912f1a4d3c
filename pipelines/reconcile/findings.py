"""What the records say about the record keepers: closed codes, one row per occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.reconcile.placements import valid_windows

SCHEMA = ibis.schema(
    {
        "code": "string",
        "source": "string",
        "batch_id": "string",
        "row_number": "int64",
        "person_id": "string",
        "occurred_on": "date",
        "gate_code": "string",
        "detail": "string",
    }
)


@dataclass(frozen=True)
class Finding:
    """One kind of finding: the source that it concerns and a sentence in two languages."""

    code: str
    source: str
    sentence_id: str
    sentence_en: str


FINDINGS: tuple[Finding, ...] = (
    Finding(
        "entry_without_exit",
        "perlintasan",
        "Orang masuk tanpa keberangkatan sebelumnya dalam catatan.",
        "A person entered with no earlier exit on record.",
    ),
    Finding(
        "two_exits_in_a_row",
        "perlintasan",
        "Orang keluar dua kali berturut-turut tanpa kepulangan di antaranya.",
        "A person left twice in a row with no return in between.",
    ),
    Finding(
        "duplicate_crossing",
        "perlintasan",
        "Perlintasan yang sama dipindai lebih dari sekali.",
        "One crossing was scanned more than once.",
    ),
    Finding(
        "two_live_passports",
        "perlintasan",
        "Satu orang memakai dua paspor bergantian.",
        "One person travelled on two passports in turns.",
    ),
    Finding(
        "conflicting_birth_dates",
        "perlintasan",
        "Satu orang tercatat dengan tanggal lahir yang berbeda-beda.",
        "One person is on record with different birth dates.",
    ),
    Finding(
        "unknown_gate",
        "perlintasan",
        "Kode gerbang tidak ada dalam daftar gerbang.",
        "A gate code is not in the table of gates.",
    ),
    Finding(
        "feed_gap",
        "perlintasan",
        "Hari tanpa satu pun perlintasan ke satu arah yang biasanya ramai.",
        "A day without a single crossing in a direction that is normally busy.",
    ),
    Finding(
        "partial_feed",
        "perlintasan",
        "Hari dengan sebagian kecil saja dari perlintasan yang biasa ke satu arah.",
        "A day with only a small part of the usual crossings in one direction.",
    ),
    Finding(
        "same_minute_pair",
        "perlintasan",
        "Orang keluar dan masuk dalam menit yang sama; urutannya disimpulkan dari keadaannya.",
        "A person left and entered in the same minute; the order follows from where they were.",
    ),
    Finding(
        "out_of_order_times",
        "perlintasan",
        "Masuk tanpa keberangkatan yang segera disusul keluar tanpa kepulangan: jamnya mungkin "
        "tertukar.",
        "An entry without exit, soon followed by an exit without return: the clocks may be out of "
        "order.",
    ),
    Finding(
        "placement_without_exit",
        "penempatan",
        "Penempatan yang sah tanpa keberangkatan orangnya dalam masa berlaku.",
        "A valid placement whose holder did not leave while it was in force.",
    ),
    Finding(
        "list_total_mismatch",
        "pemulangan",
        "Daftar pemulangan yang barisnya tidak berjumlah sebanyak yang diumumkan.",
        "A repatriation list whose rows do not add up to the total that was announced.",
    ),
    Finding(
        "left_by_another_gate",
        "penundaan",
        "Orang yang ditunda keberangkatannya berangkat tidak lama kemudian lewat gerbang lain.",
        "A person who was refused at one gate left soon after by another one.",
    ),
    Finding(
        "stated_total_mismatch",
        "perlintasan, penempatan, pemulangan, penundaan, penduduk, takedown",
        "Kiriman yang barisnya tidak berjumlah sebanyak yang ditulis di dalamnya sendiri.",
        "A delivery whose rows do not add up to the total that it states itself.",
    ),
    Finding(
        "unmapped_value",
        "perlintasan, penempatan, pemulangan, penundaan, penduduk, takedown",
        "Kata untuk negara, tujuan perjalanan, wilayah, atau gerbang yang tidak dikenal.",
        "Words for countries, purposes, regions or gates that no table knows.",
    ),
)


def findings_of_persons(
    crossings: ir.Table,
    written: ir.Table,
    journeys: ir.Table,
    placements: ir.Table,
    identities: ir.Table,
    policy: Policy,
    as_of: date,
    coverage_from: date | None,
) -> ir.Table:
    """What the records of each person say, one row per occurrence; all of them name the person.

    Takes crossings and placements with persons, and journeys. `written` (crossing_id, batch_id,
    row_number) tells where a crossing stands. `identities` (person_id, document_number, birth_date;
    one row per way in which a person was written down) tell who has conflicting birth dates, and
    who has several passports, which is dear to find among all crossings; people of one identity
    may be left out. `detail` holds codes, counts and dates only.
    """
    marked = ibis.union(
        entries_without_exit(journeys),
        two_exits_in_a_row(journeys),
        duplicate_crossings(journeys),
        same_minute_pairs(journeys),
        out_of_order_times(journeys, policy),
        two_live_passports(_of_several_documents(crossings, identities)),
    )
    return ibis.union(
        _at_crossings(marked, crossings, written),
        placements_without_exit(placements, journeys, policy, as_of, coverage_from or as_of),
        conflicting_birth_dates(identities),
    )


def findings_of_records(crossings: ir.Table, gaps: ir.Table, unresolved: ir.Table) -> ir.Table:
    """What the records as a whole say: unknown gates, gaps of the feed, words that no table knows.

    `unresolved` (source, field, value, rows) are words that standardisation could not map.
    """
    return ibis.union(unknown_gates(crossings), feed_gaps(gaps), unmapped_values(unresolved))


def finding_codes() -> pa.Table:
    """The codes as data (key code)."""
    return pa.Table.from_pylist([vars(finding) for finding in FINDINGS])


def _at_crossings(marked: ir.Table, crossings: ir.Table, written: ir.Table) -> ir.Table:
    """Findings (code, crossing_id, detail), joined once to the crossings that they concern."""
    theirs = crossings.select(
        "crossing_id", "person_id", "gate_code", occurred_on="crossed_on"
    ).inner_join(marked, "crossing_id")
    places = written.select("crossing_id", "batch_id", "row_number")
    return as_findings(theirs.inner_join(places, "crossing_id"))


def entries_without_exit(journeys: ir.Table) -> ir.Table:
    """Entries with no open exit before them (code, crossing_id, detail)."""
    rows = journeys.filter(journeys.exit_crossing_id.isnull())
    return rows.select(
        code=ibis.literal("entry_without_exit"),
        crossing_id=rows.return_crossing_id,
        detail=ibis.null("string"),
    )


def two_exits_in_a_row(journeys: ir.Table) -> ir.Table:
    """Exits followed by an exit (code, crossing_id, detail)."""
    rows = journeys.filter(journeys.next_exit_on.notnull())
    return rows.select(
        code=ibis.literal("two_exits_in_a_row"),
        crossing_id=rows.exit_crossing_id,
        detail=ibis.literal("next_exit_on=") + rows.next_exit_on.cast("string"),
    )


def duplicate_crossings(journeys: ir.Table) -> ir.Table:
    """Scans that were merged into an earlier one (code, crossing_id, detail)."""
    rows = journeys.filter(journeys.merged_crossing_ids.notnull())
    return rows.select(
        code=ibis.literal("duplicate_crossing"),
        crossing_id=rows.merged_crossing_ids.split(";").unnest(),
        detail=ibis.null("string"),
    )


def same_minute_pairs(journeys: ir.Table) -> ir.Table:
    """Exits that share their minute with an entry of the person (code, crossing_id, detail)."""
    rows = journeys.filter(journeys.is_same_minute & journeys.exit_crossing_id.notnull())
    return rows.select(
        code=ibis.literal("same_minute_pair"),
        crossing_id=rows.exit_crossing_id,
        detail=ibis.null("string"),
    )


def out_of_order_times(journeys: ir.Table, policy: Policy) -> ir.Table:
    """Entries without exit just before an exit without return (code, crossing_id, detail)."""
    entries = journeys.filter(journeys.exit_crossing_id.isnull()).select(
        "person_id", entered_on="returned_on", entry_id="return_crossing_id"
    )
    exits = journeys.filter(journeys.departed_on.notnull() & journeys.returned_on.isnull())
    pairs = entries.join(exits.select("person_id", "departed_on"), "person_id")
    days = pairs.departed_on.delta(pairs.entered_on, unit="day")
    soon = pairs.mutate(days=days).filter(days.between(0, policy.out_of_order_days))
    first = soon.group_by("entry_id").agg(days=soon.days.min())
    return first.select(
        code=ibis.literal("out_of_order_times"),
        crossing_id=first.entry_id,
        detail=ibis.literal("days_to_exit=") + first.days.cast("string"),
    )


def two_live_passports(crossings: ir.Table) -> ir.Table:
    """Passports first used while another passport of the person was still to be used again
    (code, crossing_id, detail)."""
    firsts = _first_uses(_of_several_passports(crossings))
    earlier = ibis.window(
        group_by="person_id", order_by=["crossed_at", "crossing_id"], preceding=(None, 1)
    )
    rows = firsts.mutate(others_used_until=firsts.used_until.max().over(earlier))
    rows = rows.filter(rows.crossed_at < rows.others_used_until)
    return rows.select(
        code=ibis.literal("two_live_passports"),
        crossing_id=rows.crossing_id,
        detail=ibis.null("string"),
    )


def _of_several_documents(crossings: ir.Table, identities: ir.Table) -> ir.Table:
    """Crossings of people whose identities carry several documents (key crossing_id)."""
    documents = identities.group_by("person_id").agg(
        lowest=identities.document_number.min(), highest=identities.document_number.max()
    )
    return crossings.semi_join(documents.filter(documents.lowest != documents.highest), "person_id")


def _of_several_passports(crossings: ir.Table) -> ir.Table:
    """Passport crossings of the few people with more than one passport (key crossing_id)."""
    used = crossings.filter(
        (crossings.document_type == "PASPOR")
        & crossings.document_number.notnull()
        & crossings.person_id.notnull()
    )
    ends = used.group_by("person_id").agg(
        lowest=used.document_number.min(), highest=used.document_number.max()
    )
    return used.semi_join(ends.filter(ends.lowest != ends.highest), "person_id")


def _first_uses(used: ir.Table) -> ir.Table:
    """The first crossing on each passport, with the time of the last one."""
    passport = ibis.window(group_by=["person_id", "document_number"])
    in_order = ibis.window(
        group_by=["person_id", "document_number"], order_by=["crossed_at", "crossing_id"]
    )
    rows = used.mutate(
        use=ibis.row_number().over(in_order), used_until=used.crossed_at.max().over(passport)
    )
    return rows.filter(rows.use == 0)


def unknown_gates(crossings: ir.Table) -> ir.Table:
    """Gate codes without a name, once per delivery, at their first row."""
    unknown = crossings.filter(~crossings.is_known_gate & crossings.gate_code.notnull())
    rows = unknown.group_by("batch_id", "gate_code").agg(
        row_number=unknown.row_number.min(),
        occurred_on=unknown.crossed_on.min(),
        crossings=unknown.count(),
    )
    detail = ibis.literal("crossings=") + rows.crossings.cast("string")
    return as_findings(rows.mutate(detail=detail), "unknown_gate")


def feed_gaps(gaps: ir.Table) -> ir.Table:
    """Known gaps of the feed, day by day and direction by direction."""
    is_silent = gaps.crossings == 0
    parts = {
        "direction": ibis.ifelse(gaps.is_exit, "KELUAR", "MASUK"),
        "crossings": gaps.crossings.cast("string"),
        "expected": gaps.expected_crossings.round().cast("int64").cast("string"),
    }
    code = ibis.ifelse(is_silent, "feed_gap", "partial_feed")
    return as_findings(gaps.mutate(code=code, occurred_on=gaps.gap_on, detail=detailed(parts)))


def placements_without_exit(
    placements: ir.Table, journeys: ir.Table, policy: Policy, as_of: date, coverage_from: date
) -> ir.Table:
    """Valid placements during which nobody was seen to leave or to be away.

    Somebody already abroad when it began extended a contract there, and is no finding; nor is a
    placement from before the border record.
    """
    patience = timedelta(days=policy.placement_exit_days)
    windows = valid_windows(placements, policy)
    due = windows.filter(
        windows.valid_from.between(ibis.literal(coverage_from), ibis.literal(as_of - patience))
    )
    away = _away_during(due, journeys)
    rows = due.anti_join(away, "placement_id")
    rows = rows.mutate(
        occurred_on=rows.valid_from,
        detail=ibis.literal("country=") + rows.country_code.fill_null("unknown"),
    )
    return as_findings(rows, "placement_without_exit")


def _away_during(windows: ir.Table, journeys: ir.Table) -> ir.Table:
    exits = journeys.filter(journeys.departed_on.notnull())
    exits = exits.select(
        "person_id",
        "departed_on",
        back_on=exits.returned_on.coalesce(exits.next_exit_on),
    )
    pairs = windows.select("placement_id", "person_id", "valid_from", "valid_to").join(
        exits, "person_id"
    )
    return pairs.filter(
        (pairs.departed_on <= pairs.valid_to)
        & (pairs.back_on.isnull() | (pairs.back_on >= pairs.valid_from))
    )


def conflicting_birth_dates(identities: ir.Table) -> ir.Table:
    """People written down with several birth dates."""
    usable = identities.filter(identities.person_id.notnull() & identities.birth_date.notnull())
    people = usable.group_by("person_id").agg(dates=usable.birth_date.nunique())
    rows = people.filter(people.dates > 1)
    detail = ibis.literal("birth_dates=") + rows.dates.cast("string")
    return as_findings(rows.mutate(detail=detail), "conflicting_birth_dates")


def unmapped_values(unresolved: ir.Table) -> ir.Table:
    """How many words of a field no table knows, once per source and field.

    The words stay in the lake: in a file whose columns slipped, they may be names.
    """
    counted = unresolved.group_by("source", "field").agg(
        words=unresolved.count(), rows=unresolved.rows.sum()
    )
    parts = {"field": counted.field, "values": counted.words, "rows": counted.rows}
    return as_findings(counted.mutate(detail=detailed(parts)), "unmapped_value")


def detailed(parts: dict[str, ir.Value]) -> ir.StringValue:
    """Codes, counts and dates as `name=value name=value`."""
    said = [ibis.literal(f"{name}=") + part.cast("string") for name, part in parts.items()]
    return ibis.literal(" ").join(said)


def as_findings(rows: ir.Table, code: str | None = None) -> ir.Table:
    """Rows in the columns of the findings table; what a finding does not have is null.

    The source is that of the code, where the rows do not name their own.
    """
    coded = rows.mutate(code=ibis.literal(code)) if code else rows
    sources = [(finding.code, finding.source) for finding in FINDINGS]
    absent = {name: ibis.null(dtype) for name, dtype in SCHEMA.items() if name not in coded.columns}
    if "source" in absent:
        absent["source"] = coded.code.cases(*sources)
    full = coded.mutate(absent)
    return full.select(tuple(SCHEMA)).cast(SCHEMA)
