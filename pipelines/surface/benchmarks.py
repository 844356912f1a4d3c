"""Benchmarks: our figures beside those that agencies published, and what lies between them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.policy import Policy

AGREES, RESTATED, SCOPE = "agrees", "restated", "scope"
NOT_DELIVERED, DOES_NOT_ADD_UP, UNEXPLAINED = "not_delivered", "does_not_add_up", "unexplained"

# What each measure of ours is counted by; no delivery holds any other measure.
_FLOW = ("all", "nationality", "gate")
_PLACED = ("all", "province", "regency", "country", "sex")
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "exits": _FLOW,
    "entries": _FLOW,
    "crossings": _FLOW,
    "placements": _PLACED,
    "documented_departures": _PLACED,
    "listed_returns": ("all", "province", "country", "gate", "sex"),
}
DOCUMENTED = ("documented", "documented_diverted")
# Nothing is processed on a holiday, and a period often begins with one: a feed whose first or last
# day is so near to the edge of the period covers it.
EDGE_DAYS = 7
# Another definition may halve or double a figure; what lies beyond needs another explanation.
SCOPE_FACTOR = 2.0

PERIOD = ("figure", "year", "measure")
COLUMNS = (
    "figure", "measure", "period_start", "period_end", "dimension", "code", "published_value",
    "published_parts", "source", "note_id", "note_en", "our_value", "difference", "ratio",
    "explanation",
)  # fmt: skip


def benchmarks(
    figures: ir.Table,
    measures: ir.Table,
    traffic: ir.Table,
    departures: ir.Table,
    placements: ir.Table,
    rows: ir.Table,
    matches: ir.Table,
    policy: Policy,
) -> ir.Table:
    """Published figures beside ours (key figure, period_start, measure, dimension, code).

    Takes published_figures and published_measures, and the records of the night, crossings counted
    by day and gate (`traffic`). Crossings count by their day at the gate, valid placements by the
    day on which their process finished, departures by their exit, returns on lists by their arrival
    and once, however many lists hold them. Where the deliveries do not cover the period, our value
    is null.
    """
    days = ibis.union(
        *_of_crossings(traffic),
        _of_placements(placements),
        _of_departures(departures),
        _of_lists(rows, matches),
    )
    published = _published(figures, measures)
    beside = _beside(published, _in_periods(days, measures))
    return _explained(beside, policy.benchmark_tolerance).select(COLUMNS)


# Ours, by day

_ONE = {"counted": ibis.literal(1), "delivered": ibis.literal(1)}


def _by_day(t: ir.Table, measure: str) -> ir.Table:
    """Counts of one measure (key day, from_country, dimension, code).

    Takes columns named as the dimensions, `day`, `from_country` (null but for lists), and
    `counted` and `delivered`, numbers of rows. Dimension `feed` holds all that was delivered.
    """
    names = [name for name in DIMENSIONS[measure] if name in t.columns]
    days = t.group_by("day", "from_country", *names).agg(
        counted=t.counted.sum(), delivered=t.delivered.sum()
    )
    parts = [(name, days[name], days.counted) for name in names]
    whole = ibis.literal("ALL")
    parts += [("all", whole, days.counted), ("feed", whole, days.delivered)]
    if "nationality" in DIMENSIONS[measure]:
        parts.append(("nationality", ibis.literal("IDN"), days.counted))
    cells = [
        days.select("day", "from_country", code=code.cast("string"), counted=counted)
        .group_by("day", "from_country", "code")
        .agg(counted=lambda t: t.counted.sum().cast("int64"))
        .mutate(dimension=ibis.literal(name), measure=ibis.literal(measure))
        for name, code, counted in parts
    ]
    return ibis.union(*cells)


def _of_crossings(traffic: ir.Table) -> list[ir.Table]:
    """Crossings handed over to us are those of citizens."""
    rows = traffic.group_by("is_exit", day=traffic.crossed_on, gate=traffic.gate_code).agg(
        counted=traffic.crossings.sum(), delivered=traffic.crossings.sum()
    )
    rows = rows.mutate(from_country=ibis.null("string"))
    flows = {"exits": rows.filter(rows.is_exit), "entries": rows.filter(~rows.is_exit)}
    return [_by_day(flow, measure) for measure, flow in (flows | {"crossings": rows}).items()]


def _of_placements(placements: ir.Table) -> ir.Table:
    valid = placements.filter(placements.is_valid)
    rows = valid.select(
        "sex", day="valid_from", province="province_code", regency="regency_code",
        country="country_code", from_country=ibis.null("string"), **_ONE,
    )  # fmt: skip
    return _by_day(rows, "placements")


def _of_departures(departures: ir.Table) -> ir.Table:
    left = departures.filter(departures.departed_on.notnull())
    is_documented = left.outcome.isin(DOCUMENTED)

    def of_documented(name: str) -> ir.Value:
        return ibis.ifelse(is_documented, left[name], ibis.null("string"))

    rows = left.select(
        sex=of_documented("sex"), day="departed_on", province=of_documented("origin_province_code"),
        regency=of_documented("origin_regency_code"), country=of_documented("placement_country"),
        from_country=ibis.null("string"), counted=is_documented.cast("int64"),
        delivered=ibis.literal(1),
    )  # fmt: skip
    return _by_day(rows, "documented_departures")


def _of_lists(rows: ir.Table, matches: ir.Table) -> ir.Table:
    leading = matches.filter(matches.position == 0).select("list_file", "list_number")
    once = rows.semi_join(leading, ["list_file", "list_number"])
    returns = once.select(
        "sex", day="arrived_on", province="province_code", country="country_code",
        gate="gate_code", from_country="country_code", **_ONE,
    )  # fmt: skip
    return _by_day(returns, "listed_returns")


def _in_periods(days: ir.Table, measures: ir.Table) -> ir.Table:
    """Our counts in the periods of the published ones (key figure, year, measure, dimension, code).

    `is_whole`: each month of the period has a day of the feed, and the feed reaches the edges of
    the period. Lists come when people do: one in the period is enough.
    """
    pairs = measures.select(*PERIOD, "period_start", "period_end", only_country="country_code")
    both = pairs.inner_join(days, "measure")
    both = both.filter(
        both.day.between(both.period_start, both.period_end)
        & (both.only_country.isnull() | (both.only_country == both.from_country).fill_null(False))
    )
    return both.group_by(*PERIOD, "period_start", "period_end", "dimension", "code").agg(
        our_value=both.counted.sum().cast("int64"),
        first_day=both.day.min(),
        last_day=both.day.max(),
        months=both.day.truncate("M").nunique(),
    )


# Theirs


def _published(figures: ir.Table, measures: ir.Table) -> ir.Table:
    """The published figures that have a measure (key figure, year, measure, dimension, code).

    `published_parts` stands beside a total whose parts were published as complete; `gap` is what
    the parts leave of the total, `restated_ratio` by how much the total was restated.
    """
    totals = figures.filter(figures.dimension == "all").select("figure", "year", total="value")
    restated = totals.select("year", restated_by="figure", restated_total="total")
    periods = measures.left_join(totals, ["figure", "year"]).drop("figure_right", "year_right")
    periods = periods.left_join(restated, ["restated_by", "year"])
    periods = periods.drop("restated_by_right", "year_right")
    named = figures.inner_join(periods.view(), ["figure", "year"])
    is_part = named.dimension.startswith(named.parts).fill_null(False)
    summed = ibis.ifelse(is_part, named.value, 0.0).sum()
    parts = summed.over(ibis.window(group_by=PERIOD))
    gap = ibis.ifelse(is_part | (named.dimension == "all"), named.total - parts, 0.0)
    is_total = named.parts.notnull() & (named.dimension == "all")
    said = named.mutate(
        published_value=named.value,
        published_parts=ibis.cases((is_total, parts)),
        is_part=is_part,
        gap=ibis.ifelse(named.parts.notnull(), gap, 0.0),
        restated_ratio=named.restated_total / named.total,
        note_id=ibis.literal(" ").join([named.note_id, named.scope_id]).nullif(""),
        note_en=ibis.literal(" ").join([named.note_en, named.scope_en]).nullif(""),
    )
    comparable = ibis.or_(
        *((said.measure == m) & said.dimension.isin(names) for m, names in DIMENSIONS.items()),
        said.measure.notin(list(DIMENSIONS)),
    )
    return said.filter(comparable)


# Beside each other


def _beside(published: ir.Table, ours: ir.Table) -> ir.Table:
    """Published figures with our value, null where the deliveries do not cover the period."""
    feeds = _feeds(ours.filter(ours.dimension == "feed"))
    counted = ours.select(*PERIOD, "dimension", "code", counted="our_value")
    both = published.left_join(feeds, PERIOD).drop(*(f"{name}_right" for name in PERIOD))
    both = both.left_join(counted.view(), [*PERIOD, "dimension", "code"])
    # A departure is documented by a placement: without their feed none would be.
    own = both.is_whole.fill_null(False)
    placed = (own | (both.measure != "placements")).all().over(ibis.window(group_by=PERIOD[:2]))
    is_delivered = own & (placed | (both.measure != "documented_departures"))
    our_value = ibis.cases((is_delivered, both.counted.fill_null(0)))
    return both.mutate(
        our_value=our_value,
        difference=our_value - both.published_value,
        ratio=our_value / both.published_value,
    )


def _feeds(feeds: ir.Table) -> ir.Table:
    """Whether the deliveries cover the period (key figure, year, measure)."""
    start, end = feeds.period_start, feeds.period_end
    months = (end.year() - start.year()) * 12 + end.month() - start.month() + 1
    is_whole = (
        (feeds.months == months)
        & (feeds.first_day.delta(start, unit="day") <= EDGE_DAYS)
        & (end.delta(feeds.last_day, unit="day") <= EDGE_DAYS)
    )
    return feeds.select(*PERIOD, is_whole=is_whole | (feeds.measure == "listed_returns"))


def _explained(t: ir.Table, tolerance: float) -> ir.Table:
    """Add `explanation`: the first that applies. None is a guess; what is left is unexplained.

    Lists from one country are rolls of names: they agree to the person or not at all.
    """
    difference = t["difference"]
    allowed = ibis.ifelse(t.country_code.notnull(), 0.0, tolerance) * t.published_value
    agrees = difference.abs() <= allowed
    # Of a total that its parts do not reach, up to the gap may be missing; a part may hold it.
    missing = ibis.ifelse(t.is_part, difference, -difference)
    in_gap = (missing * t.gap.sign() >= 0) & (missing.abs() <= t.gap.abs())
    low, high = ibis.least(1.0, t.restated_ratio), ibis.greatest(1.0, t.restated_ratio)
    as_restated = t.restated_ratio.notnull() & t.ratio.between(
        low * (1 - tolerance), high * (1 + tolerance)
    )
    # An exit differs from a placement; where the placements themselves differ, that is not it.
    same = ibis.window(group_by=["figure", "year", "dimension", "code"])
    has_placements = (agrees & (t.measure == "placements")).fill_null(False).any().over(same)
    may_be_scope = (
        t.scope_en.notnull()
        & t.ratio.between(1 / SCOPE_FACTOR, SCOPE_FACTOR)
        & (has_placements | (t.measure != "documented_departures"))
    )
    return t.mutate(
        explanation=ibis.cases(
            (t.our_value.isnull(), NOT_DELIVERED),
            (agrees, AGREES),
            ((t.gap != 0) & in_gap, DOES_NOT_ADD_UP),
            (as_restated, RESTATED),
            (may_be_scope, SCOPE),
            else_=UNEXPLAINED,
        )
    )
