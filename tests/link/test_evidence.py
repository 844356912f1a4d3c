"""What two papers share: words of their names by how rare they are, places, border crossings."""

import math
import random
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines.link import evidence
from tests.link import worlds
from tests.link.worlds import Row, came, left, paper

# Names

# How many of 1024 travellers bear a word, so that it counts whole bits; any other word is borne by
# one of them (10 bits).
TRAVELLERS = 1024
BEARERS = {
    "MUHAMMAD": 256, "SITI": 128, "NUR": 128, "BUDI": 64, "SANTOSO": 64, "WAYAN": 64, "ALI": 64,
    "RAHAYU": 32, "AMINAH": 16, "HAYATI": 16, "SUHARTO": 8,
}  # fmt: skip

# name, name, bits they share, how many of the two have words of their own, why
NAMES: list[tuple[str, str, float, int, str]] = [
    ("SITI RAHAYU", "SITI RAHAYU", 3 + 5, 0, "the same name"),
    ("SITI RAHAYU", "RAHAYU SITI", 3 + 5, 0, "reversed"),
    ("SITI RAHAYU", "BUDI SANTOSO", 0, 2, "somebody else"),
    ("BUDI SANTOSO", "BUDI SANTOSO BIN ALI", 4 + 4, 1, "a father's name is added"),
    ("BUDI SANTOSO", "BUDI SANTOSO ALI", 4 + 4, 1, "the father's name without BIN"),
    ("BUDI BIN ALI", "BUDI ALI", 4 + 4, 0, "BIN is left out"),
    ("BUDI BIN ALI", "BUDI BIN SUHARTO", 4, 2, "another father"),
    ("SITI RAHAYU", "SITI", 3, 1, "the last word is gone"),
    ("SITI RAHAYU", "SITI RAH", 3 + 5 - 3, 0, "the last word is cut after three letters"),
    ("SITI RAHAYU", "SITI RA", 3, 2, "two letters are no beginning of a word"),
    ("SITI RAHAYU", "SITI R", 3 + 2, 0, "an initial"),
    ("SITI RAHAYU", "SITI S", 3, 1, "an initial that SITI may stand for as well"),
    ("SITI RAHAYU", "SITI B", 3, 2, "the initial of another name"),
    ("SITI RAHAYU", "S RAHAYU", 5 + 2, 0, "the first name as an initial"),
    ("SITI RAHAYU", "SITI RAHAYY", 3 + 5 - 3, 0, "a letter mistyped"),
    ("SITI RAHAYU", "SITI RAHYU", 3 + 5 - 3, 0, "a letter left out"),
    ("SITI RAHAYU", "SITI RAAHYU", 3 + 5 - 3, 0, "two letters exchanged"),
    ("SITI RAHAYU", "SITI RAGAXU", 3, 2, "two letters mistyped in a word of six"),
    ("SUHARTO", "SUGARGO", 7 - 5, 0, "two letters mistyped in a word of seven"),
    ("SUHARTO", "SUGARGI", 0, 2, "three letters mistyped"),
    ("DEWI", "DEMI", 10 - 3, 0, "a letter mistyped in a word of four"),
    ("ANI", "ANU", 0, 2, "a letter mistyped in a word of three"),
    ("MUHAMMAD RIZAL", "MOCH RIZAL", 2 - 0.5 + 10, 0, "MOCH stands for MUHAMMAD"),
    ("SITI RAHAYU", "ST RAHAYU", 3 - 0.5 + 5, 0, "ST stands for SITI"),
    ("SUHARTO", "SOEHARTO", 7 - 1, 0, "the old spelling"),
    ("NUR HAYATI", "NURHAYATI", 3 + 6, 0, "two words written as one"),
    ("NUR HAYATI", "NURAINI", 0.125, 1, "the beginning of one word only"),
    ("I WAYAN", "NI WAYAN", 2, 2, "order of birth, and another sex"),
    ("I WAYAN SUDIRA", "I WAYAN KERTA", 2 + 2, 2, "order of birth, another name"),
    ("I WAYAN SUDIRA", "WAYAN SUDIRA", 2 + 10, 1, "I is left out"),
    ("ANDI TENRI", "ANDI BASO", 2, 2, "a title, another name"),
    ("JONI SIMORANGKIR", "RINI SIMORANGKIR", 10, 2, "a rare clan"),
    ("MUHAMMAD FAUZI", "MUHAMMAD RIZAL", 2, 2, "MUHAMMAD alone"),
    ("SUPARDI", "SUPARDI SUPARDI", 10, 0, "a single name written twice"),
    ("SITI AMINAH", "SITI SITI AMINAH", 3 + 6, 0, "a repeated word counts once"),
    ("MUHAMMAD RIZAL", "MUHAMMAD MOCH RIZAL", 2 + 10, 0, "a word that is there in two forms"),
]  # fmt: skip


