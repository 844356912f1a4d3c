"""Choice: which of the scored pairs are links.

A paper has one bearer. Its candidates compete with each other and with nobody: the probability of
one is its likelihood ratio over those of all and of `nobody on record`, by the share of such papers
whose partner is known to be there (`expected`). Papers of one person decide together, and so do
their candidates; the best paper speaks for the person.
"""

import ibis
import ibis.expr.types as ir

from pipelines.link.model import Model, Weights

FLOOR = 0.001  # probability below which a pair is not kept
WORTH = 2.0**-12  # odds below which a candidate is not weighed at all
DIGITS = 9  # of a probability: sums in another order differ behind them
MOST_BITS = 60.0  # beyond this evidence is not more certain

LINKED, UNSURE, WEAKER, JUDGED = "linked", "unsure", "weaker", "judged_different"


def worth(scored: ir.Table, population: ir.Table, model: Model) -> ir.Table:
    """Scored pairs that are worth weighing: the others neither link nor compete.

    Takes (kind, papers): how many there are to choose from, by kind.
    """
    joined = scored.inner_join(population, "kind")
    return joined.filter(_ratio(joined, model) >= WORTH).select(*scored.columns)


def _ratio(joined: ir.Table, model: Model) -> ir.FloatingValue:
    """Odds of one candidate against nobody on record, before they are set right."""
    prior = ibis.cases(
        *((joined.kind == k.name, k.expected / (1 - k.expected)) for k in model.kinds), else_=1.0
    )
    strength = ibis.literal(2.0) ** ibis.least(joined.match_weight, MOST_BITS)
    return strength * prior / joined.papers


def probable(
    scored: ir.Table, clusters: ir.Table, population: ir.Table, model: Model, weights: Weights
) -> ir.Table:
    """Scored pairs with link_probability and the persons they would join.

    Takes (record_key, anchor_key, kind, match_weight, ...), (record_key, cluster_id) of papers that
    are one person already, and (kind, papers): how many there are to choose from, by kind. Adds
    left_id and right_id (a cluster, or a paper by itself) and link_probability. The kinds of one
    left_id compete together.
    """
    joined = _with_clusters(scored, clusters).inner_join(population, "kind")
    weighed = joined.mutate(ratio=_ratio(joined, model))
    best = weighed.group_by("left_id", "right_id").agg(ratio=weighed.ratio.max())
    of_pair = best.mutate(odds=_calibrated(best.ratio, weights))
    of_all = of_pair.odds.sum().over(ibis.window(group_by="left_id"))
    probability = (of_pair.odds / (1 + of_all)).round(DIGITS)
    called = of_pair.select("left_id", "right_id", link_probability=probability)
    return weighed.inner_join(called, ["left_id", "right_id"]).select(
        *scored.columns, "left_id", "right_id", "link_probability"
    )


def _with_clusters(scored: ir.Table, clusters: ir.Table) -> ir.Table:
    left = clusters.select("record_key", left_cluster="cluster_id")
    right = clusters.select(anchor_key="record_key", right_cluster="cluster_id")
    joined = scored.left_join(left, "record_key").drop("record_key_right")
    joined = joined.left_join(right, "anchor_key").drop("anchor_key_right")
    return joined.mutate(
        left_id=joined.left_cluster.fill_null(joined.record_key),
        right_id=joined.right_cluster.fill_null(joined.anchor_key),
    ).drop("left_cluster", "right_cluster")


def _calibrated(odds: ir.FloatingValue, weights: Weights) -> ir.FloatingValue:
    """The odds against nobody on record as they come true; of two equals neither passes a half."""
    slope, intercept = weights.calibration["slope"], weights.calibration["intercept"]
    return (odds.log() * slope + intercept).exp()


def decided(probable: ir.Table, model: Model) -> ir.Table:
    """`probable` with a decision: linked, unsure or weaker. Key: record_key, anchor_key.

    The best candidate of a left_id is linked from the threshold of its kind on. In kinds that are
    one-to-one a right_id takes its best left_id only. Ties go to the smaller key.
    """
    one_to_one = [kind.name for kind in model.kinds if kind.one_to_one]
    mine = _best(probable, "left_id", "right_id")
    theirs = _best(mine.filter(mine.is_best_of_left_id), "right_id", "left_id")
    threshold = ibis.cases(
        *((probable.kind == k.name, k.threshold) for k in model.kinds), else_=1.0
    )
    best = theirs.filter(~theirs.kind.isin(one_to_one) | theirs.is_best_of_right_id)
    best = best.select("record_key", "anchor_key", is_best=ibis.literal(True))
    joined = probable.mutate(threshold=threshold).left_join(best, ["record_key", "anchor_key"])
    decision = ibis.cases(
        (joined.is_best.isnull(), WEAKER),
        (joined.link_probability < joined.threshold, UNSURE),
        else_=LINKED,
    )
    return joined.select(*probable.columns, decision=decision)


def _best(pairs: ir.Table, of: str, among: str) -> ir.Table:
    """`pairs` with whether each is the best pair of its `of`."""
    order = ibis.window(
        group_by=of,
        order_by=[
            ibis.desc("link_probability"), ibis.desc("match_weight"), among,
            "record_key", "anchor_key",
        ],
    )  # fmt: skip
    return pairs.mutate(**{f"is_best_of_{of}": ibis.row_number().over(order) == 0})
