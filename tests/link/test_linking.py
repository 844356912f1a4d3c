"""Linkage from papers to persons, with the weights as shipped: a village, and who is who in it.

Sixty bystanders make the names of the village common or rare; the cases stand among them.
"""

import random
from datetime import date
from functools import cached_property
from typing import Any

import pytest

from pipelines import contracts, link
from pipelines.link import linking
from tests.link import worlds
from tests.link.verdicts import identity, judged
from tests.link.worlds import Row, came, left, paper

HERE, THERE = "52.03", "35.78"
FIRST = ("MUHAMMAD", "SITI", "BUDI", "AGUS", "SRI", "NUR", "AHMAD", "DEWI", "JOKO", "RINI")
LAST = ("SANTOSO", "WIJAYA", "HIDAYAT", "SUSANTI", "HARTONO", "KURNIAWAN")


def bystanders() -> list[Row]:
    """Passports of sixty people, no two of one name or birth date."""
    return [
        paper(
            f"D:B{i}{j}", "document", name=f"{first} {last}", sex="LP"[i % 2],
            birth_date=date(1960 + 3 * i + j, 1 + (i + j) % 12, 1 + (7 * i + 11 * j) % 28),
            first_event_at=worlds.at(i - j),
        )
        for i, first in enumerate(FIRST)
        for j, last in enumerate(LAST)
    ]  # fmt: skip


def person(name: str, born: date, sex: str) -> Row:
    return {"name": name, "birth_date": born, "sex": sex}


LISTED = person("RAHMAWATI LESTARI", date(1990, 5, 17), "P")
NAMESAKE = person("RAHMAWATI LESTARI", date(1975, 2, 3), "P")
HOME = person("JUNAEDI PRATAMA", date(1988, 8, 21), "L")
RENEWED = person("YULIANA SARTIKA", date(1993, 11, 9), "P")
PLACED = person("ZAENAL ABIDIN", date(1991, 4, 30), "L")
BARE = person("MARKUS TANAMAL", date(1984, 7, 7), "L")
HASAN, HUSEN = (person(f"{name} BASRI", date(1995, 3, 3), "L") for name in ("HASAN", "HUSEN"))
TIED = person("SAMUEL WENDA", date(1987, 12, 1), "L")
NUMBERED = person("OKTAVIA GINTING", date(1992, 10, 12), "P")
STRANGER = person("WULAN PERMATA", date(1996, 6, 24), "P")
NIK = "5203013004910001"  # of PLACED
OTHER_NIK = "5203015210920001"  # of NUMBERED
HOMEWARD = {"event_on": worlds.on(200), "event_country": "MYS"}