def words(con: Any, names: list[str]) -> Any:
    """The words of these names and what each proves, among the travellers of BEARERS."""
    borne = [word for word, bearers in BEARERS.items() for _ in range(bearers)]
    borne += ["LAIN"] * (TRAVELLERS - len(borne))
    papers = [paper(f"D:{n}", "document", name=name) for n, name in enumerate(borne)]
    papers += [paper(f"P:{n}", "placement", name=name) for n, name in enumerate(names)]
    return worlds.words(con, worlds.known(con, papers))


@pytest.fixture(scope="module")
def found(con: Any) -> dict[tuple[str, str], Row]:
    """What the names of each case share, either way round."""
    pairs = [(a, b) for a, b, *_ in NAMES] + [(b, a) for a, b, *_ in NAMES]
    pairs = sorted(set(pairs))
    beside = ibis.memtable(
        {
            "record_key": [f"P:{n}" for n in range(len(pairs))],
            "anchor_key": [f"D:{n}" for n in range(len(pairs))],
            "name_l": [a for a, _ in pairs],
            "name_r": [b for _, b in pairs],
        }
    )
    known = words(con, sorted({name for pair in pairs for name in pair}))
    told = worlds.rows(con, evidence.shared_words(beside, known))
    assert len(told) == len(pairs)
    return {pairs[int(row["record_key"][2:])]: row for row in told}


@pytest.mark.parametrize(
    ("one", "other", "bits", "left_over"), [case[:4] for case in NAMES], ids=[c[4] for c in NAMES]
)
def test_what_names_share(
    found: dict[tuple[str, str], Row], one: str, other: str, bits: float, left_over: int
) -> None:
    for pair in ((one, other), (other, one)):
        row = found[pair]
        assert (round(row["shared_bits"], 6), row["left_over"]) == (bits, left_over)


def test_a_word_counts_the_more_the_rarer_it_is(con: Any) -> None:
    told = worlds.rows(con, words(con, ["MOCH", "SOEHARTO", "SIMORANGKIR", "I WAYAN", "NI MADE"]))
    bits = {row["word"]: row["bits"] for row in told}
    for word, bearers in BEARERS.items():
        least = 2 if word == "WAYAN" else math.inf
        assert bits[word] == min(least, math.log2(TRAVELLERS / bearers))
    assert bits["MOCH"] == bits["MUHAMMAD"]  # forms of one word are counted together
    assert bits["SOEHARTO"] == bits["SUHARTO"]
    assert bits["SIMORANGKIR"] == 10
    assert {bits[word] for word in ("I", "NI", "MADE", "WAYAN")} == {2}  # they follow from birth


def test_who_has_no_name_shares_none_and_nothing_is_said(con: Any) -> None:
    beside = ibis.memtable(
        pa.table(
            {"record_key": ["P:1", "P:2"], "anchor_key": ["D:1", "D:2"],
             "name_l": pa.array(["SITI", None]), "name_r": pa.array([None, None], pa.string())}
        )
    )  # fmt: skip
    assert worlds.rows(con, evidence.shared_words(beside, words(con, ["SITI"]))) == []


