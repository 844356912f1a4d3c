"""Chances: how likely each departure counts as undocumented once everything is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines.policy import Policy
from pipelines.statements import Hold
from pipelines.surface import bands, curves
from pipelines.surface.doubts import OPEN

DIGITS = 6
PRIOR = (0.5, 1000.0)  # unseen returns, and returns, that a border record is taken to begin with
HALF = 0.5  # standard error of the shares that nobody sees (returns, links), as a part of them


@dataclass(frozen=True)
class Unseen:
    """Returns that the border record missed, learned from people who left again.

    `rate` of returns is missed, and `last` of those seen had no later exit that would tell.
    """

    rate: float
    last: float

    @classmethod
    def of(cls, departures: ir.Table) -> Unseen:
        """From exits of known persons: an exit after an exit shows a return that nobody saw."""
        rows = departures.filter(departures.departed_on.notnull() & departures.person_id.notnull())
        told = rows.agg(
            exits=rows.count(),
            persons=rows.person_id.hash().nunique(),  # numbers take half the time of texts
            missed=(rows.return_kind == "implied").sum(),
            seen=(rows.return_kind == "recorded").sum(),
        )
        (row,) = told.to_pyarrow().to_pylist()
        again = row["exits"] - row["persons"]
        rate = ((row["missed"] or 0) + PRIOR[0]) / (again + PRIOR[1])
        last = 1.0 - (again - (row["missed"] or 0)) / max(row["seen"] or 0, 1)
        return cls(rate, min(max(last, 0.0), 1.0))


def last_seen(departures: ir.Table, as_of: date) -> date:
    """The last day on which the border record shows anybody, not after the night."""
    days = departures.agg(
        out=departures.departed_on.max(),
        back=departures.returned_on.max(where=departures.return_kind == "recorded"),
    )
    seen: list[date] = [day for day in days.to_pyarrow().to_pylist()[0].values() if day]
    return min(max(seen, default=as_of), as_of)


def chances(
    departures: ir.Table,
    doubts: ir.Table,
    gates: ir.Table,
    countries: ir.Table,
    policy: Policy,
    as_of: date,
    hold: Hold = lambda table: table,
) -> ir.Table:
    """Departures that may count as undocumented (key departure_key); the others have no chance.

    undocumented_probability; chance_late of those awaited or suspected; the standard errors of the
    probability that come from the curve (late_sd, shared by the departures of one `lesson`), from
    what is known of the origin (province_sd, regency_sd) and of unseen returns and links not made
    (hidden_sd); CARRIED. `hold` works a table out once, for it is read several times.
    """
    seen_to = last_seen(departures, as_of)
    followed = bands.followed(departures, gates, countries, seen_to)
    teaches = bands.teaches(followed, departures.count().to_pyarrow().as_py())
    is_away = followed.ending == bands.AWAY
    watched = hold(followed.mutate(teaches=teaches, is_away=is_away).filter(teaches | is_away))
    known = watched.filter(watched.teaches)
    learned = bands.effects(known, seen_to)
    away = hold(bands.with_band(watched.filter(watched.is_away), learned))
    counted = curves.counts_by_day(bands.with_band(known, learned))
    told = curves.answered(counted, curves.questions(away))
    return _weighed(departures, _late(away, told, Unseen.of(departures)), doubts, policy)


def _late(away: ir.Table, told: pa.Table, unseen: Unseen) -> ir.Table:
    """The answers for each departure still away (key departure_key)."""
    answers = ibis.memtable(told)
    odds = unseen.rate / (1.0 - unseen.rate) * unseen.last
    joined = away.inner_join(answers, curves.QUESTION)
    hidden = joined.seen_back * odds
    return joined.select(
        "departure_key",
        "late",
        "late_sd",
        "province_sd",
        "regency_sd",
        unseen=hidden / (1.0 + hidden),
        lesson=ibis.literal("|").join([joined[name].cast("string") for name in curves.FINEST]),
    )


def _weighed(departures: ir.Table, late: ir.Table, doubts: ir.Table, policy: Policy) -> ir.Table:
    t = _evidence(departures, late, doubts, policy)
    probability = ibis.cases(
        (t.is_open, t.stays * (1.0 - t.missed)),
        (t.outcome == "confirmed_undocumented", t.link_probability),
        (t.outcome == "unrecorded_exit", 1.0 - t.missed),
        (t.outcome == "documented_diverted", 1.0 - t.link_probability),
        else_=(1.0 - t.link_probability) * t.stays,
    )
    hidden = ibis.cases(
        (t.is_open, t.stays * (t.unseen + t.missed)),
        (t.outcome == "unrecorded_exit", t.missed),
        else_=0.0,
    )
    errors = {
        "late_sd": ibis.cases((t.is_open, t.late_sd), else_=0.0),
        "hidden_sd": HALF * hidden,
        **{
            name: ibis.cases((t.is_open, t.stays * t.late * t[name]), else_=0.0)
            for name in ("province_sd", "regency_sd")
        },
    }
    return t.select(
        "departure_key",
        *CARRIED,
        "lesson",
        chance_late=ibis.cases((t.is_open, t.late.round(DIGITS))),
        undocumented_probability=probability.round(DIGITS),
        **{name: error.round(DIGITS) for name, error in errors.items()},
    )


def _evidence(departures: ir.Table, late: ir.Table, doubts: ir.Table, policy: Policy) -> ir.Table:
    """Unsettled departures with `stays`, the chance to be away in the end and count for it."""
    rows = departures.filter(departures.outcome.isin(UNSETTLED)).select(
        "departure_key", "outcome", "link_probability", "age_at_departure", *CARRIED
    )
    joined = rows.left_join(late, "departure_key").drop("departure_key_right")
    joined = joined.left_join(doubts, "departure_key").drop("departure_key_right")
    is_working = joined.age_at_departure.between(policy.working_age_min, policy.working_age_max)
    counts_if_away = is_working.fill_null(False) | (joined.outcome == "suspected_undocumented")
    stays = counts_if_away.cast("float64") * (1.0 - joined.late) * (1.0 - joined.unseen)
    return joined.mutate(
        is_open=joined.outcome.isin(OPEN),
        stays=stays.fill_null(0.0),
        link_probability=joined.link_probability.fill_null(1.0),
        missed=joined.missed.fill_null(0.0),
    )


def with_chances(departures: ir.Table, chances: ir.Table) -> ir.Table:
    """Every departure with chance_late and undocumented_probability (rows unchanged)."""
    told = chances.select("departure_key", "chance_late", "undocumented_probability")
    joined = departures.left_join(told, "departure_key").drop("departure_key_right")
    return joined.mutate(undocumented_probability=joined.undocumented_probability.fill_null(0.0))


CARRIED = ("occurred_on", "origin_province_code", "origin_regency_code", "origin_basis")
UNSETTLED = (
    "awaiting",
    "suspected_undocumented",
    "confirmed_undocumented",
    "unrecorded_exit",
    "documented",
    "documented_diverted",
)