CASES = [
    # A list that has only age and district, and the passport on which she left; a namesake.
    paper("L:1", "list", name="RAHMAWATI LESTARI", birth_year=1990, sex="P", **HOMEWARD),
    paper("D:LIST", "document", **LISTED),
    paper("D:NAMESAKE", "document", **NAMESAKE),
    # Home on a paper in lieu of the passport, whose name was cut.
    paper("D:SPLP", "splp", first_event_at=worlds.at(200), **(HOME | {"name": "JUNAEDI PRAT"})),
    paper("D:PASSPORT", "document", **HOME),
    # A passport renewed while abroad.
    paper("D:OLD", "document", first_event_at=worlds.at(1), **RENEWED),
    paper("D:NEW", "document", first_event_at=worlds.at(300), **RENEWED),
    # Placed by a NIK that the border did not write down.
    paper(
        "P:1", "placement", nik=NIK, event_on=worlds.on(0), event_country="MYS",
        **PLACED,
    ),
    paper("D:PLACED", "document", **(PLACED | {"name": "ZAINAL ABIDIN"})),
    # A crossing without a document, of somebody who crossed on one before.
    paper("W:1", "bare", **BARE),
    paper("D:BARE", "document", **BARE),
    # Twins, and a placement that may be of either.
    paper("D:HASAN", "document", **HASAN),
    paper("D:HUSEN", "document", **HUSEN),
    paper(
        "P:TWIN", "placement", event_on=worlds.on(0), event_country="MYS",
        **(HASAN | {"name": "H BASRI"}),
    ),
    # Two passports first used at one moment: the smaller key is the record.
    paper("D:TIED2", "document", **TIED),
    paper("D:TIED1", "document", **TIED),
    # One NIK on both papers, and somebody of whom nothing else is known.
    paper("P:2", "placement", nik=OTHER_NIK, event_on=worlds.on(0), **NUMBERED),
    paper("D:NUMBERED", "document", nik=OTHER_NIK, **NUMBERED),
    paper("P:3", "placement", event_on=worlds.on(0), **STRANGER),
]  # fmt: skip
PLACES = [
    *((key, HERE) for key in ("L:1", "D:LIST", "D:NAMESAKE", "D:SPLP", "D:PASSPORT", "D:OLD",
                              "D:NEW", "P:1", "D:PLACED", "W:1", "D:BARE", "P:TWIN", "D:HASAN",
                              "D:HUSEN", "D:TIED1", "D:TIED2")),
    ("P:3", THERE),
]  # fmt: skip
CROSSINGS = [
    left("D:LIST", -100), left("D:NAMESAKE", -300, "SGP"), came("D:NAMESAKE", -290, "SGP"),
    left("D:PASSPORT", -50), came("D:SPLP", 200),
    left("D:OLD", 1), came("D:NEW", 300),
    left("D:PLACED", 20),
    left("D:TIED1", 0), came("D:TIED2", 40),
    left("D:BARE", 5), came("D:BARE", 9),
    left("D:HASAN", 20), came("D:HASAN", 90), left("D:HUSEN", 20), came("D:HUSEN", 90),
]  # fmt: skip


class Village:
    """What linkage says of the village."""

    def __init__(
        self, con: Any, judgements: list[Row] | None = None, seed: int | None = None
    ) -> None:
        """With these judgements; with a seed, all tables in another order."""

        def order(rows: list[Any]) -> list[Any]:
            return rows if seed is None else random.Random(seed).sample(rows, len(rows))  # noqa: S311

        self.con, held = con, worlds.hold(con)
        papers, crossings = order([*bystanders(), *CASES]), order(CROSSINGS)
        known = worlds.known(con, papers, order(PLACES), crossings)
        run = link.Linking(con.con, held, known, link.declared(), link.weights())
        table = held(identity("judgements", order(judgements or [])))
        self.found = run.run(table, held(worlds.table(crossings, worlds.CROSSING)))

    @cached_property
    def links(self) -> dict[tuple[str, str], str]:
        """(record_key, anchor_key) -> rule."""
        found = worlds.rows(self.con, self.found.links)
        return {(row["record_key"], row["anchor_key"]): row["rule"] for row in found}

    @cached_property
    def persons(self) -> set[frozenset[str]]:
        """Who is one, of those that a link touches."""
        by_cluster: dict[str, set[str]] = {}
        for row in worlds.rows(self.con, self.found.members):
            by_cluster.setdefault(row["cluster_id"], set()).add(row["record_key"])
        return {frozenset(keys) for keys in by_cluster.values()}

    @cached_property
    def candidates(self) -> dict[tuple[str, str], Row]:
        """Scored pairs by key."""
        found = worlds.rows(self.con, self.found.candidates)
        told = {(row["record_key"], row["anchor_key"]): row for row in found}
        assert len(told) == len(found)
        return told

    def everything(self) -> tuple[Any, ...]:
        """All that can be compared."""
        scored = {
            pair: (row["kind"], row["evidence"], row["decision"], round(row["match_weight"], 9),
                   round(row["link_probability"], 9))
            for pair, row in self.candidates.items()
        }  # fmt: skip
        return self.links, self.persons, scored


@pytest.fixture(scope="module")
def village(con: Any) -> Village:
    return Village(con)


LINKED = {
    ("L:1", "D:LIST"): "list",
    ("D:SPLP", "D:PASSPORT"): "return",
    ("D:OLD", "D:NEW"): "renewal",
    ("D:TIED1", "D:TIED2"): "renewal",
    ("P:1", "D:PLACED"): "placement",
    ("W:1", "D:BARE"): "crossing",
    ("P:2", "D:NUMBERED"): "same_nik",
}


