"""Training: weights from a nation's own records, the same ones for the same records."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import pytest

from pipelines import keys, link, night
from pipelines import papers as standard
from pipelines.lake import open_lake
from pipelines.link import training
from pipelines.link.model import Weights
from pipelines.policy import Policy
from pipelines.simulate import simulate
from tests import papers
from tests.link import worlds
from tests.link.worlds import Row, paper

SCALE, SEED = 0.003, 104
CHANCE_PAIRS = 60_000  # instead of a million
MODEL = link.declared()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[training.School]:
    """A tiny nation's records, taken in and linked by their numbers."""
    home = tmp_path_factory.mktemp("nation")
    now = papers.home(home)
    simulate(home, SCALE, SEED)
    secret = keys.load(now.home.keys, now.key, lake_exists=False)
    with open_lake(now, secret) as lake:
        policy = Policy.load(home)
        night.take_in(night.Night(lake, now, secret, policy, date(2026, 1, 15), 1, lambda _: None))
        with lake.scratchpad() as hold:
            records, defaults = night.records_of(lake), policy.default_birth_dates
            of_home = standard.standardised(records, defaults, hold, lake.scratchpad)
            certain = hold(link.links(of_home.identities, MODEL.rules))
            known = standard.known(of_home, hold)
            blind = link.without_numbers(known.identities)
            blind = replace(known, identities=hold(standard.with_keys(blind, hold)))
            yield link.School(lake.con, hold, known, blind, certain, of_home.crossings, MODEL)


def trained(school: training.School) -> Weights:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "CHANCE_PAIRS", CHANCE_PAIRS)
        return link.trained(school, "a tiny nation", lambda _: None)


@pytest.fixture(scope="module")
def weights(school: training.School) -> Weights:
    return trained(school)


def test_trained_twice_is_trained_once(school: training.School, weights: Weights) -> None:
    again = trained(school)
    assert again == weights
    assert again.digest == weights.digest


def test_the_order_of_the_records_changes_nothing(
    school: training.School, weights: Weights
) -> None:
    def shuffled(table: Any, key: str) -> Any:
        return school.hold(table.order_by((ibis.literal("other") + table[key]).hexdigest("md5")))

    def mixed(known: link.Known) -> link.Known:
        return replace(
            known,
            identities=shuffled(known.identities, "record_key"),
            bearers=shuffled(known.bearers, "spelling"),
            entries=shuffled(known.entries, "record_key"),
        )

    other = replace(
        school,
        known=mixed(school.known),
        blind=mixed(school.blind),
        links=shuffled(school.links, "record_key"),
        crossings=shuffled(school.crossings, "crossing_id"),
    )
    assert trained(other) == weights


def test_every_level_has_a_weight_also_one_that_was_never_seen(weights: Weights) -> None:
    for comparison in MODEL.comparisons:
        for level in comparison.all_levels():
            if not level.is_null:
                probabilities = weights.of(comparison, level)
                assert training.LEAST_M <= probabilities.m < 1
                assert 0 < probabilities.u < 1
    assert weights.model_version == MODEL.version
    assert (weights.trained_on, weights.seed) == ("a tiny nation", MODEL.seed)


def bits(weights: Weights, comparison: str, level: str) -> float:
    probabilities = weights.levels[comparison][level]
    return math.log2(probabilities.m / probabilities.u)


def test_more_that_names_share_does_not_count_for_much_less(weights: Weights) -> None:
    [name] = [comparison for comparison in MODEL.comparisons if comparison.bands]
    assert name.bands is not None
    levels = ["none", *(f"band_{band}" for band in range(1, name.bands.count + 1))]
    of_level = [bits(weights, name.name, level) for level in levels]
    falls = [
        (level, round(lower - higher, 2))
        for level, lower, higher in zip(levels[1:], of_level, of_level[1:], strict=False)
        if lower - higher > 2
    ]
    assert falls == []


@pytest.mark.parametrize(
    ("comparison", "better", "worse"),
    [
        ("birth_date", "same", "slip"),
        ("birth_date", "slip", "one_part_differs"),
        ("birth_date", "one_part_differs", "different"),
        ("age", "fits", "different"),
        ("other_words", "none", "one_side"),
        ("other_words", "longer", "one_side"),
        ("other_words", "one_side", "both_sides"),
        ("place", "one", "none"),
        ("exit", "to_destination", "none"),
        ("renewal", "comes_home", "continues"),
        ("renewal", "continues", "overlaps"),
    ],
)
def test_what_agrees_better_counts_more(
    weights: Weights, comparison: str, better: str, worse: str
) -> None:
    assert bits(weights, comparison, better) > bits(weights, comparison, worse)


def test_agreement_is_evidence_for_one_person_and_disagreement_against(weights: Weights) -> None:
    for_one = [("birth_date", "same"), ("age", "fits"), ("place", "one"), ("nik", "same")]
    against = [("birth_date", "different"), ("age", "different"), ("place", "none"),
               ("nik", "different"), ("sex", "different"), ("name", "none")]  # fmt: skip
    assert all(bits(weights, *level) > 1 for level in for_one)
    assert all(bits(weights, *level) < -1 for level in against)


def test_calibration_keeps_the_order(weights: Weights) -> None:
    assert weights.calibration["slope"] > 0


def test_training_leaves_the_records_as_they_were(school: training.School) -> None:
    before = school.known.identities.count().to_pyarrow().as_py()
    assert before == school.known.identities.record_key.nunique().to_pyarrow().as_py() > 1000


# Pairs that are known to be one person

IDENTITIES = [
    paper("P:1", "placement"), paper("L:1", "list"), paper("D:S1", "splp"), paper("W:1", "bare"),
    paper("D:OLD", "document", first_event_at=worlds.at(1)),
    paper("D:NEW", "document", first_event_at=worlds.at(2)),
]  # fmt: skip
KNOWN: list[tuple[str, str, tuple[str, str, str] | None]] = [
    ("P:1", "D:OLD", ("P:1", "D:OLD", "placement")),
    ("D:OLD", "P:1", ("P:1", "D:OLD", "placement")),
    ("L:1", "D:OLD", ("L:1", "D:OLD", "list")),
    ("L:1", "D:S1", ("L:1", "D:S1", "list_paper")),
    ("D:S1", "D:OLD", ("D:S1", "D:OLD", "return")),
    ("D:OLD", "D:S1", ("D:S1", "D:OLD", "return")),
    ("D:OLD", "D:NEW", ("D:OLD", "D:NEW", "renewal")),
    ("D:NEW", "D:OLD", ("D:OLD", "D:NEW", "renewal")),
    ("P:1", "L:1", None),
    ("W:1", "P:1", None),
]


@pytest.mark.parametrize(("record", "anchor", "pair"), KNOWN)
def test_a_link_by_number_teaches_the_kind_that_its_papers_are(
    con: Any, record: str, anchor: str, pair: tuple[str, str, str] | None
) -> None:
    def link_of(rows: list[Row]) -> Any:
        names = ("record_key", "anchor_key")
        return ibis.memtable({name: [row[name] for row in rows] for name in names})

    held = worlds.hold(con)
    twice = [{"record_key": record, "anchor_key": anchor}] * 2  # by passport and by NIK
    known = worlds.known(con, IDENTITIES)
    school = training.School(con.con, held, known, known, link_of(twice), None, MODEL)
    found = worlds.rows(con, training.known_pairs(school))
    told = [(row["record_key"], row["anchor_key"], row["kind"]) for row in found]
    assert told == ([] if pair is None else [pair])
