"""Whether two extracts could be subtracted from each other.

What is withheld is decided within one extract. Of two that share departures without being of the
same ones, each cell of one less the same cell of the other is shown by nobody, and may be of a few
people: a region less one of its regencies, a year less half of it, a night less the one before.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pipelines.audit.scope import Request

# What decides who is in an extract; all else is why and for whom.
OF_SCOPE = ("first", "last", "regions", "outcomes", "lists")


@dataclass(frozen=True)
class Scope:
    """Who is in an extract: the scope of its request, and the night that it is of."""

    night_number: int
    first: str
    last: str
    regions: Collection[str] = ()
    outcomes: Collection[str] = ()
    lists: Collection[str] = ()

    def said(self) -> dict[str, Any]:
        """As the access log keeps it."""
        return dict(vars(self))

    def can_be_subtracted(self, other: "Scope") -> bool:
        """Whether they share departures, as far as can be told from what was asked, and are not
        of the same ones. A list parts nothing: its people are in the other's regions."""
        if self == other:
            return False
        is_apart = self.last < other.first or other.last < self.first
        return not is_apart and all(
            _meet(ours, theirs)
            for ours, theirs in ((self.regions, other.regions), (self.outcomes, other.outcomes))
        )


def of(request: Request, night_number: int) -> Scope | None:
    """The scope of a request; none where departures are asked for by name (`OF_ONE`)."""
    if request.is_of_single_departures:
        return None
    said = request.said()
    return Scope(night_number, **{name: said[name] for name in OF_SCOPE})


def _meet(ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether a code of one is one of the other's, or a part of it; without any, all are meant."""
    if not ours or not theirs:
        return True
    return any(a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
               for a in ours for b in theirs)  # fmt: skip
