"""Crossings of one person, put in order and paired into journeys."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines import moments
from pipelines.policy import Policy

# What a journey needs to know of the crossing that follows an exit.
FOLLOWING = ("crossing_id", "crossed_on", "gate_code", "is_exit", "is_splp")
LIFE = ["traveller", "person_id"]  # a digest, and whose it is


def journeys(crossings: ir.Table, policy: Policy) -> ir.Table:
    """Pair each exit with what follows it.

    Takes crossings with persons (key crossing_id). Gives one row per exit, or per entry with no
    exit before it (key departure_key); scans of one crossing are merged into the first, whose
    fellows stand in `merged_crossing_ids` (separated by ;).

    return_kind: `recorded` (an entry follows), `implied` (another exit follows, so the person came
    back unseen, not later than next_exit_on), `none` (nothing follows). A crossing without a
    person stands alone. is_border_pass and is_same_minute are those of the exit, else of the entry.

    One sort serves every window here: at national scale it is most of the cost. Digests go before
    the texts that they stand for, since numbers are sorted and joined in a fraction of the time.
    """
    scans = _in_sequence(crossings, policy)
    repeats = _repeats(scans)
    return _paired(_merged(scans, repeats), repeats)


def _in_sequence(crossings: ir.Table, policy: Policy) -> ir.Table:
    """Each crossing with its neighbours in the person's life (key crossing_id)."""
    slim = crossings.select(
        "crossing_id",
        "person_id",
        "is_exit",
        "crossed_at",
        "crossed_on",
        "gate_code",
        "country_code",
        "purpose",
        is_splp=(crossings.document_type == "SPLP").fill_null(False),
        is_border_pass=(crossings.document_type == "PLB").fill_null(False),
        at=moments.microseconds(crossings.crossed_at),
        traveller=_traveller(crossings),
    )
    slim = _placed(slim, crossings)
    life = ibis.window(group_by=LIFE, order_by=_order(slim))
    before = {
        f"previous_{name}": slim[name].lag().over(life) for name in ("is_exit", "gate_code", "at")
    }
    after = {f"next_{name}": slim[name].lead().over(life) for name in (*FOLLOWING, "at")}
    return _with_repeat_flags(slim.mutate(**before, **after), policy)


def _order(scans: ir.Table) -> list[ir.Value]:
    return [scans.placed_at, scans.at, scans.crossing_id]


def _traveller(crossings: ir.Table) -> ir.IntegerValue:
    """A number for each person; a crossing without one is a traveller by itself."""
    return crossings.person_id.fill_null(crossings.crossing_id).hash()


def _placed(slim: ir.Table, crossings: ir.Table) -> ir.Table:
    """Crossings with `placed_at` (microseconds), which puts them in order (key crossing_id)."""
    both = same_minute(crossings)
    pairs = both.select(pair_id="crossing_id", pair_at="placed_at")
    joined = slim.left_join(pairs, slim.crossing_id == pairs.pair_id)
    return joined.mutate(
        placed_at=joined.pair_at.coalesce(joined["at"]),
        is_same_minute=joined.pair_id.notnull(),
    ).drop("pair_id", "pair_at")


