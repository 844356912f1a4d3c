"""What a link says of itself: a sentence in Indonesian and in English, and the bits behind it.

Sentences are made of the texts of schemas/linkage.yaml and of those below, so they name nobody.
Nothing is looked up here.
"""

import math
from typing import NamedTuple

from pipelines.link.judgements import RULE as JUDGED_SAME
from pipelines.link.model import Comparison, Level, Model, Weights


class Sentence(NamedTuple):
    """The same in two languages; empty where there is nothing to say."""

    id: str
    en: str


class Weight(NamedTuple):
    """What the level of one comparison weighed; `bits` is none where that is not known."""

    comparison: str
    level: str
    bits: float | None


JUDGED = Sentence(
    "Dinilai oleh manusia sebagai orang yang sama.", "Judged by a human to be one person."
)
SCORED = Sentence(
    "Ditautkan atas dasar bukti yang ditimbang.", "Linked on evidence that was weighed."
)
PAPERS = {
    "passport": Sentence("paspor", "passport"),
    "border_pass": Sentence("pas lintas batas", "border pass"),
    "splp": Sentence("SPLP", "SPLP"),
    "travel_document": Sentence("dokumen perjalanan", "travel document"),
    "no_document": Sentence("perlintasan tanpa dokumen", "crossing without a document"),
    "placement": Sentence("penempatan", "placement"),
    "list_row": Sentence("baris daftar pemulangan", "row of a list"),
}
PAPER_OF_TYPE = {"PASPOR": "passport", "PLB": "border_pass", "SPLP": "splp"}
PAPER_OF_KEY = {"N": "no_document", "W": "no_document", "P": "placement", "L": "list_row"}
DECIMALS = 2  # of bits


def paper(record_key: str, document_type: str | None) -> str:
    """Which of PAPERS an identity is; `document_type` as the contract of the crossings has it."""
    of_type = PAPER_OF_TYPE.get(document_type or "", "travel_document")
    return PAPER_OF_KEY.get(record_key[:1], of_type)


def reason(rule: str, model: Model) -> Sentence:
    """On what ground a rule of identity.links links; empty for a rule that is not declared."""
    if rule == JUDGED_SAME:
        return JUDGED
    for declared in model.rules:
        if declared.name == rule:
            return Sentence(declared.reason_id, declared.reason_en)
    return SCORED if rule in {kind.name for kind in model.kinds} else Sentence("", "")


def of_link(rule: str, evidence: str | None, model: Model) -> Sentence:
    """The sentence of a link: what its evidence says, and where none was weighed its reason."""
    said = of_evidence(evidence or "", model)
    return said if said.en else reason(rule, model)


def of_evidence(evidence: str, model: Model) -> Sentence:
    """What `comparison:level;...` says; levels without a text, or not declared, say nothing."""
    levels = _levels(model)
    met = [levels[key][1] for key in _entries(evidence) if key in levels]
    return Sentence(_joined([level.id for level in met]), _joined([level.en for level in met]))


def weights(evidence: str, model: Model, weights: Weights | None) -> list[Weight]:
    """What each comparison weighed, in the order of the model; their sum is the match weight."""
    levels = _levels(model)
    return [
        Weight(*key, _bits(*levels[key], weights) if weights and key in levels else None)
        for key in _entries(evidence)
    ]


def _bits(comparison: Comparison, level: Level, weights: Weights) -> float | None:
    if level.is_null:
        return None
    known = weights.of(comparison, level)
    return round(math.log2(known.m / known.u), DECIMALS)


def _entries(evidence: str) -> list[tuple[str, str]]:
    parts = (entry.partition(":") for entry in evidence.split(";") if entry)
    return [(comparison, level) for comparison, _, level in parts]


def _levels(model: Model) -> dict[tuple[str, str], tuple[Comparison, Level]]:
    return {
        (comparison.name, level.name): (comparison, level)
        for comparison in model.comparisons
        for level in comparison.all_levels()
    }


def _joined(texts: list[str]) -> str:
    """Sentences as one: joined by semicolons, with one full stop."""
    parts = [text.strip().rstrip(".") for text in texts if text.strip()]
    return "; ".join([*parts[:1], *map(_lower, parts[1:])]) + "." if parts else ""


def _lower(text: str) -> str:
    """`text` for the middle of a sentence; NIK and the like stay as they are."""
    first = text.split()[0]
    return text if len(first) > 1 and first.isupper() else text[0].lower() + text[1:]