# Places


@pytest.mark.parametrize(
    ("mine", "theirs", "places", "provinces"),
    [
        (["52.03"], ["52.03"], 1, 1),
        (["52.03"], ["52.02"], 0, 1),
        (["52.03"], ["35.78"], 0, 0),
        (["52.03", "35.78"], ["52.03", "35.78"], 2, 2),
        (["52.03", "35.78"], ["35.78"], 1, 1),
        (["52.03"], [], None, None),
        ([], ["52.03"], None, None),
    ],
    ids=["one regency", "the province only", "none", "two regencies", "one of two",
         "the other names none", "this one names none"],
)  # fmt: skip
def test_places_that_a_pair_shares(
    con: Any, mine: list[str], theirs: list[str], places: int | None, provinces: int | None
) -> None:
    codes = pa.list_(pa.string())
    schema = pa.schema(
        [("record_key", pa.string()), ("anchor_key", pa.string()), ("places_l", codes),
         ("places_r", codes)]
    )  # fmt: skip
    pair = {"record_key": "P:1", "anchor_key": "D:1", "places_l": mine, "places_r": theirs}
    found = worlds.rows(con, evidence.shared_places(worlds.table([pair], schema)))
    expected = [] if places is None else [(places, provinces)]
    assert [(row["shared_places"], row["shared_provinces"]) for row in found] == expected


# Birthdays. In a nation of 36,525 a day has 100 bearers, and 10 more that every count begins with.


@pytest.mark.parametrize(
    ("bearers", "bits"),
    [(50, None), (100, None), (209, None), (210, 1), (429, 1), (430, 2), (3_510, 5)],
    ids=["few", "as many as any", "not quite twice", "twice", "not quite four times", "four times",
         "a tenth of all"],
)  # fmt: skip
def test_a_birthday_proves_a_bit_less_with_twice_as_many_bearers(
    con: Any, bearers: int, bits: int | None
) -> None:
    counted = ibis.memtable(
        {"spelling": ["--", "--01-01", "SITI"], "bearers": [36_525, bearers, 9]}
    )
    told = worlds.rows(con, evidence.crowded(counted))
    assert told == ([] if bits is None else [{"spelling": "--01-01", "bits": bits}])


def test_where_few_are_known_no_birthday_is_crowded(con: Any) -> None:
    counted = ibis.memtable({"spelling": ["--", "--01-01"], "bearers": [9, 9]})
    assert worlds.rows(con, evidence.crowded(counted)) == []


def test_birthdays_are_counted_on_travel_documents(con: Any) -> None:
    papers = [
        paper("D:1", "document", name="SITI", birth_date=date(1980, 1, 1)),
        paper("D:2", "document", name="SITI AMINAH", birth_date=date(1991, 1, 1)),
        paper("D:3", "document", birth_date=date(1991, 7, 23)),
        paper("D:4", "document", name="AMINAH"),
        paper("P:1", "placement", name="SITI", birth_date=date(1980, 1, 1)),
    ]
    known = worlds.known(con, papers)
    counted = {row["spelling"]: row["bearers"] for row in worlds.rows(con, known.bearers)}
    assert counted == {"": 3, "SITI": 2, "AMINA": 2, "--": 3, "--01-01": 2, "--07-23": 1}


