"""The nation against the published figures, and the facts of the brief to the unit."""

from collections import Counter

import pytest

from pipelines.simulate import facts
from pipelines.simulate.orders import province_by_country

from .conftest import Row, Simulated


def shares(values: list[str]) -> dict[str, float]:
    counts = Counter(values)
    return {value: count / len(values) for value, count in counts.items()}


@pytest.fixture(scope="session")
def placements(nation: Simulated) -> dict[str, Row]:
    """The last delivered version of each placement."""
    found = {str(row["id_pmi"]): row for _, _, row in nation.all("penempatan") if row["id_pmi"]}
    bad = nation.truth("invalid_rows")
    spoilt = {(row["delivery_file"], row["row_number"]) for row in bad}
    keys = {
        str(row["id_pmi"])
        for file, number, row in nation.all("penempatan")
        if (file, number) in spoilt
    }
    return {key: row for key, row in found.items() if key not in keys}


def province(row: Row) -> str:
    return str(row["kode_kab_kota"])[:2]


def test_placements_by_province_are_near_the_published_shares(placements: dict[str, Row]) -> None:
    published = facts.published("placements", 2025, "province")
    total = facts.placements_per_year() - facts.KEPRI_PLACEMENTS
    found = shares([province(row) for row in placements.values() if province(row) != "21"])
    for code, count in published.items():
        assert found[code] == pytest.approx(count / total, abs=0.012), code


def test_both_published_margins_are_met_before_any_draw() -> None:
    cells = province_by_country()
    assert cells.sum() == pytest.approx(facts.placements_per_year() - facts.KEPRI_PLACEMENTS)
    biggest = facts.published("placements", 2024, "country")["HKG"] / 297_434
    assert cells.sum(axis=0).max() / cells.sum() == pytest.approx(biggest, abs=0.001)


def test_women_are_three_placements_in_five(placements: dict[str, Row]) -> None:
    women = [row["jenis_kelamin"] == "P" for row in placements.values() if province(row) != "21"]
    assert sum(women) / len(women) == pytest.approx(0.62, abs=0.03)


def test_kepulauan_riau_has_exactly_its_placements(placements: dict[str, Row]) -> None:
    """From brief: 1,070 at every scale, none cancelled."""
    rows = [row for row in placements.values() if province(row) == facts.KEPRI]
    assert len(rows) == facts.KEPRI_PLACEMENTS == 1_070
    assert {row["status"] for row in rows} == {"TERBIT"}


def test_crossings_of_a_year_scale_with_the_published_total(nation: Simulated) -> None:
    keys = {row["id_perlintasan"] for _, _, row in nation.all("perlintasan")}
    wanted = facts.crossings_per_year() * 0.01 * 379 / 365
    assert len(keys) == pytest.approx(wanted, rel=0.06)


@pytest.mark.parametrize(("gate", "share"), [("CGK", 0.48), ("KNO", 0.09), ("SUB", 0.09)])
def test_large_gates_are_near_their_published_share(
    nation: Simulated, gate: str, share: float
) -> None:
    gates = shares(
        [str(row["kode_tpi"]) for _, _, row in nation.all("perlintasan") if row["arah"] == "KELUAR"]
    )
    assert gates[gate] == pytest.approx(share, abs=0.06)


def test_the_nik_is_missing_in_a_third_of_the_crossings(nation: Simulated) -> None:
    missing = [row["nik"] is None for _, _, row in nation.all("perlintasan")]
    assert sum(missing) / len(missing) == pytest.approx(0.35, abs=0.02)


def test_the_myanmar_list_is_that_of_the_brief(nation: Simulated) -> None:
    """From brief: 546 people, 137 of them from Sumatera Utara, in the published waves."""
    rows = nation.rows["pemulangan"]["kemlu_myanmar_546.xlsx"]
    departures = [
        row
        for row in nation.truth("departures")
        if row["list_delivery_file"] == "kemlu_myanmar_546.xlsx"
    ]
    assert len(rows) == len(departures) == 546
    assert sum(row["origin_province_code"] == "12" for row in departures) == 137
    waves = Counter(row["gelombang"] for row in rows)
    assert [waves[number] for number in (1, 2, 3, 4)] == [46, 84, 400, 16]
    assert {row["kategori"] for row in rows} == {"SCAM", "TPPO"}
    outcomes = Counter(row["outcome"] for row in departures)
    assert set(outcomes) == {
        "confirmed_undocumented",
        "unrecorded_exit",
        "documented_diverted",
    }
    assert outcomes["documented_diverted"] == 12


def test_kepulauan_riau_works_in_cambodia_without_papers(nation: Simulated) -> None:
    """From brief: about 3,500 people; most of them suspected by the run date."""
    outcomes = Counter(
        row["outcome"]
        for row in nation.truth("departures")
        if row["origin_province_code"] == facts.KEPRI
    )
    undocumented = ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")
    assert 2_600 < sum(outcomes[name] for name in undocumented) < 3_600
    assert outcomes["suspected_undocumented"] > 2_000


def test_no_birthday_piles_up(placements: dict[str, Row]) -> None:
    """The commonest birth date of the placed is hardly commoner than chance."""
    commonest = Counter(row["tanggal_lahir"] for row in placements.values()).most_common(1)
    assert commonest[0][1] <= 6