def test_who_belongs_together_is_linked_and_nobody_else(village: Village) -> None:
    assert village.links == LINKED
    assert village.persons == {frozenset(pair) for pair in LINKED}


def test_links_and_candidates_have_the_columns_of_the_lake(village: Village) -> None:
    for name, table in (("links", village.found.links), ("candidates", village.found.candidates)):
        assert list(table.columns) == contracts.lake()["identity", name].names
    assert {r["source"] for r in worlds.rows(village.con, village.found.links)} == {
        "penempatan", "pemulangan", "perlintasan",
    }  # fmt: skip


def test_the_namesake_of_another_age_is_not_who_is_on_the_list(village: Village) -> None:
    other = village.candidates.get(("L:1", "D:NAMESAKE"))
    assert other is None or (other["decision"], other["link_probability"] < 0.05) == (
        "weaker", True,
    )  # fmt: skip


def test_of_twins_neither_is_linked_and_both_are_kept_for_review(village: Village) -> None:
    hasan, husen = (village.candidates["P:TWIN", f"D:{name}"] for name in ("HASAN", "HUSEN"))
    assert {hasan["decision"], husen["decision"]} == {"unsure", "weaker"}
    assert hasan["match_weight"] == husen["match_weight"]
    assert hasan["link_probability"] == husen["link_probability"] <= 0.5
    kept = worlds.rows(village.con, link.kept(village.found.candidates))
    assert {("P:TWIN", "D:HASAN"), ("P:TWIN", "D:HUSEN")} <= {
        (row["record_key"], row["anchor_key"]) for row in kept
    }


def test_evidence_says_which_level_of_each_comparison_was_met(village: Village) -> None:
    said = village.candidates["D:OLD", "D:NEW"]["evidence"].split(";")
    assert {"birth_date:same", "sex:same", "place:one", "other_words:none",
            "renewal:comes_home"} <= set(said)  # fmt: skip
    listed = village.candidates["L:1", "D:LIST"]["evidence"].split(";")
    assert {"age:fits", "return:was_there"} <= set(listed)
    assert not any(level.startswith(("birth_date", "nik", "exit", "renewal")) for level in listed)
    levels = {f"{c.name}:{v.name}" for c in link.declared().comparisons for v in c.all_levels()}
    assert {level for row in village.candidates.values() for level in row["evidence"].split(";")} <= levels  # fmt: skip # noqa: E501


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_all_tables_changes_nothing(con: Any, village: Village, seed: int) -> None:
    assert Village(con, seed=seed).everything() == village.everything()


def test_judgements_override_evidence_and_numbers(con: Any) -> None:
    judgements = [
        judged("P:TWIN", "D:HUSEN"), judged("P:3", "D:B00"), judged("D:NEW", "D:OLD", "different"),
        judged("P:2", "D:NUMBERED", "different"), judged("P:1", "D:ELSEWHERE"),
    ]  # fmt: skip
    told = Village(con, judgements)
    gone = {("D:OLD", "D:NEW"), ("P:2", "D:NUMBERED")}
    same = {("P:TWIN", "D:HUSEN"): "judged_same", ("P:3", "D:B00"): "judged_same"}
    expected = {pair: rule for pair, rule in LINKED.items() if pair not in gone} | same
    assert told.links == expected  # and an identity that is no more is nobody's
    assert told.persons == {frozenset(pair) for pair in expected}
    barred = told.candidates["D:OLD", "D:NEW"]
    assert (barred["decision"], barred["link_probability"]) == ("judged_different", 0.0)


@pytest.mark.parametrize(
    ("probability", "decision", "is_kept"),
    [(0.001, "weaker", True), (0.0009, "weaker", False), (0.0009, "unsure", False),
     (0.0009, "linked", True), (0.0, "judged_different", True)],
)  # fmt: skip
def test_what_is_kept_of_the_candidates(
    con: Any, probability: float, decision: str, is_kept: bool
) -> None:
    row = {"record_key": "P:1", "anchor_key": "D:1", "link_probability": probability,
           "decision": decision}  # fmt: skip
    found = worlds.rows(con, linking.kept(identity("candidates", [row])))
    assert bool(found) is is_kept
