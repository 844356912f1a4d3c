"""Judgements of humans about two identities: which of them hold, and what they say to linkage.

`judgements` is the lake table identity.judgements: every judgement ever made, in any order and
with the two identities either way round.
"""

import ibis
import ibis.expr.types as ir

SAME, DIFFERENT = "same", "different"
VERDICTS = (SAME, DIFFERENT)
PAIR = ["low_key", "high_key"]
RULE = "judged_same"

# What a record_key begins with; see identities.py.
SOURCES = {
    "D": "perlintasan",
    "N": "perlintasan",
    "W": "perlintasan",
    "P": "penempatan",
    "L": "pemulangan",
}


def paired(pairs: ir.Table) -> ir.Table:
    """`pairs` (record_key, anchor_key) with low_key and high_key: the same either way round."""
    ends = pairs.record_key, pairs.anchor_key
    return pairs.mutate(low_key=ibis.least(*ends), high_key=ibis.greatest(*ends))


def current(judgements: ir.Table) -> ir.Table:
    """The judgement that holds for each pair: the latest. Key: low_key, high_key.

    Columns: low_key, high_key, verdict, judged_by, judged_at, why. Of several at one moment the
    first holds, by judge, then verdict, then reason.
    """
    latest = ibis.window(
        group_by=PAIR, order_by=[ibis.desc("judged_at"), "judged_by", "verdict", "why"]
    )
    ranked = paired(judgements).mutate(place=ibis.row_number().over(latest))
    held = ranked.filter(ranked.place == 0)
    return held.select(*PAIR, "verdict", "judged_by", "judged_at", "why")


def links(judgements: ir.Table) -> ir.Table:
    """Pairs that are judged one person, as rows of identity.links. Key: record_key, token, rule.

    The anchor is the smaller key, which is the travel document where there is one; it stands in
    the token as well, because one identity may be judged the same as several.
    """
    held = current(judgements)
    same = held.filter(held.verdict == SAME)
    return same.select(
        source=_source(same.high_key),
        record_key=same.high_key,
        anchor_key=same.low_key,
        token=ibis.literal("judgement:") + same.low_key,
        rule=ibis.literal(RULE),
        link_probability=ibis.literal(1.0),
    )


def apart(judgements: ir.Table) -> ir.Table:
    """Pairs that are judged two persons. Key: low_key, high_key."""
    held = current(judgements)
    return held.filter(held.verdict == DIFFERENT).select(*PAIR)


def named(judgements: ir.Table) -> ir.Table:
    """Every identity that a judgement names, once. Key: record_key."""
    others = judgements.select(record_key=judgements.anchor_key)
    return judgements.select("record_key").union(others).distinct()


def _source(record_key: ir.StringValue) -> ir.StringValue:
    return ibis.cases(*((record_key.startswith(f"{p}:"), s) for p, s in SOURCES.items()))
