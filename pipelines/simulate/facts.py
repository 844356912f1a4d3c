"""Calibration: published figures from data/reference, assumptions with their reason, and the facts
of the brief.

Published figures are read, never typed again. What is an assumption is said to be one.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from pipelines import reference

# --- the published figures ------------------------------------------------------------------------


@cache
def published(figure: str, year: int, dimension: str) -> dict[str, float]:
    """Code to value of one published figure; KeyError when it is not in published_figures.csv."""
    rows = reference.load("published_figures").to_pylist()
    found = {
        str(row["code"]): float(row["value"])
        for row in rows
        if (row["figure"], int(row["year"]), row["dimension"]) == (figure, year, dimension)
    }
    if not found:
        raise KeyError(f"no published figure {figure} {year} by {dimension}")
    return found


def crossings_per_year() -> float:
    """Crossings of citizens (Imigrasi, to mid-December 2024)."""
    return published("crossings_to_mid_december", 2024, "nationality")["IDN"]


def placements_per_year() -> float:
    """Placements (KP2MI, 2025)."""
    return published("placements", 2025, "all")["ALL"]


# --- from brief: full size at every scale ---------------------------------------------------------

#: From brief: the Myanmar list, and how many of it came from Sumatera Utara.
MYANMAR_LISTED: Final = 546
MYANMAR_SUMUT: Final = 137
#: From brief, after the published waves: (month, day, people); the remainder came later.
MYANMAR_WAVES: Final = ((2, 21, 46), (2, 28, 84), (3, 18, 250), (3, 19, 150), (4, 9, 16))
#: From brief: Kepulauan Riau, legal placements and people working in Cambodia without papers.
KEPRI: Final = "21"
KEPRI_PLACEMENTS: Final = 1_070
KEPRI_CAMBODIA: Final = 3_500

# --- assumptions: who travels, people per national year -------------------------------------------

PILGRIMS: Final = 1_550_000  # umrah and hajj; 15.5 % of wisnas trips (BPS 2023)
FREQUENT: Final = 130_000  # Batam to Singapore, traders, crews; nine trips on average
BORDER: Final = 60_000  # holders of a border pass; fourteen trips on average
STUDENTS: Final = 60_000  # not workers under UU 18/2017 art. 4
OFFICIALS: Final = 90_000
UNDOCUMENTED: Final = 105_000  # never published; of the order of a third of the placements

#: Ordinary travellers' trips within a year: chance of 1, 2, 3, ... trips.
TRIPS_PER_TRAVELLER: Final = (0.50, 0.24, 0.11, 0.06, 0.04, 0.02, 0.02, 0.01)

#: Ordinary travellers' destinations in percent; with pilgrims, commuters and border passes they
#: come near
#: BPS, September 2024 (wisnas_sep_destination_percent).
DESTINATIONS: Final = {
    "MYS": 29.5, "SGP": 13.2, "CHN": 7.6, "THA": 7.4, "JPN": 4.6, "KHM": 4.3, "SAU": 2.6,
    "VNM": 4.6,
    "AUS": 4.0, "KOR": 3.8, "HKG": 3.2, "TUR": 1.8, "TWN": 2.2, "PHL": 1.6, "ARE": 2.0, "IND": 1.2,
    "USA": 1.2, "NLD": 1.0, "GBR": 0.9, "DEU": 0.8, "FRA": 0.8, "NZL": 0.4, "QAT": 0.4, "EGY": 0.4,
    "BRN": 0.7, "LAO": 0.3, "MMR": 0.2, "TLS": 1.0,
}  # fmt: skip
#: Where students go, in percent (assumption).
STUDY_ABROAD: Final = {
    "MYS": 22.0, "AUS": 18.0, "EGY": 12.0, "CHN": 10.0, "JPN": 8.0, "GBR": 6.0, "SAU": 6.0,
    "TUR": 6.0, "TWN": 6.0, "USA": 4.0,
}  # fmt: skip
#: Ordinary purposes in percent (wisnas_purpose_percent 2023 without pilgrimage and study).
PURPOSES: Final = {"tourism": 58.0, "family": 13.0, "business": 18.0, "health": 6.0, "other": 5.0}

#: How much more, or less, than its population a province travels (assumption; income and nearness
#: of a gate).
TRAVEL_BY_PROVINCE: Final = {
    "31": 5.0, "21": 11.0, "51": 2.2, "36": 2.6, "12": 2.1, "14": 1.3, "34": 1.4, "61": 1.2,
    "65": 1.6,
    "35": 1.0, "32": 1.0, "33": 0.7, "73": 0.9, "53": 0.25, "94": 0.2, "95": 0.05, "93": 0.3,
}  # fmt: skip

# --- assumptions: placements ----------------------------------------------------------------------

#: Share of women by destination; together near the published 61 per cent.
WOMEN_BY_DESTINATION: Final = {
    "HKG": 0.985, "TWN": 0.61, "MYS": 0.23, "JPN": 0.36, "SGP": 0.97, "KOR": 0.08, "SAU": 0.46,
    "ITA": 0.30,
    "BRN": 0.35, "TUR": 0.60,
}  # fmt: skip
#: Destinations that the published top ten leaves out, with assumed shares of the remainder.
OTHER_PLACEMENT_COUNTRIES: Final = {
    "ARE": 20.0, "POL": 14.0, "QAT": 10.0, "KWT": 7.0, "PNG": 5.0, "MDV": 14.0, "USA": 8.0,
    "DEU": 6.0,
    "OMN": 5.0, "JOR": 4.0, "NZL": 4.0, "AUS": 3.0,
}  # fmt: skip
#: How a province leans towards a destination before both margins are fitted (from the regional
#: reports).
PLACEMENT_LEANINGS: Final = {
    ("52", "MYS"): 30.0, ("12", "MYS"): 14.0, ("53", "MYS"): 16.0, ("73", "MYS"): 9.0,
    ("14", "MYS"): 9.0,
    ("21", "MYS"): 10.0, ("21", "SGP"): 5.0, ("61", "MYS"): 12.0, ("11", "MYS"): 12.0,
    ("65", "MYS"): 14.0,
    ("32", "SAU"): 6.0, ("36", "SAU"): 6.0, ("52", "SAU"): 3.0, ("32", "JPN"): 1.8,
    ("33", "JPN"): 1.4,
    ("33", "KOR"): 1.8, ("32", "KOR"): 1.6, ("51", "TUR"): 60.0, ("51", "ITA"): 60.0,
    ("51", "MDV"): 60.0,
    ("51", "POL"): 30.0, ("51", "USA"): 40.0, ("51", "HKG"): 0.05, ("51", "TWN"): 0.05,
    ("35", "HKG"): 2.0,
    ("33", "HKG"): 1.3, ("18", "TWN"): 1.8, ("32", "TWN"): 1.5, ("52", "HKG"): 0.15,
    ("52", "TWN"): 0.2,
}  # fmt: skip
#: Share of a province's placements by regency (regency reports 2019 to 2023); the others share the
#: rest.
PLACEMENTS_IN_PROVINCE: Final = {
    "32.12": 0.36, "32.09": 0.20, "32.13": 0.09, "32.15": 0.07, "32.10": 0.05, "32.03": 0.05,
    "33.01": 0.17, "33.24": 0.11, "33.02": 0.07, "33.29": 0.07, "33.18": 0.06,
    "35.02": 0.13, "35.05": 0.13, "35.07": 0.13, "35.04": 0.10, "35.19": 0.06, "35.10": 0.07,
    "35.06": 0.06,
    "52.03": 0.44, "52.02": 0.34, "52.01": 0.10, "18.07": 0.32, "18.02": 0.16, "18.01": 0.15,
    "53.01": 0.12, "53.02": 0.14, "53.04": 0.12, "53.21": 0.12,
}  # fmt: skip
#: Other placements lean like this on population (assumption; the published provinces are read, not
#: assumed).
PLACEMENT_LEANING_REST: Final = {
    "16": 2.0,
    "14": 1.6,
    "11": 1.6,
    "61": 1.6,
    "34": 2.2,
    "13": 1.2,
    "72": 1.2,
    "71": 1.2,
}

CANCELLED: Final = 0.022
NEVER_LEFT: Final = 0.025
EXTENDED_ABROAD: Final = 0.025
HOME_LEAVE: Final = 0.055
WENT_HOME_EARLY: Final = 0.045
DIVERTED: Final = 0.004
DIVERTED_TO: Final = {"KHM": 60.0, "MMR": 20.0, "LAO": 10.0, "PHL": 10.0}
#: Listed by the country of the placement; TPPO, SCAM, PEKERJA, OVERSTAY, SAKIT, LAINNYA.
PLACED_AND_LISTED: Final = 0.012
PLACED_CATEGORIES: Final = (0.0, 0.0, 60.0, 15.0, 20.0, 5.0)
#: Share of the cancelled who leave all the same, some weeks later.
LEFT_ALL_THE_SAME: Final = 0.20

# --- assumptions: the undocumented ----------------------------------------------------------------

#: Undocumented departures per 100,000 people (assumption: ranks follow arrests, deportations and
#: refusals).
UNDOCUMENTED_PER_100K: Final = {
    "52": 175.0, "53": 130.0, "19": 85.0, "65": 80.0, "61": 75.0, "21": 55.0, "12": 55.0,
    "18": 52.0, "11": 48.0,
    "73": 45.0, "71": 45.0, "14": 40.0, "35": 33.0, "32": 30.0, "33": 28.0, "36": 26.0, "76": 25.0,
    "31": 9.0,
    "51": 6.0, "94": 3.0, "95": 3.0, "93": 3.0,
}  # fmt: skip
UNDOCUMENTED_ELSEWHERE: Final = 16.0
#: Regencies known for it (recruiters' villages in press reports), as factors; a seeded effect is
#: added on all.
UNDOCUMENTED_HOTSPOTS: Final = {
    "32.12": 7.0, "32.09": 4.0, "32.03": 2.2, "32.15": 2.0, "32.13": 2.4, "32.02": 2.0,
    "52.03": 1.8, "52.02": 1.7,
    "35.28": 3.5, "35.27": 3.5, "35.26": 2.5, "35.07": 1.6, "12.71": 1.6, "12.07": 1.8,
    "12.19": 1.8, "12.74": 3.0,
    "53.02": 1.8, "53.04": 1.8, "53.21": 1.8, "61.01": 2.0, "33.01": 2.0, "33.24": 1.6,
    "71.72": 1.8, "18.07": 1.8,
}  # fmt: skip
#: Where the undocumented go, by part of the country, in percent.
UNDOCUMENTED_DESTINATIONS: Final[dict[str, dict[str, float]]] = {
    "default": {"MYS": 68, "SAU": 10, "KHM": 8, "ARE": 4, "TWN": 4, "SGP": 3, "JPN": 3},
    "scam": {"MYS": 48, "KHM": 34, "MMR": 3, "THA": 4, "LAO": 2, "SGP": 4, "SAU": 4, "PHL": 1},
    "gulf": {"SAU": 42, "ARE": 16, "MYS": 24, "KHM": 6, "TWN": 5, "HKG": 2, "JPN": 2, "QAT": 2},
    "malaysia": {"MYS": 86, "SAU": 5, "KHM": 3, "BRN": 2, "SGP": 2, "ARE": 2},
}  # fmt: skip
UNDOCUMENTED_TYPE: Final[dict[str, str]] = {
    "12": "scam", "19": "scam", "71": "scam", "31": "scam", "21": "scam", "61": "scam",
    "14": "scam",
    "32": "gulf", "36": "gulf", "53": "malaysia", "73": "malaysia", "65": "malaysia",
    "76": "malaysia",
    "74": "malaysia", "11": "malaysia",
}  # fmt: skip
#: What becomes of an undocumented departure within the year.
LISTED_WITH_EXIT: Final = 0.13
LISTED_WITHOUT_EXIT: Final = 0.10
RETURNED_ALONE: Final = 0.09
#: Of those who came home on a list, how many leave again within weeks.
LEFT_AGAIN: Final = 0.06

# --- assumptions: refusals and recruitment --------------------------------------------------------

#: Refusals of departure a year (assumption, beside 5,659 published for the ports of Batam in 2025).
REFUSALS: Final = 12_000
#: Shares of the refused: left later by a gate, past all gates, had been abroad and stay now.
REFUSED_THEN: Final = (0.35, 0.30, 0.35)
REFUSING_GATES: Final = {
    "BTC": 30.0,
    "SBP": 12.0,
    "CGK": 30.0,
    "SUB": 10.0,
    "KNO": 10.0,
    "DUM": 8.0,
}
REFUSED_WHY: Final = {
    "CPMI NONPROSEDURAL": 70.0, "DOKUMEN TIDAK LENGKAP": 20.0, "CEKAL": 4.0, "LAINNYA": 6.0,
}  # fmt: skip
#: Reported recruitment content a year, and what it promises (assumption).
TAKEDOWNS: Final = 4_000
PROMISED: Final = {"KHM": 40.0, "MMR": 14.0, "THA": 14.0, "LAO": 8.0, "PHL": 6.0, "MYS": 10.0,
                   "ARE": 5.0, "TUR": 3.0}  # fmt: skip
PLATFORMS: Final = ("Facebook", "Instagram", "Telegram", "TikTok")
PROMISED_JOBS: Final = ("Admin", "Pelayan restoran", "Operator", None)
