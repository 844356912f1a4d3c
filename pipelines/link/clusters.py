"""Links -> clusters: connected components, by Splink on the engine of the tables."""

import duckdb
import ibis.expr.types as ir
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold


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
