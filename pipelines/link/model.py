"""The linkage model as schemas/linkage.yaml declares it. Nothing runs here."""

from functools import cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.settings import SCHEMAS


class Rule(BaseModel):
    """One rule of the deterministic pass, with its reason in two languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    token: Literal["document_number", "nik"]
    agreement: Literal["birth_date_or_name", "birth_date"]
    probability: float = Field(gt=0, le=1)
    why: str
    reason_en: str
    reason_id: str


class Model(BaseModel):
    """The whole declaration; a new version whenever a rule or a weight changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    rules: tuple[Rule, ...]


@cache
def declared() -> Model:
    """The model of schemas/linkage.yaml; raises pydantic.ValidationError where it is unsound."""
    return Model.model_validate(yaml.safe_load((SCHEMAS / "linkage.yaml").read_text("utf-8")))