@pytest.mark.parametrize(
    ("mine", "theirs", "bits"),
    [
        (date(1980, 1, 1), date(1980, 1, 1), 5),
        (date(1980, 1, 1), date(1981, 1, 1), 5),
        (date(1980, 1, 1), date(1980, 7, 23), 5),
        (date(1980, 7, 23), date(1980, 1, 1), 5),
        (date(1980, 1, 1), date(1981, 7, 23), None),
        (date(1980, 1, 1), date(1980, 12, 31), 5),
        (date(1980, 12, 31), date(1980, 12, 31), 2),
        (date(1980, 12, 31), date(1980, 7, 23), None),
        (date(1980, 7, 23), date(1980, 7, 23), None),
        (date(1980, 1, 1), None, None),
        (None, None, None),
    ],
    ids=["the crowd's date", "its day in another year", "the new year of the other's year",
         "of mine", "of neither", "of the year of a lesser crowd's", "a lesser crowd's",
         "nobody's new year", "nobody else's", "one is missing", "both are"],
)  # fmt: skip
def test_what_a_birthday_that_a_pair_shares_proves_less(
    con: Any, mine: date | None, theirs: date | None, bits: int | None
) -> None:
    counted = ibis.memtable(
        {"spelling": ["--", "--01-01", "--12-31"], "bearers": [36_525, 3_510, 430]}
    )
    schema = pa.schema([(f"birth_date_{side}", pa.date32()) for side in ("l", "r")])
    pair = worlds.table([{"birth_date_l": mine, "birth_date_r": theirs}], schema)
    [row] = worlds.rows(con, evidence.crowding(pair, counted))
    assert row["crowded_bits"] == bits


# Border crossings. The process, or the return, is on day 0 and concerns Malaysia.

# crossings of the document, what happened
PLACED: dict[str, tuple[list[Row], str | None]] = {
    "no crossing": ([], None),
    "left six days before": ([left("D:1", -6)], "none"),
    "left five days before": ([left("D:1", -5)], "in_time"),
    "left the day before": ([left("D:1", -1)], "in_time"),
    "left on the day": ([left("D:1", 0)], "to_destination"),
    "left on the day, elsewhere": ([left("D:1", 0, "SGP")], "in_time"),
    "left after eleven weeks": ([left("D:1", 77)], "to_destination"),
    "left after eleven weeks and a day": ([left("D:1", 78)], "in_time"),
    "left after eleven weeks, elsewhere": ([left("D:1", 77, "SGP")], "in_time"),
    "left after 120 days": ([left("D:1", 120)], "in_time"),
    "left after 120 days, elsewhere": ([left("D:1", 120, "SGP")], "in_time"),
    "left after 121 days": ([left("D:1", 121)], "later"),
    "left after 121 days, elsewhere": ([left("D:1", 121, "SGP")], "none"),
    "came home in time": ([came("D:1", 7)], "none"),
    "the best of several exits counts": (
        [left("D:1", 3, "SGP"), came("D:1", 5, "SGP"), left("D:1", 9), left("D:1", 200)],
        "to_destination",
    ),
}
LISTED: dict[str, tuple[list[Row], str | None]] = {
    "no crossing": ([], None),
    "came two days before": ([came("D:1", -2)], "none"),
    "came the day before": ([came("D:1", -1)], "entry_on_the_day"),
    "came on the day": ([came("D:1", 0)], "entry_on_the_day"),
    "came the day after": ([came("D:1", 1)], "entry_on_the_day"),
    "came two days after": ([came("D:1", 2)], "used_later"),
    "came on the day, from elsewhere": ([came("D:1", 0, "SGP")], "none"),
    "left for there": ([left("D:1", -300)], "was_there"),
    "left for elsewhere": ([left("D:1", -300, "SGP")], "was_abroad"),
    "left for there on the day": ([left("D:1", 0)], "was_there"),
    "left the day after": ([left("D:1", 1)], "none"),
    "left two days after": ([left("D:1", 2)], "used_later"),
    "came back the day before, from elsewhere": (
        [left("D:1", -300), came("D:1", -1, "SGP")],
        "was_there",
    ),
    "came back two days before": ([left("D:1", -300), came("D:1", -2)], "none"),
    "came back before and left again after": (
        [left("D:1", -300), came("D:1", -100), left("D:1", 50)],
        "used_later",
    ),
    "was there and came on the day": ([left("D:1", -300), came("D:1", 0)], "entry_on_the_day"),
}
# A paper in lieu is the way home of which a list speaks.
IN_LIEU: dict[str, tuple[list[Row], str | None]] = {
    "came two days before": ([came("D:1", -2)], "none"),
    "came the day before": ([came("D:1", -1)], "entry_on_the_day"),
    "came the day after": ([came("D:1", 1)], "entry_on_the_day"),
    "came two days after": ([came("D:1", 2)], "used_later"),
    "came on the day, from elsewhere": ([came("D:1", 0, "SGP")], "entry_from_elsewhere"),
}
# The return is the entry on the paper in lieu; the passport cannot have entered with it.
RETURNED: dict[str, tuple[list[Row], str | None]] = {
    "no crossing": ([], None),
    "left for there": ([left("D:1", -300)], "was_there"),
    "left for elsewhere": ([left("D:1", -300, "SGP")], "was_abroad"),
    "came on the day": ([came("D:1", 0)], "none"),
    "came back before": ([left("D:1", -300), came("D:1", -2)], "none"),
    "used later": ([left("D:1", 2)], "used_later"),
}
EVENTS = [
    (kind, case, *told)
    for kind, cases in (
        ("placement", PLACED),
        ("list", LISTED),
        ("list_paper", IN_LIEU),
        ("splp", RETURNED),
    )
    for case, told in cases.items()
]


