"""The declared model and its weights: complete, in two languages, and one fits the other."""

import math
from pathlib import Path
from typing import Any

import ibis
import pytest
import yaml

from pipelines.link import evidence, matching, model, scores
from pipelines.link.model import Comparison, Level, WeightsError
from pipelines.settings import SCHEMAS
from tests.link import worlds
from tests.link.worlds import paper

MODEL = model.declared()
SHIPPED = SCHEMAS / "linkage_weights.yaml"
LEVELS = [
    (comparison, level)
    for comparison in MODEL.comparisons
    for level in comparison.all_levels()
    if not level.is_null
]


def shipped() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(SHIPPED.read_text("utf-8"))
    return read


def home(path: Path, weights: Any) -> Path:
    """A home with weights of its own."""
    text = weights if isinstance(weights, str) else yaml.safe_dump(weights)
    (path / "linkage_weights.yaml").write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("comparison", "level"), LEVELS, ids=[f"{c.name}: {v.name}" for c, v in LEVELS]
)
def test_every_level_has_a_weight_and_says_it_in_two_languages(
    comparison: Comparison, level: Level
) -> None:
    probabilities = model.weights().of(comparison, level)
    assert 0 < probabilities.m < 1
    assert 0 < probabilities.u < 1
    for said in (level.en, level.id):
        assert said.strip() == said
        assert said.endswith(".")
        assert "{" not in said
    assert level.en != level.id


def test_every_entry_says_why() -> None:
    entries = [*MODEL.rules, *MODEL.kinds, *MODEL.blocking_rules, *MODEL.comparisons]
    assert [entry.name for entry in entries if not entry.why.strip().endswith(".")] == []


@pytest.mark.parametrize("part", ["rules", "kinds", "blocking_rules", "comparisons"])
def test_names_are_unique(part: str) -> None:
    names = [entry.name for entry in getattr(MODEL, part)]
    assert len(names) == len(set(names))


def test_every_kind_is_blocked_and_every_rule_is_for_a_kind() -> None:
    kinds = {kind for rule in MODEL.blocking_rules for kind in rule.kinds}
    assert kinds == {kind.name for kind in MODEL.kinds}
    assert all(rule.kinds and rule.parts for rule in MODEL.blocking_rules)


def test_the_last_level_of_every_comparison_is_all_else_and_nulls_come_first() -> None:
    for comparison in MODEL.comparisons:
        levels = comparison.all_levels()
        assert [level.sql for level in levels].index("ELSE") == len(levels) - 1
        nulls = [level.is_null for level in levels]
        assert nulls == sorted(nulls, reverse=True)
        assert len({level.name for level in levels}) == len(levels)


def test_probabilities_of_a_comparison_add_up() -> None:
    weights = model.weights()
    for comparison in MODEL.comparisons:
        levels = [level for level in comparison.all_levels() if not level.is_null]
        if comparison.name == "crowded_birthday":  # only their ratio counts
            continue
        known = [weights.of(comparison, level) for level in levels]
        assert sum(p.m for p in known) == pytest.approx(1, abs=0.03), comparison.name
        assert sum(p.u for p in known) == pytest.approx(1, abs=0.03), comparison.name


def test_a_crowded_birthday_proves_as_many_bits_less_as_its_level_says() -> None:
    [crowded] = (c for c in MODEL.comparisons if c.name == "crowded_birthday")
    lost = {v.name: math.log2(v.fixed.u / v.fixed.m) for v in crowded.levels if v.fixed}
    assert lost == {f"times_{2**bits}": pytest.approx(bits) for bits in range(8, 0, -1)}


def test_the_weights_know_no_level_that_is_not_declared() -> None:
    declared = {(c.name, v.name) for c, v in LEVELS if v.fixed is None}
    learned = {(name, level) for name, rest in shipped()["levels"].items() for level in rest}
    assert learned == declared


def test_bands_are_of_equal_width_and_the_highest_comes_first() -> None:
    [name] = [comparison for comparison in MODEL.comparisons if comparison.bands]
    assert name.bands is not None
    lows = [name.bands.low(band) for band in range(1, name.bands.count + 1)]
    assert lows == [band * name.bands.width for band in range(name.bands.count)]
    of_bands = [level.sql for level in name.all_levels()]
    assert of_bands[0] == "shared_bits_l IS NULL"
    assert of_bands[1] == f"shared_bits_l >= {lows[-1]}"
    assert of_bands[-2:] == ["shared_bits_l > 0", "ELSE"]


# Weights of a home


