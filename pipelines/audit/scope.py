"""What an extract is asked for: the request, validated, and its digest."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from pipelines.errors import PulangError, WrongUsageError

Kind = Literal["pseudonymous", "identified"]
Language = Literal["id", "en", "both"]
Region = Annotated[str, StringConstraints(pattern=r"^\d{2}(\.\d{2})?$")]
# Words of whoever asks, in one line: they go into a PDF, a workbook and the log.
Words = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Departure = Annotated[str, StringConstraints(pattern=r"^D[0-9a-f]{16}$")]
Delivery = Annotated[str, StringConstraints(pattern=r"^B[0-9a-f]{16}$")]

# How a field is written, for whoever wrote it otherwise.
FORMS = {
    "regions": "a province is written as 52, a regency as 52.03",
    "lists": "a list is named by its file, or its batch_id (B and 16 signs)",
    "departures": "a departure is named by its departure_id (D and 16 signs)",
    "language": "id, en or both",
    "recipient": "a public age key begins with age1 and goes on in small letters and digits",
} | dict.fromkeys(("purpose", "legal_basis", "requester", "approver"), "3 to 200 signs in one line")


class RequestError(PulangError):
    """A request that an extract cannot be made for."""


class WrongRequestError(RequestError, WrongUsageError):
    """A request that says something impossible."""


class Request(BaseModel):
    """Who asks for what, why, and by which right. `lists` are deliveries (batch_id).

    Without regions, outcomes, lists or departures nothing is narrowed by them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: date | None = None
    last: date | None = None
    regions: tuple[Region, ...] = ()
    outcomes: tuple[str, ...] = ()
    lists: tuple[Delivery, ...] = ()
    departures: tuple[Departure, ...] = ()
    purpose: Words
    legal_basis: Words
    requester: Words
    language: Language = "id"
    kind: Kind = "pseudonymous"
    approver: Words | None = None
    recipient: Annotated[str, StringConstraints(pattern=r"^age1[0-9a-z]{20,}$")] | None = Field(
        default=None, description="Public age key."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.departures:
            self._by_itself()
        elif self.first is None or self.last is None:
            raise ValueError("a period is needed: --from and --to")
        elif self.first > self.last:
            raise ValueError(f"the period ends ({self.last}) before it begins ({self.first})")
        if self.approver and _folded(self.approver) == _folded(self.requester):
            raise ValueError("the approver must be another than the requester")
        if self.kind == "identified":
            self._approved()
        elif self.recipient:
            raise ValueError("a recipient belongs to an identified extract")
        return self

    def _by_itself(self) -> None:
        """With a region or a period beside it, its presence would tell what is withheld."""
        if self.first or self.last or self.regions or self.outcomes or self.lists:
            raise ValueError("a departure is asked for by its name alone")

    def _approved(self) -> None:
        if not self.approver:
            raise ValueError("an identified extract needs an approver")
        if not self.recipient:
            raise ValueError("an identified extract needs the recipient's age key (age1...)")

    @property
    def is_identified(self) -> bool:
        """Whether it names people."""
        return self.kind == "identified"

    @property
    def is_of_single_departures(self) -> bool:
        """Whether departures are asked for by their name, which whoever asks knows already."""
        return bool(self.departures)

    def said(self) -> dict[str, Any]:
        """The request as the manifest keeps it, without what was not asked for."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: equal digests, equal requests."""
        return sha256(json.dumps(self.said(), sort_keys=True).encode()).hexdigest()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the summary, in their order."""
        return ("id", "en") if self.language == "both" else (self.language,)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def request(known: frozenset[str], /, **given: Any) -> Request:
    """A request in one canonical form. `known` are the outcomes there are.

    Raises WrongRequestError.
    """
    many = ("regions", "outcomes", "lists", "departures")
    told = {name: tuple(sorted(set(v))) if name in many else v for name, v in given.items()}
    if unknown := sorted(set(told.get("outcomes", ())) - known):
        raise WrongRequestError(
            f"unknown outcome {', '.join(unknown)}; one of {', '.join(sorted(known))}"
        )
    try:
        return Request.model_validate(told)
    except ValidationError as error:
        raise WrongRequestError(_first_problem(error)) from None


def of_manifest(said: Mapping[str, Any]) -> Request:
    """The request that a manifest tells. Raises RequestError."""
    try:
        return Request.model_validate(said)
    except ValidationError as error:
        raise RequestError(_first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    said = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return said
    field = str(first["loc"][0])
    return f"{field}: {FORMS.get(field, said)}"