def same_minute(crossings: ir.Table) -> ir.Table:
    """Crossings of a minute in which one person both left and entered (key crossing_id).

    Clocks do not tell their order; what the person was before does. Somebody abroad enters and
    then leaves, anybody else leaves and then enters. Abroad is who left at the last minute of one
    direction only; minutes of both directions change nothing, so the order is total. They are
    few, and found by a join of digests, so that sorting them again is cheap.
    """
    left, entered = (_marked(crossings.filter(crossings.is_exit == side)) for side in (True, False))
    met = left.semi_join(entered.select("moment"), "moment").select("traveller").distinct()
    lives = _marked(crossings).semi_join(met, "traveller")
    minute = ibis.window(group_by=[*LIFE, "minute"])
    direction = lives.is_exit.cast("int8")
    lives = lives.mutate(is_both=direction.min().over(minute) < direction.max().over(minute))
    before = ibis.window(group_by=LIFE, order_by=["at", "crossing_id"], preceding=(None, 1))
    left_at, entered_at = (
        ibis.cases((~lives.is_both & side, lives["at"])).max().over(before)
        for side in (lives.is_exit, ~lives.is_exit)
    )
    was_abroad = left_at.notnull() & (entered_at.isnull() | (left_at > entered_at))
    both = lives.mutate(was_abroad=was_abroad).filter(lives.is_both)
    start = both.minute * moments.MINUTE
    later = ibis.ifelse(both.is_exit == both.was_abroad, start + moments.MINUTE // 2, start)
    return both.select("crossing_id", placed_at=later)


def _marked(crossings: ir.Table) -> ir.Table:
    """Crossings with their minute, and a digest of it together with the traveller.

    Written out at each use: a step that several share would be kept whole in between.
    """
    at, traveller = moments.microseconds(crossings.crossed_at), _traveller(crossings)
    minute = (at // moments.MINUTE).cast("int64")
    moment = ibis.struct({"traveller": traveller, "minute": minute}).hash()
    return crossings.select(
        "crossing_id", "person_id", "is_exit", at=at, minute=minute, traveller=traveller,
        moment=moment,
    )  # fmt: skip


def _with_repeat_flags(scans: ir.Table, policy: Policy) -> ir.Table:
    soon = policy.duplicate_scan_minutes * moments.MINUTE
    is_repeat = _same_crossing(scans, "previous") & (scans["at"] <= scans.previous_at + soon)
    is_repeated = _same_crossing(scans, "next") & (scans.next_at <= scans["at"] + soon)
    return scans.mutate(
        is_repeat=is_repeat.fill_null(False), is_repeated=is_repeated.fill_null(False)
    )


def _same_crossing(scans: ir.Table, side: str) -> ir.BooleanValue:
    """The neighbour on one side has the same direction and gate."""
    return (scans[f"{side}_is_exit"] == scans.is_exit) & scans[f"{side}_gate_code"].identical_to(
        scans.gate_code
    )


def _repeats(scans: ir.Table) -> ir.Table:
    """Runs of scans of one crossing (key first_crossing_id): few rows, so a second window is cheap.

    Carries what follows the last scan of the run, which is what follows the crossing.
    """
    runs = scans.filter(scans.is_repeat | scans.is_repeated)
    so_far = ibis.cumulative_window(group_by=LIFE, order_by=_order(runs))
    runs = runs.mutate(run=(~runs.is_repeat).cast("int64").sum().over(so_far))
    following = {
        f"after_{name}": runs[f"next_{name}"].max(where=~runs.is_repeated) for name in FOLLOWING
    }
    return runs.group_by(*LIFE, "run").agg(
        first_crossing_id=runs.crossing_id.max(where=~runs.is_repeat),
        merged_crossing_ids=runs.crossing_id.collect(where=runs.is_repeat).sort().join(";"),
        **following,
    )


def _merged(scans: ir.Table, repeats: ir.Table) -> ir.Table:
    """Scans without the repeats; the first of each run takes over what follows the run."""
    firsts = scans.filter(~scans.is_repeat).left_join(
        repeats, scans.crossing_id == repeats.first_crossing_id
    )
    return firsts.mutate(
        {
            f"next_{name}": ibis.ifelse(
                firsts.first_crossing_id.notnull(), firsts[f"after_{name}"], firsts[f"next_{name}"]
            )
            for name in FOLLOWING
        }
    )


def _paired(crossings: ir.Table, repeats: ir.Table) -> ir.Table:
    """Exits and entries without exit as journeys; the scans merged into a return are added."""
    rows = crossings.filter(crossings.is_exit | ~crossings.previous_is_exit.fill_null(False))
    closing = repeats.select(
        return_id="first_crossing_id", merged_into_return="merged_crossing_ids"
    )
    journeys = _as_journeys(rows)
    joined = journeys.left_join(closing, journeys.return_crossing_id == closing.return_id)
    own = ibis.ifelse(joined.exit_crossing_id.notnull(), joined.merged_into_exit, ibis.null(str))
    merged = ibis.literal(";").join([own, joined.merged_into_return])
    return joined.mutate(merged_crossing_ids=merged.nullif("")).drop(
        "merged_into_exit", "return_id", "merged_into_return"
    )


def _as_journeys(rows: ir.Table) -> ir.Table:
    is_exit, is_back = rows.is_exit, ~rows.next_is_exit

    def at_exit(name: str) -> ir.Value:
        return ibis.ifelse(is_exit, rows[name], ibis.null(rows[name].type()))

    def at_return(name: str) -> ir.Value:
        after = ibis.ifelse(is_back, rows[f"next_{name}"], ibis.null(rows[name].type()))
        return ibis.ifelse(is_exit, after, rows[name])

    return rows.select(
        "person_id",
        departure_key=ibis.ifelse(is_exit, "X:", "E:") + rows.crossing_id,
        departed_at=at_exit("crossed_at"),
        departed_on=at_exit("crossed_on"),
        gate_code=at_exit("gate_code"),
        declared_country=at_exit("country_code"),
        purpose=rows.purpose,
        exit_crossing_id=at_exit("crossing_id"),
        return_crossing_id=at_return("crossing_id"),
        returned_on=at_return("crossed_on"),
        return_gate_code=at_return("gate_code"),
        is_splp_return=at_return("is_splp").fill_null(False),
        is_border_pass=rows.is_border_pass,
        is_same_minute=rows.is_same_minute,
        return_kind=_return_kind(is_exit, rows.next_is_exit),
        next_exit_on=ibis.ifelse(
            is_exit & rows.next_is_exit, rows.next_crossed_on, ibis.null("date")
        ),
        merged_into_exit=rows.merged_crossing_ids,
    )


def _return_kind(is_exit: ir.BooleanValue, next_is_exit: ir.BooleanValue) -> ir.StringValue:
    return ibis.cases(
        (~is_exit, "recorded"),
        (next_is_exit.isnull(), "none"),
        (next_is_exit, "implied"),
        else_="recorded",
    )