def test_a_home_with_weights_of_its_own_uses_them_and_another_those_shipped(
    tmp_path: Path,
) -> None:
    plain = model.weights()
    assert model.weights(tmp_path) == plain
    own = model.weights(home(tmp_path, shipped() | {"trained_on": "home"}))
    assert own.trained_on == "home"
    assert own.digest != plain.digest
    assert own.levels == plain.levels


def without(comparison: str, level: str) -> dict[str, Any]:
    weights = shipped()
    del weights["levels"][comparison][level]
    return weights


def without_comparison(comparison: str) -> dict[str, Any]:
    weights = shipped()
    del weights["levels"][comparison]
    return weights


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (shipped() | {"model_version": MODEL.version - 1}, "pulang linkage train"),
        (shipped() | {"model_version": MODEL.version + 1}, "pulang linkage train"),
        (without("birth_date", "swapped"), "birth_date: ['swapped']"),
        (without_comparison("sex"), "sex: ['different', 'same']"),
        (shipped() | {"more": 1}, "cannot be read"),
        ({k: v for k, v in shipped().items() if k != "seed"}, "cannot be read"),
        ("", "cannot be read"),
        ("just words", "cannot be read"),
    ],
    ids=["older", "newer", "a level is missing", "a comparison is missing", "an unknown entry",
         "an entry is missing", "an empty file", "no table"],
)  # fmt: skip
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, weights: Any, said: str) -> None:
    with pytest.raises(WeightsError) as error:
        model.weights(home(tmp_path, weights))
    assert said in str(error.value)
    assert "linkage_weights.yaml" in str(error.value)


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- x"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        model.weights(home(tmp_path, text))


@pytest.mark.parametrize("m", [0, 1, -0.1, 1.1])
def test_no_level_is_impossible_or_certain(tmp_path: Path, m: float) -> None:
    weights = shipped()
    weights["levels"]["sex"]["same"]["m"] = m
    with pytest.raises(WeightsError, match="cannot be read"):
        model.weights(home(tmp_path, weights))


# The levels as Splink reads them


def test_every_level_can_be_asked_of_two_papers(con: Any) -> None:
    """A level that names a column which is not there would fail here."""
    held = worlds.hold(con)
    known = worlds.known(con, [paper("P:1", "placement"), paper("D:1", "document")])
    pairs = ibis.memtable({"record_key": ["P:1"], "anchor_key": ["D:1"], "kind": ["placement"]})
    trips = worlds.trips(con, [], ["D:1"])
    told = evidence.compared(known, pairs, trips, worlds.words(con, known))
    compared = held(scores.numbered(told))
    for weights in (model.weights(), None):
        with scores.scored(con.con, held, compared, MODEL, weights) as made:
            assert len(worlds.rows(con, made)) == 1
            gammas = {column for column in made.columns if column.startswith("gamma_")}
        assert gammas == {f"gamma_{comparison.name}" for comparison in MODEL.comparisons}


def test_papers_without_anything_have_nothing_to_say(con: Any) -> None:
    papers = [paper("P:1", "placement"), paper("D:1", "document")]
    [row] = scored_alone(con, papers)
    assert row["evidence"] == "exit:none"


def scored_alone(con: Any, papers: list[dict[str, Any]], crossings: Any = ()) -> Any:
    """The one pair of a placement P:1 and a passport D:1, scored with the shipped weights."""
    held = worlds.hold(con)
    known = worlds.known(con, papers)
    pairs = ibis.memtable({"record_key": ["P:1"], "anchor_key": ["D:1"], "kind": ["placement"]})
    trips = worlds.trips(con, crossings, ["D:1"])
    told = evidence.compared(known, pairs, trips, worlds.words(con, known))
    compared = held(scores.numbered(told))
    return worlds.rows(con, matching.scored(con.con, held, compared, MODEL, model.weights()))


def test_the_weight_of_a_pair_is_the_sum_of_its_levels(con: Any) -> None:
    """In bits: log2 of m over u of every level that was met."""
    same = {"birth_date": worlds.BORN, "sex": "L", "name": "SITI"}
    papers = [paper("P:1", "placement", **same), paper("D:1", "document", **same)]
    papers.append(paper("D:2", "document", name="BUDI"))
    [row] = scored_alone(con, papers, [worlds.left("D:1", 9)])
    met = dict(said.split(":") for said in row["evidence"].split(";"))
    assert met == {
        "name": "band_1", "other_words": "none", "birth_date": "same", "sex": "same",
        "exit": "none",
    }  # fmt: skip
    weights = model.weights()
    bits = sum(
        math.log2(weights.of(c, v).m / weights.of(c, v).u)
        for c, v in LEVELS
        if met.get(c.name) == v.name
    )
    assert row["match_weight"] == pytest.approx(bits)