@pytest.mark.parametrize(
    ("kind", "crossings", "event"),
    [(kind, crossings, event) for kind, _, crossings, event in EVENTS],
    ids=[f"{kind}: {case}" for kind, case, *_ in EVENTS],
)
def test_what_happened_at_the_border(
    con: Any, kind: str, crossings: list[Row], event: str | None
) -> None:
    pair = {"record_key": ["A"], "anchor_key": ["D:1"], "kind": [kind],
            "event_on": [worlds.on(0)], "event_country": ["MYS"]}  # fmt: skip
    trips = worlds.trips(con, crossings, ["D:1"])
    found = worlds.rows(con, evidence.events(ibis.memtable(pair), trips))
    assert [row["event"] for row in found] == ([] if event is None else [event])


def test_every_event_has_a_case() -> None:
    met = {event for *_, event in EVENTS if event}
    assert met == set(evidence.EVENTS)


def test_without_a_day_nothing_happened_and_without_a_country_nobody_was_there(con: Any) -> None:
    pairs = {
        "record_key": pa.array(["A", "B"]), "anchor_key": pa.array(["D:1", "D:1"]),
        "kind": pa.array(["list", "list"]), "event_on": pa.array([None, worlds.on(0)], pa.date32()),
        "event_country": pa.array(["MYS", None], pa.string()),
    }  # fmt: skip
    trips = worlds.trips(con, [left("D:1", -9)], ["D:1"])
    found = worlds.rows(con, evidence.events(ibis.memtable(pa.table(pairs)), trips))
    assert [(row["record_key"], row["event"]) for row in found] == [("B", "was_abroad")]


