"""Training: weights of the model from the links that need none.

Papers that the deterministic pass linked by a number are pairs known to be one person, and show how
often each level is met by such (m); papers of a seeded sample against documents of another show how
often by chance (u). Then the same papers are linked again as if they had no number, and the
probabilities are set right by how many of them are true. No truth is needed and none is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np

from pipelines.link import blocking, choice, linking, matching, scores
from pipelines.link.blocking import Known
from pipelines.link.model import Comparison, Model, Probabilities, Weights
from pipelines.statements import Hold

KNOWN_PAIRS = 60_000  # of each kind, at most
CHANCE_PAIRS = 2_000_000
ASKED = 6_000  # papers of each kind whose candidates set the probabilities right
NAMESAKE_BITS = 5.0  # of a name that two people share, from which on they are namesakes
ONE_PERSON_BITS = 10.0  # that two names hardly share by chance where the birth dates are one
AS_IT_IS = np.array([1.0, 0.0])  # slope and intercept of a calibration that changes nothing
WIDER_PAIRS = 100  # by chance, that a wider comparison is worth where there are few pairs
ABSENT = 3  # of so many such papers one has its partner taken away
LEAST_SEEN = 25  # observations below which a rare band is extrapolated from the one before
LEAST = 0.5  # added to every count: a level that was never seen is rare, not impossible
LEAST_M = 0.002  # no level is rarer among papers of one person: the sample is never all there is
EVEN = {"slope": 1.0, "intercept": 0.0}
PARTNERS = {("placement", "document"): "placement", ("list", "document"): "list",
            ("list", "splp"): "list_paper", ("splp", "document"): "return",
            ("document", "document"): "renewal"}  # fmt: skip


@dataclass(frozen=True)
class School:
    """Where training takes place: the engine, its scratch, and what it learns from.

    `blind` is what would be known if no paper had a NIK or a document number: papers linked by a
    NIK would else always agree in the place that it names.
    """

    con: duckdb.DuckDBPyConnection
    hold: Hold
    known: Known
    blind: Known
    links: ir.Table
    crossings: ir.Table
    model: Model


def trained(school: School, trained_on: str, report: Callable[[str], None]) -> Weights:
    """The weights, reproducible from the same records by the seed of the model."""
    pairs = school.hold(known_pairs(school))
    report("known pairs")
    seen = _seen_from(school)
    ours = _counts(school, _compared(school, seen, pairs))
    report("chance pairs")
    strangers = school.hold(_chance_pairs(school).anti_join(pairs, ["record_key", "anchor_key"]))
    drawn = school.hold(_strange(_compared(school, seen, strangers)))
    chance = _counts(school, drawn)
    namesakes = _counts(school, school.hold(drawn.filter(drawn.shared_bits >= NAMESAKE_BITS)))
    blocked = school.hold(_candidates(school, pairs))
    report("candidates")
    others = blocked.filter(~blocked.is_true).drop("is_true")
    near = _counts(school, _compared(school, seen, others))
    by_chance = {"random": chance, "namesakes": namesakes, "candidates": near}
    levels = {
        c.name: _levels(c, ours[c.name], _widened(c, by_chance[c.u_from]))
        for c in school.model.comparisons
    }
    learned = Weights(
        model_version=school.model.version, trained_on=trained_on, seed=school.model.seed,
        calibration=EVEN, levels=levels,
    )  # fmt: skip
    report("probabilities")
    return learned.model_copy(update={"calibration": _calibration(school, blocked, learned)})


def known_pairs(school: School) -> ir.Table:
    """Pairs that are one person by a number. Key: record_key, anchor_key; column kind."""
    papers = school.known.identities.select("record_key", "kind", "first_event_at")
    left = papers.rename(left_kind="kind", left_at="first_event_at")
    right = papers.rename(anchor_key="record_key", right_kind="kind", right_at="first_event_at")
    joined = school.links.inner_join(left, "record_key").inner_join(right, "anchor_key")
    # A link has no direction; a pair goes from the later passport's predecessor to it.
    is_back = (joined.left_kind == "document") & (
        (joined.right_kind != "document") | (joined.right_at < joined.left_at)
    )
    turned = joined.select(
        record_key=is_back.ifelse(joined.anchor_key, joined.record_key),
        anchor_key=is_back.ifelse(joined.record_key, joined.anchor_key),
        left_kind=is_back.ifelse(joined.right_kind, joined.left_kind),
        right_kind=is_back.ifelse(joined.left_kind, joined.right_kind),
    )
    kind = ibis.cases(
        *(
            ((turned.left_kind == left) & (turned.right_kind == right), name)
            for (left, right), name in PARTNERS.items()
        )
    )
    kept = turned.select("record_key", "anchor_key", kind=kind).drop_null().distinct()
    return _sampled(kept, "kind", KNOWN_PAIRS, school.model.seed)


def _sampled(rows: ir.Table, by: str, most: int, seed: int) -> ir.Table:
    """At most so many rows of each group, by a seeded order that the engine does not change."""
    drawn = rows.mutate(draw=_draw(rows.record_key + rows.anchor_key, seed))
    order = ibis.window(group_by=by, order_by=["draw", "record_key", "anchor_key"])
    numbered = drawn.mutate(place=ibis.row_number().over(order))
    return numbered.filter(numbered.place < most).drop("draw", "place")


def _draw(value: ir.StringValue, seed: int) -> ir.StringValue:
    return (ibis.literal(f"{seed} ") + value).hexdigest("md5")


def _chance_pairs(school: School) -> ir.Table:
    """Papers against documents that have nothing to do with each other, but for accident."""
    papers, seed = school.known.identities, school.model.seed
    parts = []
    for kind in school.model.kinds:
        sides = [
            _numbered(papers.filter(papers.kind.isin(side)), f"{seed} {kind.name} {number}")
            for number, side in enumerate((kind.left, kind.right))
        ]
        left, right = (school.hold(side) for side in sides)
        sizes = [side.count().to_pyarrow().as_py() for side in (left, right)]
        if not all(sizes):
            continue
        share = CHANCE_PAIRS // len(school.model.kinds)
        turns = ibis.range(0, share).unnest().name("turn").as_table()
        drawn = turns.mutate(
            i=turns.turn % sizes[0], j=(turns.turn * 7919 + turns.turn // sizes[0]) % sizes[1]
        )
        met = drawn.inner_join(left.rename(i="place"), "i").inner_join(
            right.rename(j="place", anchor_key="record_key"), "j"
        )
        parts.append(
            met.filter(met.record_key != met.anchor_key).select(
                "record_key", "anchor_key", kind=ibis.literal(kind.name)
            ).distinct()
        )  # fmt: skip
    return ibis.union(*parts)


def _strange(drawn: ir.Table) -> ir.Table:
    """Without pairs drawn that are one person after all: one birth date, and much of the name."""
    is_one = (drawn.birth_date_l == drawn.birth_date_r) & (drawn.shared_bits >= ONE_PERSON_BITS)
    return drawn.filter(~is_one.fill_null(False))


def _numbered(papers: ir.Table, seed: str) -> ir.Table:
    drawn = papers.select(
        "record_key", draw=(ibis.literal(seed) + papers.record_key).hexdigest("md5")
    )
    place = ibis.row_number().over(ibis.window(order_by=["draw", "record_key"]))
    return drawn.select("record_key", place=place)


def _candidates(school: School, pairs: ir.Table) -> ir.Table:
    """What blocking finds for a sample of the known papers without their numbers.

    Columns: record_key, anchor_key, kind, is_true. Every third paper has lost its partner.
    """
    asked = school.hold(
        _sampled(pairs, "kind", ASKED, school.model.seed + 1)
        .select("record_key", "kind")
        .distinct()
    )
    found = school.hold(
        blocking.pairs(school.blind, school.model, school.hold, asking=asked).semi_join(
            asked, ["record_key", "kind"]
        )
    )
    true = pairs.select("record_key", "anchor_key", is_true=ibis.literal(True))
    told = found.left_join(true, ["record_key", "anchor_key"]).select(*found.columns, "is_true")
    marked = told.mutate(is_true=told.is_true.fill_null(False))
    lost = _draw(marked.record_key, school.model.seed).right(2) < format(256 // ABSENT, "02x")
    return marked.filter(~(marked.is_true & lost))


def without_numbers(identities: ir.Table) -> ir.Table:
    """The identities as if nobody had written a number on them."""
    nothing = ibis.null("string")
    return identities.mutate(nik=nothing, document_number=nothing)


def _compared(school: School, known: Known, pairs: ir.Table) -> ir.Table:
    return matching.compared(school.hold, known, pairs, school.crossings)


def _seen_from(school: School) -> Known:
    """What is known, but for the places that numbers name."""
    places = school.blind.identities.select("record_key", "places")
    papers = school.known.identities.drop("places").inner_join(places, "record_key")
    return replace(school.known, identities=school.hold(papers))


def _counts(school: School, compared: ir.Table) -> dict[str, dict[str, float]]:
    """How many pairs met each level, by comparison and level, as Splink tells them apart."""
    counts: dict[str, dict[str, float]] = {}
    with scores.scored(school.con, school.hold, compared, school.model, None) as told:
        for comparison in school.model.comparisons:
            gamma = f"gamma_{comparison.name}"
            rows = told.group_by(gamma).agg(pairs=told.count()).to_pyarrow().to_pylist()
            seen = {row[gamma]: row["pairs"] for row in rows}
            names = scores.level_names(comparison)
            counts[comparison.name] = {name: seen.get(n, 0) for n, name in names.items()}
    return counts


def _levels(
    comparison: Comparison, ours: dict[str, float], chance: dict[str, float]
) -> dict[str, Probabilities]:
    m, u = _shares(ours), _shares(chance)
    if comparison.bands:
        u = _extrapolated(comparison, u, chance)
    free = [level for level in comparison.all_levels() if not level.is_null and not level.fixed]
    return {
        v.name: Probabilities(m=round(max(m[v.name], LEAST_M), 9), u=round(u[v.name], 14))
        for v in free
    }


def _widened(comparison: Comparison, counts: dict[str, dict[str, float]]) -> dict[str, float]:
    """The counts of a comparison, and a few pairs as its wider comparison would have them."""
    own = counts[comparison.name]
    if comparison.wider is None:
        return own
    wider = _shares(counts[comparison.wider])
    return {name: count + WIDER_PAIRS * wider[name] for name, count in own.items()}


def _shares(counts: dict[str, float]) -> dict[str, float]:
    total = sum(counts.values()) + LEAST * len(counts)
    return {name: (count + LEAST) / total for name, count in counts.items()}


def _extrapolated(
    comparison: Comparison, u: dict[str, float], counts: dict[str, float]
) -> dict[str, float]:
    """`u` with bands too rare to be counted: each is so many bits rarer than the one before."""
    assert comparison.bands is not None  # noqa: S101
    found = dict(u)
    for band in range(2, comparison.bands.count + 1):
        name = f"band_{band}"
        if counts[name] < LEAST_SEEN:
            found[name] = found[f"band_{band - 1}"] * 2.0**-comparison.bands.width
    return found


def _calibration(school: School, blocked: ir.Table, learned: Weights) -> dict[str, float]:
    """Slope and intercept that make the probabilities of the best candidates come true."""
    compared = _compared(school, school.blind, blocked.drop("is_true"))
    scored = matching.scored(school.con, school.hold, compared, school.model, learned)
    run = linking.Linking(school.con, school.hold, school.known, school.model, learned)
    population = run.population
    present = 1 - 1 / ABSENT
    kinds = tuple(k.model_copy(update={"expected": present}) for k in school.model.kinds)
    model = school.model.model_copy(update={"kinds": kinds})
    called = choice.probable(scored, school.known.clusters, population, model, learned)
    best = choice.decided(called, model)
    told = best.filter(best.decision != choice.WEAKER).inner_join(
        blocked.select("record_key", "anchor_key", "is_true"), ["record_key", "anchor_key"]
    )
    rows = told.select("link_probability", "is_true", "record_key", "anchor_key")
    ordered = rows.order_by("record_key", "anchor_key").to_pyarrow()
    return _fitted(ordered["link_probability"].to_numpy(), ordered["is_true"].to_numpy(False))


def _fitted(probability: Any, is_true: Any) -> dict[str, float]:
    """Logistic regression of truth on log-odds, that would rather leave them as they are.

    Where every candidate is true or none is, the data alone would make it infinitely steep.
    """
    from scipy import optimize  # half a second that only training needs

    clipped = np.clip(probability.astype(float), 1e-9, 1 - 1e-9)
    odds, truth = np.log(clipped / (1 - clipped)), is_true.astype(float)

    def loss(line: Any) -> float:
        told = line[0] * odds + line[1]
        moved = line - AS_IT_IS
        return float(np.sum(np.logaddexp(0, told) - truth * told) + moved @ moved / 2)

    found = optimize.minimize(loss, AS_IT_IS, method="Nelder-Mead")
    return {"slope": round(float(found.x[0]), 6), "intercept": round(float(found.x[1]), 6)}
