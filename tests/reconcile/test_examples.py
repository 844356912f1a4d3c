"""The examples of the rule book come out as it says, and the page is what the rules say."""

from __future__ import annotations

import pytest

from pipelines import handbook
from pipelines.reconcile import examples
from pipelines.reconcile.examples import EXAMPLES, Entry, Event, Example, Exit, Gap, Listed, Placed
from pipelines.reconcile.rules import RULES

from . import stories
from .stories import Row


def row(event: Event) -> Row:
    match event:
        case Exit(on, country, purpose, document):
            return stories.exit(on, country, purpose=purpose, document_type=document)
        case Entry(on, country):
            return stories.entry(on, country)
        case Placed(since, until, country):
            return stories.placement(country, since, until)
        case Listed(on, country, category):
            return stories.listed(on, country, category)
        case Gap(on, is_exit):
            return stories.gap(on, is_exit)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.rule for example in EXAMPLES])
def test_an_example_comes_out_as_the_book_says(example: Example) -> None:
    born = example.born.isoformat() if example.born else None
    who = stories.person(born=born, is_poorly_identified=example.is_poorly_identified)
    told = stories.story(
        who, *map(row, example.events), as_of=examples.AS_OF, coverage_from=examples.RECORD_FROM
    )
    first = min(told.departures, key=lambda departure: departure["occurred_on"])
    assert first["rule"] == example.rule


def test_every_rule_has_an_example() -> None:
    assert {example.rule for example in EXAMPLES} == {rule.name for rule in RULES}


def test_the_page_is_what_the_rules_say() -> None:
    written = handbook.FILE.read_text("utf-8")
    assert written == handbook.outcomes_markdown(), "run `make dictionary`"
