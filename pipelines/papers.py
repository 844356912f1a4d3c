"""Records -> papers in standard form -> what linkage knows of them. Composes rooms; reads nothing.

`hold` works a table out once, so that the stages that share it do not work it out again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines import contracts, link, reference, standardise

Scratchpad = Callable[[], AbstractContextManager[link.Hold]]


@dataclass(frozen=True)
class Papers:
    """Standardised records of the sources, and the identities on them.

    `keyed` are the few ways of writing travellers that their document alone does not lead to, with
    the record_key of each. `crossings` is not worked out: it is too large to be held beside these.
    """

    crossings: ir.Table
    placements: ir.Table
    repatriations: ir.Table
    keyed: ir.Table
    identities: ir.Table


def standardised(records: dict[str, ir.Table], hold: link.Hold, scratchpad: Scratchpad) -> Papers:
    """The current records of `records` (crossings, placements, repatriations) as papers.

    A `scratchpad` gives a `hold` of which nothing is left at its end.
    """
    regions = standardise.Regions.shipped()
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    placements = hold(standardise.placements(records["placements"], countries, regions))
    repatriations = hold(
        standardise.repatriations(records["repatriations"], countries, gates, regions)
    )
    with scratchpad() as briefly:
        keyed = briefly(travellers(records["crossings"], briefly))
        identities = hold(link.identities(keyed, placements, repatriations))
        others = hold(link.otherwise_keyed(keyed))
    crossings = standard_crossings(records["crossings"])
    return Papers(crossings, placements, repatriations, others, identities)


def travellers(crossings: ir.Table, hold: link.Hold) -> ir.Table:
    """The ways in which travellers were written, with the record_key of each."""
    return link.traveller_keys(hold(standardise.traveller_tuples(crossings)))


def standard_crossings(crossings: ir.Table) -> ir.Table:
    """The current crossings in standard form. Key: crossing_id."""
    return standardise.crossings(
        crossings, purposes(), reference.memtable("countries"), reference.memtable("gates")
    )


def purposes() -> ir.Table:
    """(word, purpose): the synonyms of the contract."""
    words = contracts.sources()["perlintasan"].column("tujuan_perjalanan").vocabulary
    return ibis.memtable({"word": list(words), "purpose": list(words.values())})


def known(papers: Papers, hold: link.Hold) -> link.Known:
    """What linkage knows of the papers before it compares them."""
    name_words = reference.memtable("name_words")
    placed = places(papers.identities, hold)
    return link.known(hold, papers.identities, placed, papers.crossings, name_words)


def places(identities: ir.Table, hold: link.Hold) -> ir.Table:
    """The places that identities name; see `link.places`."""
    regions = standardise.Regions.shipped()
    words = standardise.place_words(link.place_words(identities), regions)
    return link.places(
        identities, hold(words), standardise.namesakes(regions),
        reference.memtable("nik_prefixes"),
    )  # fmt: skip
