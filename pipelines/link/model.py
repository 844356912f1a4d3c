"""The linkage model as schemas/linkage.yaml declares it, and its weights. Nothing runs here."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines import whole
from pipelines.errors import PulangError
from pipelines.settings import SCHEMAS

KindName = Literal["renewal", "list_paper", "crossing", "placement", "list", "return"]
Paper = Literal["placement", "list", "splp", "document", "bare"]
Part = Literal[
    "birth_date", "birth_year", "birth_month", "birth_day", "birthday", "birth_swapped",
    "near_birth_year", "word", "words", "whole_name", "nik", "number_half", "sex", "place",
    "arrival",
]  # fmt: skip
ELSE = "ELSE"
WEIGHTS = "linkage_weights.yaml"


class WeightsError(PulangError):
    """A file of weights does not fit the declared model."""


class Frozen(BaseModel):
    """Read from YAML, checked, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Frozen):
    """One rule of the deterministic pass, with its reason in two languages."""

    name: str
    token: Literal["document_number", "nik"]
    agreement: Literal["birth_date_or_name", "birth_date"]
    probability: float = Field(gt=0, le=1)
    why: str
    reason_en: str
    reason_id: str


class Kind(Frozen):
    """A kind of link that the deterministic pass leaves open; see schemas/linkage.yaml."""

    name: KindName
    round: Literal[1, 2]
    left: tuple[Paper, ...]
    right: tuple[Paper, ...]
    expected: float = Field(gt=0, lt=1)
    threshold: float = Field(gt=0, lt=1)
    one_to_one: bool
    why: str


class BlockingRule(Frozen):
    """Pairs that agree in all parts are compared.

    `undated`: only papers without a birth date; `in_turn`: only passports of which one is in use
    before the other.
    """

    name: str
    parts: tuple[Part, ...]
    kinds: tuple[KindName, ...]
    undated: bool = False
    in_turn: bool = False
    why: str


class Probabilities(Frozen):
    """How often a level is met by one person's papers (m), and by those of two (u)."""

    m: float = Field(gt=0, lt=1)
    u: float = Field(gt=0, lt=1)


class Level(Frozen):
    """One level of a comparison: when it holds, and what it says in two languages."""

    name: str
    sql: str
    is_null: bool = False
    fixed: Probabilities | None = None
    en: str = ""
    id: str = ""


class Bands(Frozen):
    """Levels of equal width over a number: `count` of them, the last open, then all else."""

    of: str
    width: float
    count: int

    def low(self, band: int) -> float:
        """Where a band begins, from 1."""
        return round((band - 1) * self.width, 6)


class Comparison(Frozen):
    """What is compared, with its levels in order; `u_from` says which pairs teach u.

    `wider`: a comparison of the same levels, whose u counts beside that of the few pairs here.
    """

    name: str
    why: str
    u_from: Literal["random", "namesakes", "candidates"] = "random"
    wider: str | None = None
    bands: Bands | None = None
    reason_en: str = ""
    reason_id: str = ""
    otherwise_en: str = ""
    otherwise_id: str = ""
    levels: tuple[Level, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> "Comparison":
        if (self.bands is None) == (not self.levels):
            raise ValueError(f"{self.name}: either bands or levels")
        return self

    def all_levels(self) -> tuple[Level, ...]:
        """The levels as declared, or as the bands make them, highest first."""
        return self.levels if self.bands is None else tuple(self._of_bands(self.bands))

    def _of_bands(self, bands: Bands) -> list[Level]:
        made = [Level(name="missing", sql=f"{bands.of}_l IS NULL", is_null=True)]
        for band in range(bands.count, 0, -1):
            low = bands.low(band)
            holds = f"{bands.of}_l >= {low}" if low else f"{bands.of}_l > 0"
            en, words = self.reason_en.format(low=low), self.reason_id.format(low=low)
            made.append(Level(name=f"band_{band}", sql=holds, en=en, id=words))
        made.append(Level(name="none", sql=ELSE, en=self.otherwise_en, id=self.otherwise_id))
        return made


class Model(Frozen):
    """The whole declaration; a new version whenever a rule or a comparison changes."""

    version: int
    seed: int
    rules: tuple[Rule, ...]
    kinds: tuple[Kind, ...]
    blocking_rules: tuple[BlockingRule, ...]
    comparisons: tuple[Comparison, ...]

    def kind(self, name: str) -> Kind:
        """The kind of that name."""
        return next(kind for kind in self.kinds if kind.name == name)


class Weights(Frozen):
    """What was learned: m and u of every level that is not fixed, by comparison and level.

    `calibration`: log-odds as scored times the slope, plus the intercept, are the log-odds found.
    """

    model_version: int
    trained_on: str
    seed: int
    calibration: dict[str, float]
    levels: dict[str, dict[str, Probabilities]]

    def of(self, comparison: Comparison, level: Level) -> Probabilities:
        """m and u of one level."""
        return level.fixed or self.levels[comparison.name][level.name]

    @property
    def version(self) -> str:
        """Version of the model and digest of the weights, as nights are recorded with it."""
        return f"{self.model_version}-{self.digest}"

    @property
    def digest(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the weights."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


@cache
def declared() -> Model:
    """The model of schemas/linkage.yaml; raises pydantic.ValidationError where it is unsound."""
    return Model.model_validate(whole.read_yaml(SCHEMAS / "linkage.yaml"))


def weights(home: Path | None = None) -> Weights:
    """The weights trained in this home (`linkage_weights.yaml`), else those shipped.

    Raises WeightsError where they do not belong to the declared model.
    """
    own = home / WEIGHTS if home else None
    file = own if own is not None and own.exists() else SCHEMAS / WEIGHTS
    try:
        read = Weights.model_validate(whole.read_yaml(file))
    except (ValueError, yaml.YAMLError) as error:
        raise WeightsError(f"{file.name} cannot be read: {error}") from None
    return _fitting(read, file.name)


def _fitting(read: Weights, file: str) -> Weights:
    model = declared()
    if read.model_version != model.version:
        raise WeightsError(
            f"{file} belongs to version {read.model_version} of the model, not {model.version}; "
            "run `pulang linkage train`"
        )
    for comparison in model.comparisons:
        wanted = {v.name for v in comparison.all_levels() if not v.is_null and v.fixed is None}
        if missing := wanted - set(read.levels.get(comparison.name, {})):
            raise WeightsError(f"{file} has no weight for {comparison.name}: {sorted(missing)}")
    return read
