"""Training in a home: learns the weights of linkage from its lake, and keeps them as a file.

A night reads the file (`linkage_weights.yaml` of the home, else the one shipped) and trains
nothing. The lake is only read.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import yaml

from pipelines import link, night, papers, settings
from pipelines.desks.front import secret_of
from pipelines.lake import open_lake
from pipelines.policy import Policy

HEADER = "# Written by `pulang linkage train`; see schemas/linkage.yaml for what is compared.\n"


def train(
    now: settings.Settings, file: Path, trained_on: str, report: Callable[[str], None]
) -> link.Weights:
    """Learn the weights from the lake of this home and write them to `file`.

    The same records give the same file. Raises NothingThereError where there is no lake.
    """
    secret = secret_of(now)
    with open_lake(now, secret, read_only=True) as lake, lake.scratchpad() as hold:
        defaults = Policy.load(now.home.path).default_birth_dates
        of_home = papers.standardised(night.records_of(lake), defaults, hold, lake.scratchpad)
        model = link.declared()
        certain = hold(link.links(of_home.identities, model.rules))
        known = papers.known(of_home, hold)
        blind = link.without_numbers(known.identities)
        blind = replace(known, identities=hold(papers.with_keys(blind, hold)))
        school = link.School(lake.con, hold, known, blind, certain, of_home.crossings, model)
        weights = link.trained(school, trained_on, report)
    text = yaml.safe_dump(weights.model_dump(), sort_keys=False)
    file.write_text(HEADER + text, encoding="utf-8")
    return weights
