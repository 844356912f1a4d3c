"""Records -> papers in standard form -> what linkage knows of them. Composes rooms; reads nothing.

`hold` works a table out once, so that the stages that share it do not work it out again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from pipelines import contracts, link, reference, standardise
from pipelines.record_keys import document_key, list_key, placement_key
from pipelines.statements import Hold, Scratchpad

LIST_ROW = ["list_file", "list_number"]
NO_DOCUMENT = ""


@dataclass(frozen=True)
class Papers:
    """Standardised records of the sources, and the identities on them.

    `crossings` is not worked out: it is too large to be held beside the others.
    """

    crossings: ir.Table
    placements: ir.Table
    repatriations: ir.Table
    identities: ir.Table


def standardised(
    records: dict[str, ir.Table],
    default_birth_dates: Collection[date],
    hold: Hold,
    scratchpad: Scratchpad,
) -> Papers:
    """The current records of `records` (crossings, placements, repatriations) as papers.

    A `scratchpad` gives a `hold` of which nothing is left at its end.
    """
    records = {
        name: standardise.without_default_birth_dates(rows, default_birth_dates)
        for name, rows in records.items()
    }
    regions = standardise.Regions.shipped()
    countries, gates = reference.memtable("countries"), reference.memtable("gates")
    placements = hold(standardise.placements(records["placements"], countries, regions))
    repatriations = hold(
        standardise.repatriations(records["repatriations"], countries, gates, regions)
    )
    with scratchpad() as longer:
        with scratchpad() as briefly:
            keyed = travellers(records["crossings"], briefly, scratchpad)
            others = briefly(link.otherwise_keyed(keyed))
            by_words = hold(link.crossings_of(records["crossings"], others))
            written = longer(link.identities(keyed, placements, repatriations))
        identities = hold(with_keys(written, longer))
    crossings = link.crossings_keyed(standard_crossings(records["crossings"]), by_words)
    return Papers(crossings, placements, repatriations, identities)


@dataclass(frozen=True)
class Touched:
    """What records that came or went may have changed; everything else stays as it was.

    documents (document_number), placements (placement_id), list_rows (list_file, list_number).
    What travellers without a document are depends on all of them, and they are few: they are
    always looked at again, as those of the document NO_DOCUMENT.
    """

    documents: ir.Table
    placements: ir.Table
    list_rows: ir.Table

    @classmethod
    def by(cls, changed: dict[str, ir.Table], hold: Hold) -> "Touched":
        """By the versions of records (crossings, placements, repatriations) that changed."""
        number = standardise.document_number(changed["crossings"].document_number)
        documents = changed["crossings"].select(document_number=number).drop_null()
        without = ibis.memtable({"document_number": [NO_DOCUMENT]})
        return cls(
            hold(documents.union(without, distinct=True)),
            hold(changed["placements"].select("placement_id").distinct()),
            hold(changed["repatriations"].select(*LIST_ROW).distinct()),
        )

    @property
    def document_keys(self) -> ir.Table:
        """(record_key) of the documents."""
        return self.documents.select(record_key=document_key(self.documents.document_number))

    def records(self, records: dict[str, ir.Table]) -> dict[str, ir.Table]:
        """All versions of the records concerned."""
        crossings = records["crossings"]
        number = standardise.document_number(crossings.document_number)
        return {
            "crossings": crossings.filter(self._is_touched(number)),
            "placements": records["placements"].semi_join(self.placements, "placement_id"),
            "repatriations": records["repatriations"].semi_join(self.list_rows, LIST_ROW),
        }

    def papers(self, papers: Papers) -> Papers:
        """The papers concerned, as they were."""
        identities, crossings = papers.identities, papers.crossings
        of_placements = self.placements.select(
            record_key=placement_key(self.placements.placement_id)
        )
        of_lists = self.list_rows.select(
            record_key=list_key(self.list_rows.list_file, self.list_rows.list_number)
        )
        is_traveller = identities.source == "perlintasan"
        return Papers(
            crossings.filter(self._is_touched(crossings.document_number)),
            papers.placements.semi_join(self.placements, "placement_id"),
            papers.repatriations.semi_join(self.list_rows, LIST_ROW),
            ibis.union(
                identities.filter(is_traveller & self._is_touched(identities.document_number)),
                identities.semi_join(of_placements.union(of_lists), "record_key"),
            ),
        )

    def _is_touched(self, number: ir.StringValue) -> ir.BooleanValue:
        return number.fill_null(NO_DOCUMENT).isin(self.documents.document_number)


def travellers(crossings: ir.Table, hold: Hold, scratchpad: Scratchpad) -> ir.Table:
    """The ways in which travellers were written, with the record_key of each."""
    with scratchpad() as briefly:
        return hold(link.traveller_keys(briefly(standardise.traveller_tuples(crossings))))


def standard_crossings(crossings: ir.Table) -> ir.Table:
    """The current crossings in standard form. Key: crossing_id."""
    return standardise.crossings(
        crossings, purposes(), reference.memtable("countries"), reference.memtable("gates")
    )


def purposes() -> ir.Table:
    """(word, purpose): the synonyms of the contract."""
    return _vocabulary("perlintasan", "tujuan_perjalanan", "purpose")


def reasons() -> ir.Table:
    """(word, reason): why departures are refused, by the synonyms of the contract."""
    return _vocabulary("penundaan", "alasan", "reason")


def _vocabulary(source: str, column: str, meaning: str) -> ir.Table:
    words = contracts.sources()[source].column(column).vocabulary
    return ibis.memtable({"word": list(words), meaning: list(words.values())})


def known(papers: Papers, hold: Hold) -> link.Known:
    """What linkage knows of the papers before it compares them."""
    bearers = hold(link.bearers(papers.identities))
    name_words = reference.memtable("name_words")
    return link.known(hold, papers.identities, papers.crossings, bearers, name_words)


def with_keys(identities: ir.Table, hold: Hold) -> ir.Table:
    """Identities with what blocking looks for in their names and places."""
    regions = standardise.Regions.shipped()
    words = standardise.place_words(link.place_words(identities), regions)
    names = link.name_keys(hold, identities, reference.memtable("name_words"))
    return link.with_keys(
        identities, names, hold(words), hold(standardise.namesakes(regions)),
        reference.memtable("nik_prefixes"),
    )  # fmt: skip
