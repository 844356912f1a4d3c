"""Linkage fed with a handful of records; a case states what matters.

Persons are named after their first identity instead of by a pseudonym, so that tests can be read.
"""

from datetime import UTC, date, datetime
from typing import Any

import ibis
import pyarrow as pa

from pipelines import contracts, link, standardise
from pipelines.link import clusters

Row = dict[str, Any]
MOMENT = pa.timestamp("us", "UTC")
BORN = date(1990, 5, 17)
NIK = "5203011705900001"

PLACED = pa.schema(
    [
        (n, pa.string())
        for n in (
            "placement_id",
            "nik",
            "name",
            "sex",
            "passport_number",
            "birth_place",
            "regency_code",
            "country_code",
        )
    ]
    + [("birth_date", pa.date32()), ("processed_on", pa.date32()), ("first_received_at", MOMENT)]
)
LISTED = pa.schema(
    [
        (n, pa.string())
        for n in (
            "list_file",
            "list_number",
            "name",
            "sex",
            "document_number",
            "nik",
            "regency_code",
            "country_code",
        )
    ]
    + [("birth_date", pa.date32()), ("birth_year", pa.int64()), ("arrived_on", pa.date32())]
    + [("first_received_at", MOMENT)]
)


def day(number: int) -> datetime:
    """That day of January 2025."""
    return datetime(2025, 1, number, tzinfo=UTC)


def crossing(key: str, **given: Any) -> Row:
    """A record of a crossing: a man on his passport."""
    return {
        "crossing_id": key, "direction": "KELUAR", "crossed_at": day(1),
        "document_number": "C1000001", "full_name": "BUDI SANTOSO", "birth_date": BORN,
        "sex": "L", "nik": None, "birth_place": "SELONG", "issuing_office": "MATARAM",
        "document_type": "PASPOR", "batch_id": "B1", "row_number": 1, "received_at": day(2),
        "superseded_by": None,
    } | given  # fmt: skip


def placed(key: str, **given: Any) -> Row:
    """A standardised placement of the same man, who has given his NIK and no passport."""
    return {
        "placement_id": key, "nik": NIK, "name": "BUDI SANTOSO", "sex": "L",
        "passport_number": None, "birth_date": BORN, "birth_place": "SELONG",
        "regency_code": "52.03", "country_code": "MYS", "processed_on": date(2025, 1, 3),
        "first_received_at": day(3),
    } | given  # fmt: skip


def listed(key: str, **given: Any) -> Row:
    """A standardised row of a list with the same man, who had neither document nor NIK."""
    return {
        "list_file": "a.xlsx", "list_number": key, "name": "BUDI SANTOSO", "sex": "L",
        "document_number": None, "nik": None, "birth_date": BORN, "birth_year": 1990,
        "regency_code": "52.03", "country_code": "MYS", "arrived_on": date(2025, 1, 4),
        "first_received_at": day(4),
    } | given  # fmt: skip


def records(rows: list[Row]) -> Any:
    """Records of crossings as a table."""
    schema = contracts.lake()["records", "crossings"].arrow_schema
    return ibis.memtable(pa.Table.from_pylist(rows, schema))


class Linked:
    """Everything that linkage says of these records."""

    def __init__(
        self,
        con: Any,
        crossings: list[Row] | None = None,
        placements: list[Row] | None = None,
        lists: list[Row] | None = None,
    ) -> None:
        """Run the deterministic pass on an engine."""
        self.con = con
        self.records = records(crossings or [])
        self.keyed = con.create_table(
            "keyed", link.traveller_keys(standardise.traveller_tuples(self.records)), overwrite=True
        )
        both = (
            ibis.memtable(pa.Table.from_pylist(placements or [], PLACED)),
            ibis.memtable(pa.Table.from_pylist(lists or [], LISTED)),
        )
        self.identities = con.create_table(
            "identities", link.identities(self.keyed, *both), overwrite=True
        )
        self.links = con.create_table(
            "links", link.links(self.identities, link.declared().rules), overwrite=True
        )
        con.create_table("nodes", clusters.nodes(self.links), overwrite=True)
        con.create_table("edges", clusters.edges(self.links), overwrite=True)
        connected = con.table(clusters.connected(con.con, "nodes", "edges"))
        members = connected.select("cluster_id", record_key="unique_id")
        self.person_records = con.create_table(
            "person_records",
            link.person_records(
                self.identities,
                members,
                self.links,
                link.claims(self._renumbered(), self.identities),
                lambda key: key,
            ),
            overwrite=True,
        )

    def _renumbered(self) -> Any:
        is_current = self.records.superseded_by.isnull()
        return standardise.renumbered(
            self.records.filter(~is_current), self.records.filter(is_current)
        )

    def rows(self, table: Any) -> list[Row]:
        """Rows of an expression."""
        return list(self.con.to_pyarrow(table).to_pylist())

    @property
    def persons(self) -> dict[str, str]:
        """record_key -> person."""
        return {row["record_key"]: row["person_id"] for row in self.rows(self.person_records)}

    @property
    def rules(self) -> dict[str, str]:
        """record_key -> rule of its strongest link."""
        return {row["record_key"]: row["link_rule"] for row in self.rows(self.person_records)}

    def travellers(self) -> dict[str, str]:
        """crossing_id -> person."""
        number = standardise.document_number(self.records.document_number)
        current = self.records.filter(self.records.superseded_by.isnull())
        crossings = current.mutate(document_number=number).select("crossing_id", "document_number")
        others = link.crossings_of(self.records, link.otherwise_keyed(self.keyed))
        keyed = link.crossings_keyed(crossings, others)
        found = self.rows(link.crossings_with_person(keyed, self.person_records))
        assert len(found) == len({row["crossing_id"] for row in found})
        return {row["crossing_id"]: row["person_id"] for row in found}
