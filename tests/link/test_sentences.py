"""Sentences: what a link says of itself, in two languages and in bits, without naming anybody."""

import math

import pytest

from pipelines import contracts, link
from pipelines.link import sentences
from pipelines.link.judgements import SOURCES
from pipelines.link.model import Rule

MODEL, WEIGHTS = link.declared(), link.weights()
TOLD = [
    (comparison, level)
    for comparison in MODEL.comparisons
    for level in comparison.all_levels()
    if not level.is_null
]


@pytest.mark.parametrize(
    ("evidence", "words", "en"),
    [
        ("nik:same;birth_date:swapped", "NIK sama; tanggal lahir tertukar hari dan bulan.",
         "Same NIK; day and month of birth exchanged."),
        ("birth_date:swapped;nik:same", "Tanggal lahir tertukar hari dan bulan; NIK sama.",
         "Day and month of birth exchanged; same NIK."),
        ("nik:different;nik:different", "NIK berbeda; NIK berbeda.", "NIK differs; NIK differs."),
        ("sex:same", "Jenis kelamin sama.", "Same sex."),
        ("exit:later;exit:to_destination",
         "Keluar ke negara tujuan, kemudian; keluar ke negara tujuan dalam sebelas minggu setelah "
         "penempatan.",
         "An exit to the destination, later; an exit to the destination within eleven weeks of "
         "the placement."),
        ("name:none", "Nama tidak punya kesamaan.", "Names have nothing in common."),
        ("sex:missing;nik:same;name:exact;colour:red", "NIK sama.", "Same NIK."),
        ("sex:missing", "", ""),
        ("", "", ""),
        ("=1+1", "", ""),
        (";:;", "", ""),
    ],
)  # fmt: skip
def test_levels_become_one_sentence(evidence: str, words: str, en: str) -> None:
    assert sentences.of_evidence(evidence, MODEL) == (words, en)


def test_every_level_that_can_be_met_has_its_words() -> None:
    for comparison, level in TOLD:
        told = sentences.of_evidence(f"{comparison.name}:{level.name}", MODEL)
        for text in told:
            assert text.endswith("."), level
            assert not text.endswith(".."), level
            assert text[0].isupper(), level
        assert told.id != told.en


@pytest.mark.parametrize("rule", MODEL.rules, ids=lambda rule: str(rule.name))
def test_a_rule_gives_its_reason(rule: Rule) -> None:
    told = sentences.reason(rule.name, MODEL)
    assert told == (rule.reason_id, rule.reason_en)
    assert sentences.of_link(rule.name, None, MODEL) == told


def test_a_judgement_says_that_it_is_one() -> None:
    told = sentences.of_link("judged_same", None, MODEL)
    assert (told.id, told.en) == (
        "Dinilai oleh manusia sebagai orang yang sama.", "Judged by a human to be one person.",
    )  # fmt: skip


def test_a_link_by_evidence_says_what_it_is_and_without_evidence_that_there_was_some() -> None:
    for kind in MODEL.kinds:
        assert sentences.reason(kind.name, MODEL) == sentences.SCORED
        assert sentences.of_link(kind.name, "nik:same", MODEL).en == "Same NIK."
        assert sentences.of_link(kind.name, None, MODEL) == sentences.SCORED
    assert sentences.of_link("own", None, MODEL) == ("", "")


def test_bits_are_those_of_the_weights_and_add_up() -> None:
    entries = ("name:band_8", "birth_date:swapped", "document:near")
    found = sentences.weights(";".join(entries), MODEL, WEIGHTS)
    assert [f"{w.comparison}:{w.level}" for w in found] == list(entries)
    known = [WEIGHTS.levels["name"]["band_8"], WEIGHTS.levels["birth_date"]["swapped"]]
    bits = [math.log2(level.m / level.u) for level in known] + [math.log2(0.2 / 0.0001)]
    assert [w.bits for w in found] == [pytest.approx(b, abs=0.005) for b in bits]


def test_every_level_that_can_be_met_has_its_bits() -> None:
    for comparison, level in TOLD:
        [found] = sentences.weights(f"{comparison.name}:{level.name}", MODEL, WEIGHTS)
        assert found.bits is not None, level


def test_what_is_not_known_has_no_bits_and_is_not_left_out() -> None:
    told = "name:exact;sex:missing;colour:red;sex:same"
    found = sentences.weights(told, MODEL, WEIGHTS)
    assert [(w.comparison, w.level, w.bits is None) for w in found] == [
        ("name", "exact", True), ("sex", "missing", True), ("colour", "red", True),
        ("sex", "same", False),
    ]  # fmt: skip
    assert {w.bits for w in sentences.weights(told, MODEL, None)} == {None}
    assert sentences.weights("", MODEL, WEIGHTS) == []


@pytest.mark.parametrize(
    ("record_key", "document_type", "paper"),
    [
        ("D:C1", "PASPOR", "passport"), ("D:C1|BUDI||L", "SPLP", "splp"),
        ("D:C1", "PLB", "border_pass"), ("D:C1", None, "travel_document"),
        ("N:5203011705900001", None, "no_document"), ("W:BUDI||L", "PASPOR", "no_document"),
        ("P:PMI-1", None, "placement"), ("L:a.xlsx#1", None, "list_row"),
    ],
)  # fmt: skip
def test_an_identity_is_named_by_its_kind_of_paper(
    record_key: str, document_type: str | None, paper: str
) -> None:
    assert sentences.paper(record_key, document_type) == paper
    assert all(sentences.PAPERS[paper])


def test_every_kind_of_paper_has_its_words() -> None:
    types = contracts.sources()["perlintasan"].column("jenis_dokumen").vocabulary
    assert set(sentences.PAPER_OF_TYPE) == set(types.values())
    assert set(SOURCES) - {"D"} == set(sentences.PAPER_OF_KEY)
    papers = {*sentences.PAPER_OF_TYPE.values(), *sentences.PAPER_OF_KEY.values()}
    assert papers | {"travel_document"} == set(sentences.PAPERS)
