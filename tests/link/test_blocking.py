"""Which papers are compared: each rule finds the pair it is for, and no pair that cannot be."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.link import blocking, declared
from pipelines.link.model import BlockingRule, Model
from tests.link import worlds
from tests.link.worlds import Row, came, paper

BORN = date(1990, 5, 17)
NIK = "5203011705900001"
HERE, THERE = "52.03", "35.78"

# Papers of one person, a pair of each kind: who is asked, and the partner on record.
LEFT = {"placement": "P:1", "list": "L:1", "list_paper": "L:1", "return": "D:S1", "crossing": "W:1",
        "renewal": "D:A1"}  # fmt: skip
RIGHT = dict.fromkeys(LEFT, "D:B1") | {"list_paper": "D:S2"}
KIND = {"P:1": "placement", "L:1": "list", "D:S1": "splp", "W:1": "bare", "D:A1": "document",
        "D:B1": "document", "D:S2": "splp", "D:X1": "document", "D:X2": "splp"}  # fmt: skip
WRONG = ("D:X1", "D:X2")
# Home from Malaysia on day 0, and the partner entered from there.
EVENT = {"event_on": worlds.on(0), "event_country": "MYS"}


class Case:
    """A rule: what is written on the left, on the right, and what is the last part gone wrong.

    `place` of a paper is told with its attributes, `entered` is the day of the entry and `until`
    that of the last event.
    """

    def __init__(self, mine: Row, theirs: Row, wrong: Row) -> None:
        """Attributes by name."""
        self.mine, self.theirs, self.wrong = mine, theirs, wrong


CASES = {
    "nik": Case(
        {"nik": NIK, "birth_date": BORN, "name": "BUDI"},
        {"nik": NIK, "birth_date": date(1975, 1, 2), "name": "AGUS"},
        {"nik": "5203011705900002"},
    ),
    "birth_date_and_word": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU"},
        {"birth_date": BORN, "name": "SITTI RAHAJU"},  # the old spelling of one word
        {"name": "AMINAH BINTI SALIM"},
    ),
    "birth_date_and_words": Case(
        {"birth_date": BORN, "name": "NUR HIDAYAT", "sex": "L", "place": HERE},
        {"birth_date": BORN, "name": "HIDAYAT NUR SALIM", "sex": "L", "place": THERE},
        {"sex": "P"},
    ),
    "birth_date_and_place": Case(
        {"birth_date": BORN, "name": "SUPARDI", "place": HERE, "sex": "L"},
        {"birth_date": BORN, "name": "SUPARDJ", "place": HERE, "sex": "L"},
        {"sex": "P"},
    ),
    "birth_date_and_place_in_turn": Case(
        {"birth_date": BORN, "name": "SUPARDI", "place": HERE, "sex": "L"},
        {"birth_date": BORN, "name": "SUPARDJ", "place": HERE, "sex": "L"},
        {"sex": "P"},
    ),
    "birth_date_word_and_place": Case(
        {"birth_date": BORN, "name": "SUPARDI", "place": HERE, "sex": "L"},
        {"birth_date": BORN, "name": "SUPARDI BIN JOKO", "place": HERE, "sex": "L"},
        {"place": THERE},
    ),
    "birth_month_word_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE},
        {"birth_date": date(1990, 5, 18), "name": "RAHAYU", "place": HERE},
        {"place": THERE},
    ),
    "birth_day_word_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE},
        {"birth_date": date(1990, 6, 17), "name": "RAHAYU", "place": HERE},
        {"place": THERE},
    ),
    "birthday_word_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE},
        {"birth_date": date(1980, 5, 17), "name": "RAHAYU", "place": HERE},
        {"place": THERE},
    ),
    "birth_month_words_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE, "sex": "P"},
        {"birth_date": date(1990, 5, 18), "name": "RAHAJU LESTARI SITI", "place": HERE, "sex": "P"},
        {"sex": "L"},
    ),
    "birth_day_words_and_place": Case(
        {"birth_date": BORN, "name": "SUPARDI", "place": HERE, "sex": "L"},
        {"birth_date": date(1990, 6, 17), "name": "SUPARDI SUPARDI", "place": HERE, "sex": "L"},
        {"sex": "P"},
    ),
    "birthday_words_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE, "sex": "P"},
        {"birth_date": date(1980, 5, 17), "name": "RAHAJU SITI", "place": HERE, "sex": "P"},
        {"sex": "L"},
    ),
    "birth_year_name_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE, "sex": "P"},
        {"birth_date": date(1990, 1, 1), "name": "RAHAJU SITI", "place": HERE, "sex": "P"},
        {"sex": "L"},
    ),
    "birth_swapped_and_word": Case(
        {"birth_date": date(1990, 5, 7), "name": "SITI RAHAYU"},
        {"birth_date": date(1990, 7, 5), "name": "RAHAYU"},
        {"name": "AMINAH"},
    ),
    "birth_month_and_words": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU LESTARI"},
        {"birth_date": date(1990, 5, 18), "name": "LESTARI RAHAYU"},
        {"name": "LESTARI AMINAH"},
    ),
    "birth_day_and_words": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU"},
        {"birth_date": date(1990, 6, 17), "name": "SITI RAHAYU LESTARI"},
        {"name": "SITI LESTARI"},
    ),
    "birthday_and_words": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU"},
        {"birth_date": date(1980, 5, 17), "name": "RAHAYU BINTI SITI"},
        {"name": "RAHAYU BINTI AMINAH"},
    ),
    "name_and_place": Case(
        {"birth_date": BORN, "name": "SITI RAHAYU", "place": HERE, "sex": "P"},
        {"birth_date": date(1971, 1, 1), "name": "RAHAYU BINTI SITI", "place": HERE, "sex": "P"},
        {"sex": "L"},
    ),
    "age_word_and_place": Case(
        {"birth_year": 1990, "name": "SITI RAHAYU", "place": HERE, "sex": "P"},
        {"birth_date": date(1991, 2, 3), "name": "RAHAYU", "place": HERE, "sex": "P"},
        {"sex": "L"},
    ),
    "age_and_words": Case(
        {"birth_year": 1990, "name": "SITI RAHAYU", "sex": "P"},
        {"birth_date": date(1989, 2, 3), "name": "RAHAYU LESTARI SITI", "sex": "P"},
        {"sex": "L"},
    ),
    "age_and_name": Case(
        {"birth_year": 1990, "name": "SUPARDI", "sex": "L"},
        {"birth_date": date(1990, 2, 3), "name": "SUPARDI SUPARDI", "sex": "L"},
        {"sex": "P"},
    ),
    "number_half_and_word": Case(
        {"name": "SITI RAHAYU", "document_number": "C1234567"},
        {"name": "RAHAYU", "document_number": "C1234597"},
        {"name": "AMINAH"},
    ),
    "arrival_age_and_word": Case(
        {"birth_year": 1990, "name": "SITI RAHAYU"} | EVENT,
        {"birth_date": BORN, "name": "RAHAYU", "entered": 1},
        {"name": "AMINAH"},
    ),
    "arrival_age_and_place": Case(
        {"birth_year": 1990, "name": "SUPARDI", "place": HERE, "sex": "L"} | EVENT,
        {"birth_date": BORN, "name": "ZUPARXI", "place": HERE, "sex": "L", "entered": -1},
        {"sex": "P"},
    ),
}
RULES = {rule.name: rule for rule in declared().blocking_rules}
# A rule is read for itself; what holds for all is told by three, for every kind.
SHORT = declared().model_copy(
    update={
        "blocking_rules": tuple(
            RULES[name] for name in ("nik", "birth_date_and_word", "birth_date_and_words")
        ),
    }
)


def only(rule: BlockingRule) -> Model:
    """The model with that blocking rule alone."""
    return declared().model_copy(update={"blocking_rules": (rule,)})


def written(key: str, attributes: Row, day: int) -> Row:
    """A paper that was first seen on that day."""
    given = {k: v for k, v in attributes.items() if k not in ("place", "entered", "until")}
    in_use = {
        "first_event_at": worlds.at(day),
        "last_event_at": worlds.at(attributes.get("until", day)),
    }
    return paper(key, KIND[key], **in_use, **given)


def known(con: Any, attributes: dict[str, Row]) -> blocking.Known:
    """Of these papers, in the order of their first event."""
    papers = [written(key, row, day) for day, (key, row) in enumerate(attributes.items())]
    places = [(key, row["place"]) for key, row in attributes.items() if "place" in row]
    entries = [came(key, row["entered"]) for key, row in attributes.items() if "entered" in row]
    return worlds.known(con, papers, places, entries)


def made(con: Any, attributes: dict[str, Row], model: Model) -> set[tuple[str, str, str]]:
    """(record_key, anchor_key, kind) of the pairs."""
    found = worlds.rows(con, blocking.pairs(known(con, attributes), model))
    pairs = {(row["record_key"], row["anchor_key"], row["kind"]) for row in found}
    assert len(pairs) == len(found)
    return pairs


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)


def test_every_part_is_part_of_a_rule() -> None:
    parts = {part for rule in RULES.values() for part in rule.parts}
    for side in blocking.PARTS.values():
        assert parts == set(side) | {"arrival", "sex"}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_its_pairs_and_not_without_its_last_part(con: Any, rule: str) -> None:
    """One pair of each of its kinds, and of no other."""
    case, papers = CASES[rule], dict.fromkeys(LEFT.values(), CASES[rule].mine)
    papers |= dict.fromkeys(RIGHT.values(), case.theirs)
    papers |= dict.fromkeys(WRONG, case.theirs | case.wrong)
    found = made(con, papers, only(RULES[rule]))
    mine = {pair for pair in found if pair[0] in LEFT.values() and pair[1] not in LEFT.values()}
    assert mine == {(LEFT[kind], RIGHT[kind], kind) for kind in RULES[rule].kinds}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES.values() if rule.undated])
def test_a_list_with_a_birth_date_is_not_asked_by_its_age(con: Any, rule: str) -> None:
    case = CASES[rule]
    dated = case.mine | {"birth_date": date(1990, 1, 1)}
    assert made(con, {"L:1": dated, "D:B1": case.theirs}, only(RULES[rule])) == set()


@pytest.mark.parametrize("rule", [rule.name for rule in RULES.values() if rule.in_turn])
@pytest.mark.parametrize(("until", "is_made"), [(0, True), (1, True), (2, False)])
def test_passports_in_turn_are_in_use_one_after_the_other(
    con: Any, rule: str, until: int, is_made: bool
) -> None:
    """The second is in use from day 1 on."""
    case = CASES[rule]
    papers = {"D:A1": case.mine | {"until": until}, "D:B1": case.theirs | {"until": 9}}
    assert bool(made(con, papers, only(RULES[rule]))) is is_made


@pytest.mark.parametrize(
    ("born", "is_made"),
    [(date(1988, 12, 31), False), (date(1989, 1, 1), True), (date(1991, 12, 31), True),
     (date(1992, 1, 1), False)],
)  # fmt: skip
def test_an_age_may_be_a_year_off(con: Any, born: date, is_made: bool) -> None:
    case = CASES["age_word_and_place"]
    papers = {"L:1": case.mine, "D:B1": case.theirs | {"birth_date": born}}
    assert bool(made(con, papers, only(RULES["age_word_and_place"]))) is is_made


@pytest.mark.parametrize(
    ("day", "is_made"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_an_arrival_may_be_a_day_off(con: Any, day: int, is_made: bool) -> None:
    case = CASES["arrival_age_and_word"]
    papers = {"L:1": case.mine, "D:B1": case.theirs | {"entered": day}}
    assert bool(made(con, papers, only(RULES["arrival_age_and_word"]))) is is_made
    elsewhere = papers | {"L:1": case.mine | {"event_country": "SGP"}}
    assert made(con, elsewhere, only(RULES["arrival_age_and_word"])) == set()


@pytest.mark.parametrize(
    ("mine", "theirs", "is_made"),
    [
        ("C1234567", "C1234597", True),
        ("C1234567", "A1234567", True),
        ("C1234567", "A1234597", False),
        ("C1234567", "4567C123", False),
        ("C12345", "C12399", True),
        ("C1234", "C1299", False),
        ("C1234567", None, False),
    ],
    ids=["a slip in the second half", "a slip in the first half", "a slip in each half",
         "the halves exchanged", "six characters", "five characters have no halves", "no number"],
)  # fmt: skip
def test_a_number_with_one_slip_has_one_half_that_is_right(
    con: Any, mine: str, theirs: str | None, is_made: bool
) -> None:
    papers = {"P:1": {"name": "SITI", "document_number": mine},
              "D:B1": {"name": "SITI", "document_number": theirs}}  # fmt: skip
    assert bool(made(con, papers, only(RULES["number_half_and_word"]))) is is_made


@pytest.mark.parametrize("sex", [None, "X"])
def test_a_sex_that_is_not_known_may_be_either(con: Any, sex: str | None) -> None:
    case = CASES["name_and_place"]
    papers = {
        "P:1": case.mine | {"sex": sex},
        "D:B1": case.theirs,
        "D:X1": case.theirs | case.wrong,
    }
    found = made(con, papers, only(RULES["name_and_place"]))
    assert {anchor for _, anchor, _ in found} == {"D:B1", "D:X1"}


def test_an_initial_is_no_word(con: Any) -> None:
    papers = {"P:1": {"birth_date": BORN, "name": "S R"}, "D:B1": {"birth_date": BORN, "name": "S"}}
    assert made(con, papers, only(RULES["birth_date_and_word"])) == set()


# Pairs that are never made

SAME = {"name": "SITI RAHAYU", "birth_date": BORN, "sex": "P", "place": HERE}


@pytest.mark.parametrize(
    ("mine", "theirs", "is_made"),
    [
        ("5203015705900001", "5203015705900001", True),
        ("5203015705900001", "5203015705900002", False),
        ("5203015705900001", "5203015805900002", True),
        ("5203015705900001", None, True),
        (None, None, True),
    ],
    ids=["the same", "two valid ones", "the other says another birth date", "one is missing",
         "none"],
)  # fmt: skip
def test_two_different_valid_niks_are_two_people(
    con: Any, mine: str | None, theirs: str | None, is_made: bool
) -> None:
    papers = dict.fromkeys(LEFT.values(), SAME | {"nik": mine})
    papers |= dict.fromkeys(RIGHT.values(), SAME | {"nik": theirs})
    across = {(LEFT[kind], RIGHT[kind], kind) for kind in LEFT}
    assert made(con, papers, SHORT) & across == (across if is_made else set())


def test_a_passport_is_not_paired_with_itself_and_the_earlier_one_is_the_record(con: Any) -> None:
    assert made(con, {"D:A1": SAME}, SHORT) == set()
    assert made(con, {"D:A1": SAME, "D:B1": SAME}, SHORT) == {("D:A1", "D:B1", "renewal")}
    assert made(con, {"D:B1": SAME, "D:A1": SAME}, SHORT) == {("D:B1", "D:A1", "renewal")}


def test_of_two_passports_first_used_at_one_moment_the_smaller_key_is_the_record(con: Any) -> None:
    papers = [paper(key, "document", name="SITI RAHAYU", birth_date=BORN, sex="P")
              for key in ("D:B1", "D:A1")]  # fmt: skip
    found = worlds.rows(con, blocking.pairs(worlds.known(con, papers), SHORT))
    assert [(row["record_key"], row["anchor_key"]) for row in found] == [("D:A1", "D:B1")]


ALL = dict.fromkeys(("P:1", "L:1", "D:S1", "W:1", "D:A1", "D:B1"), SAME)
WHOLE = {
    ("P:1", "D:A1", "placement"), ("P:1", "D:B1", "placement"),
    ("L:1", "D:A1", "list"), ("L:1", "D:B1", "list"), ("L:1", "D:S1", "list_paper"),
    ("D:S1", "D:A1", "return"), ("D:S1", "D:B1", "return"),
    ("W:1", "D:A1", "crossing"), ("W:1", "D:B1", "crossing"), ("D:A1", "D:B1", "renewal"),
}  # fmt: skip
ONE: dict[str, tuple[list[str], set[tuple[str, str, str]]]] = {
    "nobody": ([], set()),
    "two passports: what they are to each other does not depend on it": (["D:A1", "D:B1"], set()),
    "a placement and a passport": (["P:1", "D:A1"], {p for p in WHOLE if p[0] == "P:1"}),
    "a list and a placement": (["L:1", "P:1"], set()),
    "a list and a paper in lieu": (["L:1", "D:S1"], {("L:1", "D:S1", "list_paper")}),
    "a list and a passport, on which nobody need have come home": (
        ["L:1", "D:A1"],
        {p for p in WHOLE if p[0] == "L:1" and p[2] == "list"},
    ),
    "a paper in lieu and a passport": (["D:S1", "D:A1"], {p for p in WHOLE if p[0] == "D:S1"}),
    "a bare crossing and a passport": (["W:1", "D:B1"], {p for p in WHOLE if p[0] == "W:1"}),
}


@pytest.mark.parametrize("case", ONE)
def test_who_has_a_partner_already_does_not_ask_for_another(con: Any, case: str) -> None:
    """Nor for one of the same sort."""
    members, gone = ONE[case]
    has = {kind: any(KIND[m] == kind for m in members) for kind in ("document", "splp")}
    clusters = [
        {"record_key": member, "cluster_id": "one", "has_document": has["document"],
         "has_paper": has["splp"]}
        for member in members
    ]  # fmt: skip
    told = replace(known(con, ALL), clusters=worlds.table(clusters, worlds.CLUSTER))
    found = worlds.rows(con, blocking.pairs(told, SHORT))
    assert {(r["record_key"], r["anchor_key"], r["kind"]) for r in found} == WHOLE - gone
