"""The operations page: one file with nothing to load, in Indonesian and English."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines import whole

WIB = timezone(timedelta(hours=7))
THIN_SPACE = "\u202f"


def write(health: Mapping[str, Any], stages: Sequence[str], file: Path) -> None:
    """Render what `night.health` found to `file`, replaced in one rename."""
    whole.write(file, page(health, stages))


def page(health: Mapping[str, Any], stages: Sequence[str]) -> str:
    """The page as text."""
    folder = FileSystemLoader(Path(__file__).parent)
    engine = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    engine.filters |= {"whole": _whole, "at": _at, "took": _took}
    totals = [sum(night["seconds"].values()) for night in health["nights"]]
    return engine.get_template("operations.j2").render(
        **health, stages=stages, longest=max([1e-9, *totals]),
        late=[row["source"] for row in health["freshness"] if row["is_late"]],
    )  # fmt: skip


def _whole(number: int | None) -> str:
    return "" if number is None else f"{number:,}".replace(",", THIN_SPACE)


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(WIB):%Y-%m-%d %H:%M}" if moment else ""


def _took(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