RENEWALS: dict[str, tuple[list[Row], list[Row], str | None]] = {
    "out on the one and home on the other": (
        [left("D:1", 0)],
        [came("D:2", 90), left("D:2", 200)],
        "comes_home",
    ),
    "out on the one and home on the other, from another country": (
        [left("D:1", 0)],
        [came("D:2", 90, "SGP")],
        "comes_home_otherwise",
    ),
    "home on the other a day before the one left": (
        [left("D:1", 0), came("D:1", 30), left("D:1", 91)],
        [came("D:2", 90)],
        "overlaps",
    ),
    "two in use, out on the one and home on the other": (
        [left("D:1", 0), left("D:1", 50), came("D:1", 60)],
        [came("D:2", 50), left("D:2", 90)],
        "comes_home",
    ),
    "two in use, home on the other after the one left again": (
        [left("D:1", 0), left("D:1", 50), came("D:1", 60)],
        [came("D:2", 51), left("D:2", 90)],
        "overlaps",
    ),
    "home and out again on the other, within a journey of the one": (
        [left("D:1", 0), came("D:1", 60)],
        [came("D:2", 20), left("D:2", 50)],
        "comes_home",
    ),
    "home and out again on the other, from another country": (
        [left("D:1", 0), came("D:1", 60)],
        [came("D:2", 20, "SGP"), left("D:2", 50)],
        "comes_home_otherwise",
    ),
    "out again on the other on the last day of the journey": (
        [left("D:1", 0), came("D:1", 60)],
        [came("D:2", 20), left("D:2", 60)],
        "comes_home",
    ),
    "out again on the other a day after the end of the journey": (
        [left("D:1", 0), came("D:1", 60)],
        [came("D:2", 20), left("D:2", 61)],
        "overlaps",
    ),
    "out on the second and home on the first": (
        [came("D:1", 0), came("D:1", 60)],
        [left("D:2", 30), left("D:2", 70)],
        "comes_home",
    ),
    "two in use, each for trips of its own": (
        [left("D:1", 0), came("D:1", 10), left("D:1", 50), came("D:1", 60)],
        [left("D:2", 20), came("D:2", 30)],
        "overlaps",
    ),
    "home on the one and out on the other": (
        [left("D:1", 0), came("D:1", 30)],
        [left("D:2", 90)],
        "continues",
    ),
    "out on both": ([left("D:1", 0)], [left("D:2", 90)], "breaks"),
    "home on both": ([came("D:1", 0)], [came("D:2", 90)], "breaks"),
    "the second begins on the last day of the first": (
        [left("D:1", 0), came("D:1", 30)],
        [left("D:2", 30)],
        "continues",
    ),
    "the second begins a day before the end of the first": (
        [left("D:1", 0), came("D:1", 30)],
        [left("D:2", 29)],
        "overlaps",
    ),
    "the second was never used": ([left("D:1", 0)], [], None),
}


def renewal(con: Any, crossings: list[Row]) -> list[str]:
    """How D:2 follows D:1."""
    beside = ibis.memtable({"record_key": ["D:1"], "anchor_key": ["D:2"], "kind": ["renewal"]})
    trips = worlds.trips(con, crossings, ["D:1", "D:2"])
    return [row["event"] for row in worlds.rows(con, evidence.renewals(beside, trips))]


@pytest.mark.parametrize("case", RENEWALS)
def test_how_a_passport_follows_another(con: Any, case: str) -> None:
    first, second, event = RENEWALS[case]
    assert renewal(con, first + second) == ([] if event is None else [event])


def test_a_day_trip_is_told_by_the_hour_and_not_by_the_order_of_the_rows(con: Any) -> None:
    out, home = left("D:2", 90), came("D:2", 90) | {"crossed_at": worlds.at(90, 17)}
    told = [renewal(con, [came("D:1", 0), *order]) for order in ([out, home], [home, out])]
    assert told == [["continues"], ["continues"]]


def test_trips_in_order_of_time_with_the_next_crossing_beside(con: Any) -> None:
    day_trip = [left("D:1", 5), came("D:1", 5) | {"crossed_at": worlds.at(5, 17)}]
    crossings = [*day_trip, left("D:1", 9), came("D:2", 1), came("D:3", 2)]
    random.Random(1).shuffle(crossings)  # noqa: S311
    found = worlds.rows(con, worlds.trips(con, crossings, ["D:1", "D:2"]))
    told = sorted((r["record_key"], r["crossed_on"], not r["is_exit"]) for r in found)
    assert told == [
        ("D:1", worlds.on(5), False), ("D:1", worlds.on(5), True), ("D:1", worlds.on(9), False),
        ("D:2", worlds.on(1), True),
    ]  # fmt: skip
    following = {
        (r["record_key"], r["crossed_on"], r["is_exit"]): (r["next_on"], r["is_next_entry"])
        for r in found
    }
    assert following == {
        ("D:1", worlds.on(5), True): (worlds.on(5), True),
        ("D:1", worlds.on(5), False): (worlds.on(9), False),
        ("D:1", worlds.on(9), True): (None, False),
        ("D:2", worlds.on(1), False): (None, False),
    }
