"""Links -> clusters that hold: connected papers, without what no real person can be.

Connected components by Splink, on the engine of the tables. A cluster that breaks a constraint
gives up its weakest link, until it holds.
"""

import duckdb
import ibis
import ibis.expr.types as ir
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold

from pipelines.link import compatible
from pipelines.statements import Hold

YEARS_APART = 10  # of birth, beyond which two sexes are two people
ROUNDS = 20  # of giving up links; what still breaks a constraint then is left and reported


def nodes(links: ir.Table) -> ir.Table:
    """Every identity that a link touches, once."""
    ends = links.select(unique_id=links.record_key).union(links.select(unique_id=links.anchor_key))
    return ends.distinct()


def edges(links: ir.Table) -> ir.Table:
    """The links in Splink's words."""
    return links.select(unique_id_l=links.record_key, unique_id_r=links.anchor_key)


def connected(con: duckdb.DuckDBPyConnection, nodes: str, edges: str) -> str:
    """Name of a table (unique_id, cluster_id) over the named tables of nodes and edges."""
    api = DuckDBAPI(con)
    clustered = cluster_pairwise_predictions_at_threshold(
        api.register(nodes), api.register(edges), api, node_id_column_name="unique_id"
    )
    return str(clustered.physical_name)


def reached(hold: Hold, seeds: ir.Table, edges: ir.Table) -> ir.Table:
    """(record_key) of all whom edges (record_key, anchor_key) join to one of the seeds, and them.

    Step by step, so that the cost follows who is reached and not how many there are.
    """
    ways = edges.select("record_key", "anchor_key")
    whole = hold(seeds.select("record_key").distinct())
    front = whole
    while True:
        there = ways.semi_join(front, "record_key").select(record_key="anchor_key")
        back = ways.semi_join(front, [("anchor_key", "record_key")]).select("record_key")
        front = hold(there.union(back).distinct().anti_join(whole, "record_key"))
        if not front.count().to_pyarrow().as_py():
            return whole
        whole = hold(whole.union(front))


def broken(members: ir.Table, identities: ir.Table, trips: ir.Table, apart: ir.Table) -> ir.Table:
    """Clusters that no real person can be. Key: cluster_id, constraint.

    Takes (record_key, cluster_id), identities, trips (`evidence.trips`) and pairs judged to be two
    people (low_key, high_key).
    """
    known = members.inner_join(identities, "record_key")
    found = (
        _two_niks(known), _two_sexes(known), _two_places(known, trips), _judged(members, apart),
    )  # fmt: skip
    return ibis.union(*found, distinct=True)


def _of(clusters: ir.Table, constraint: str) -> ir.Table:
    return clusters.select("cluster_id", constraint=ibis.literal(constraint))


def _two_niks(known: ir.Table) -> ir.Table:
    numbered = known.mutate(valid=compatible.valid_nik(known)).group_by("cluster_id")
    niks = numbered.agg(niks=lambda t: t.valid.nunique())
    return _of(niks.filter(niks.niks > 1), "two_niks")


def _two_sexes(known: ir.Table) -> ir.Table:
    sexed = known.filter(known.sex.isin(("L", "P")))
    gathered = sexed.group_by("cluster_id").agg(
        sexes=sexed.sex.nunique(), first=sexed.birth_year.min(), last=sexed.birth_year.max()
    )
    is_two = (gathered.sexes > 1) & (gathered["last"] - gathered["first"] > YEARS_APART)
    return _of(gathered.filter(is_two), "two_sexes")


def _two_places(known: ir.Table, trips: ir.Table) -> ir.Table:
    """A crossing on one document, well within a journey that another shows from exit to entry.

    Who owns two passports may come home and leave again on the other; then the first crossing
    within is an entry, and the last an exit.
    """
    theirs = trips.inner_join(known.select("record_key", "cluster_id"), "record_key")
    away = theirs.filter(theirs.is_exit & theirs.is_next_entry)
    other = theirs.view().select(
        "cluster_id", other_key="record_key", is_other_exit="is_exit", other_on="crossed_on",
        before_on="previous_on", after_on="next_on",
    )  # fmt: skip
    met = away.inner_join(other, "cluster_id")
    inside = (met.other_on > met.crossed_on) & (met.other_on < met.next_on)
    is_first = (met.before_on < met.crossed_on).fill_null(True)
    is_last = (met.after_on > met.next_on).fill_null(True)
    is_impossible = met.is_other_exit.ifelse(is_first, is_last)
    found = met.filter((met.record_key != met.other_key) & inside & is_impossible)
    return _of(found.distinct(), "two_places")


def _judged(members: ir.Table, apart: ir.Table) -> ir.Table:
    low = members.select(low_key="record_key", cluster_id="cluster_id")
    high = members.select(high_key="record_key", other="cluster_id")
    both = apart.select("low_key", "high_key").inner_join(low, "low_key")
    both = both.inner_join(high, "high_key")
    return _of(both.filter(both.cluster_id == both.other), "judged_different")


def weakest(
    links: ir.Table, members: ir.Table, broken: ir.Table, ruled: tuple[str, ...]
) -> ir.Table:
    """The link that each broken cluster gives up. Key: record_key, anchor_key, token, rule.

    Links of the deterministic rules (`ruled`) are given up for a judgement only, and a judgement
    never.
    """
    by_judgement = broken.group_by("cluster_id").agg(
        is_judged=(broken.constraint == "judged_different").any()
    )
    joined = links.inner_join(members, "record_key").inner_join(by_judgement, "cluster_id")
    may_go = (joined.rule != "judged_same") & (joined.is_judged | ~joined.rule.isin(ruled))
    order = ibis.window(
        group_by="cluster_id",
        order_by=["link_probability", "record_key", "anchor_key", "token", "rule"],
    )
    ranked = joined.filter(may_go).mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("record_key", "anchor_key", "token", "rule")
