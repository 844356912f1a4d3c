"""Groups of people: is anybody linked worse than others?

A name of one word, a surname that half a district shares, a province that lists write in three
ways: each makes linkage harder for those who bear it. Only labels of groups and counts come out.

Counted are pairs with at least one placement, list row or SPLP. Two passports or border passes of
one person are a renewal; most belong to people who merely travel, and would drown the others. A
pair counts in the group of the true person of either member, so that a wrong pair across two groups
counts against both; true and correct pairs have one person and so one group.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import ibis.selectors as s
from scipy.special import betaincinv

from pipelines.evaluate.columns import as_key, province_code
from pipelines.evaluate.linkage import scores
from pipelines.evaluate.votes import highest, of_most

DIMENSIONS = ("sex", "province", "name_words", "name_tradition")
UNKNOWN, OTHER = "unknown", "other"
SEXES = ("L", "P")  # another word says nothing, and might say who it is
MANY_WORDS = 4

# What says most about the tradition of a name comes first: a clan is of one people, whereas anybody
# may be called Muhammad, in one of the spellings of that family.
KINDS = ("clan", "word", "order", "title", "family")

RENEWED = ("passport", "other_document")
REGISTERED = ("placement", "dated_row", "undated_row", "splp")
ENOUGH = 100
SURE = 0.95  # of the bounds of F1


def labels(
    identities: ir.Table, written: ir.Table, departures: ir.Table, name_words: ir.Table
) -> ir.Table:
    """The groups of each person of truth. Key: person_key; a column per dimension.

    Takes `linkage.identities`, `Night.written`, truth's `departures` and the words of names (word,
    kind, tradition). `sex` is the one written most often; `province` that of most departures in
    truth; `name_words` (1, 2, 3, 4+) and `name_tradition` are those of the name that most crossings
    on passports have, or on other documents where there is no passport. `unknown` where no record
    says; of equals the smallest.
    """
    known = identities.filter(identities.person_key.notnull())
    said = known.inner_join(written, [("identity", "record_key")])
    names = _names(said)
    parts = (_sexes(said), _provinces(departures), names, _traditions(names, name_words))
    whole = known.select("person_key").distinct()
    for part in parts:
        whole = whole.left_join(part, "person_key").drop("person_key_right")
    words = whole.name.split(" ").length()
    shown = {
        "sex": whole.sex,
        "province": whole.province,
        "name_words": ibis.cases(
            (words < MANY_WORDS, words.cast("string")), (words >= MANY_WORDS, f"{MANY_WORDS}+")
        ),
        "name_tradition": ibis.cases((whole.name.notnull(), whole.tradition.fill_null(OTHER))),
    }
    return whole.select("person_key", **{d: shown[d].fill_null(UNKNOWN) for d in DIMENSIONS})


def _sexes(said: ir.Table) -> ir.Table:
    """(person_key, sex) written most often."""
    readable = said.filter(said.sex.isin(SEXES))
    votes = readable.group_by("person_key", "sex").agg(votes=lambda t: t.records.sum())
    return of_most(votes, "person_key", "sex")


def _provinces(departures: ir.Table) -> ir.Table:
    """(person_key, province) of most departures."""
    origins = departures.select(
        person_key=as_key(departures.person_key), province=province_code(departures)
    )
    votes = origins.group_by("person_key", "province").agg(votes=lambda t: t.count())
    return of_most(votes, "person_key", "province")


def _names(said: ir.Table) -> ir.Table:
    """(person_key, name) on most crossings, those on passports first."""
    on_passport = (said.paper == "passport").ifelse(said.records, 0)
    named = said.filter(said.name.notnull()).group_by("person_key", "name")
    counted = named.agg(passports=on_passport.sum(), records=said.records.sum())
    return highest(counted, "person_key", "name", ["passports", "records"])


def _traditions(names: ir.Table, name_words: ir.Table) -> ir.Table:
    """(person_key, tradition) of the names with words that are known.

    The words of the first of KINDS that the name has decide, and of their traditions the one that
    most of them have.
    """
    words = names.select("person_key", word=names.name.split(" ").unnest())
    known = name_words.filter(name_words.tradition.notnull(), name_words.kind.isin(KINDS))
    found = words.inner_join(known, "word")
    weight = ibis.cases(*((found.kind == kind, -place) for place, kind in enumerate(KINDS)))
    counted = found.group_by("person_key", "tradition", weight=weight).agg(
        votes=lambda t: t.count()
    )
    return highest(counted, "person_key", "tradition", ["weight", "votes"])


def concerned(cells: ir.Table) -> ir.Table:
    """The cells in which pairs that are counted can be. Key: person_key, person_id.

    Takes `linkage.cells`; gives the sizes `renewed` and `registered`. Nearly everybody has a
    passport and nothing else, and need not be looked at.
    """
    sizes = cells.select(
        "person_key",
        "person_id",
        renewed=sum(cells[paper] for paper in RENEWED),
        registered=sum(cells[paper] for paper in REGISTERED),
    )
    some = sizes.filter(sizes.registered > 0)
    sides = (sizes.semi_join(some, "person_key"), sizes.semi_join(some, "person_id"))
    return ibis.union(*sides, distinct=True)


def pair_counts(sizes: ir.Table, labels: ir.Table) -> ir.Table:
    """Pairs that truth has, that we have, and that both have. Key: dimension, group, kind.

    Takes `concerned` and `labels`. Counted from the sizes of groups; no pair is written down.
    """
    long = labels.pivot_longer(~s.cols("person_key"), names_to="dimension", values_to="group")
    marked = sizes.inner_join(long, "person_key")
    ours = marked.filter(marked.person_id.notnull())
    true = _merged(marked, "person_key")
    counted = {
        "true": _summed(true, _pairs(true.renewed, true.registered)),
        "predicted": _touching(_merged(ours, "person_id")),
        "correct": _summed(ours, _pairs(ours.renewed, ours.registered)),
    }
    named = (rows.mutate(kind=ibis.literal(kind)) for kind, rows in counted.items())
    return ibis.union(*named, distinct=False)


def _merged(marked: ir.Table, key: str) -> ir.Table:
    return marked.group_by(key, "dimension", "group").agg(
        renewed=lambda t: t.renewed.sum(), registered=lambda t: t.registered.sum()
    )


def _touching(groups: ir.Table) -> ir.Table:
    """Pairs within one of our persons with a member of the group: all, less those without one."""
    person = ibis.window(group_by=["person_id", "dimension"])
    whole = groups.mutate(
        renewed_in_all=groups.renewed.sum().over(person),
        registered_in_all=groups.registered.sum().over(person),
    )
    without = _pairs(
        whole.renewed_in_all - whole.renewed, whole.registered_in_all - whole.registered
    )
    return _summed(whole, _pairs(whole.renewed_in_all, whole.registered_in_all) - without)


def _pairs(renewed: ir.IntegerValue, registered: ir.IntegerValue) -> ir.IntegerValue:
    """Pairs within a group with at least one member that is registered."""
    return registered * (registered - 1) // 2 + registered * renewed


def _summed(groups: ir.Table, pairs: ir.IntegerValue) -> ir.Table:
    counted = groups.mutate(pairs=pairs).group_by("dimension", "group")
    return counted.agg(pairs=lambda t: t.pairs.sum().cast("int64"))


def report(counted: ir.Table) -> dict[str, Any]:
    """Scores of each group with the bounds of its F1, and the widest gap, by dimension.

    Takes `pair_counts`. `worst_gap` is the best F1 less the worst among groups with at least 100
    true pairs, whose names are `best` and `worst`; people of whom nothing is known are no group.
    `sure_gap` is what of it the bounds leave: by how much one of these groups is at least worse
    than another, or 0. Each bound holds by itself: of thirty groups one or two may lie outside of
    theirs by chance. None below two groups.
    """
    found: dict[str, dict[str, dict[str, int]]] = {name: {} for name in DIMENSIONS}
    for row in counted.order_by("dimension", "group").to_pyarrow().to_pylist():
        found[row["dimension"]].setdefault(row["group"], {})[row["kind"]] = row["pairs"]
    return {name: _with_gap(groups) for name, groups in found.items()}


def _with_gap(counts: dict[str, dict[str, int]]) -> dict[str, Any]:
    scored = {group: _bounded(scores(n)) for group, n in counts.items() if any(n.values())}
    large = {
        group: found
        for group, found in scored.items()
        if group != UNKNOWN and found["pairs"]["true"] >= ENOUGH
    }
    if len(large) < 2:
        return {"groups": scored, **dict.fromkeys(("worst_gap", "sure_gap", "best", "worst"))}
    best, worst = (end(large, key=lambda group: large[group]["f1"]) for end in (max, min))
    low = max(found["f1_low"] for found in large.values())
    high = min(found["f1_high"] for found in large.values())
    return {
        "groups": scored,
        "worst_gap": large[best]["f1"] - large[worst]["f1"],
        "sure_gap": max(low - high, 0.0),
        "best": best,
        "worst": worst,
    }


def _bounded(found: dict[str, Any]) -> dict[str, Any]:
    """Scores with f1_low and f1_high, exact bounds of SURE (Clopper and Pearson, 1934).

    They are those of j, the share that truth and we both have of the pairs that either has:
    F1 is 2j / (1 + j). Pairs are taken one by one, although a person's stand or fall together, so
    that the bounds are rather too narrow.
    """
    true, predicted, correct = (found["pairs"][kind] for kind in ("true", "predicted", "correct"))
    wrong, tail = true + predicted - 2 * correct, (1 - SURE) / 2
    low = float(betaincinv(correct, wrong + 1, tail)) if correct else 0.0
    high = float(betaincinv(correct + 1, wrong, 1 - tail)) if wrong else 1.0
    return found | {"f1_low": 2 * low / (1 + low), "f1_high": 2 * high / (1 + high)}
