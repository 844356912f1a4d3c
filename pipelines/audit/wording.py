"""The words of a summary, in Indonesian and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.whole import read_yaml

MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}


@dataclass(frozen=True)
class Words:
    """Names of codes by language: regions, countries; the rules with their words."""

    regions: Mapping[str, str]
    countries: Mapping[str, Mapping[str, str]]
    rules: tuple[Mapping[str, Any], ...]

    def country(self, code: str, language: str) -> str:
        """The name of a country, else its code."""
        return self.countries.get(code, {}).get(language, code)

    def meanings(self, language: str) -> dict[str, str]:
        """The meaning of each outcome, in the order of the rules."""
        return {rule["outcome"]: rule[f"meaning_{language}"] for rule in self.rules}


def day(value: date | str, language: str) -> str:
    """A date in words."""
    on = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{on.day} {MONTHS[language].split()[on.month - 1]} {on.year}"


def whole(number: int, language: str) -> str:
    """A number with the separator of the language."""
    said = f"{number:,}"
    return said.replace(",", ".") if language == "id" else said


TEXTS: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("wording.yaml"))
