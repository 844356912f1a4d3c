"""Outcomes written from their definition, one departure after another: the measure for the fast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.policy import Policy

from .oracle import Journey, journeys

Row = dict[str, Any]
Tables = dict[str, list[Row]]
STRENGTH = ("TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA")
COMPARED = (
    "departure_key", "person_id", "departed_on", "returned_on", "return_kind", "days_away",
    "observed_country", "age_at_departure", "sex", "outcome", "rule", "outcome_since", "final_on",
    "due_on", "placement_id", "list_file", "list_number", "list_category", "link_probability",
    "origin_basis", "origin_province_code", "origin_regency_code",
)  # fmt: skip


def days(number: int) -> timedelta:
    return timedelta(days=number)


def value(policy: Policy, name: str, on: date) -> Any:
    """A parameter on a day; before its first period, the first value."""
    periods = policy.history(name)
    return next((then for first, then in reversed(periods) if first <= on), periods[0][1])


def first(rows: Iterable[Row], name: str) -> Any:
    """The first value that is given."""
    return next((row[name] for row in rows if row.get(name) is not None), None)


@dataclass
class Trip:
    """A departure with the rows of lists that end it."""

    key: str
    person_id: str | None
    journey: Journey | None
    listed: list[Row]

    @property
    def exit(self) -> Row:
        """The crossing of the exit, or nothing."""
        return self.journey.out.first if self.journey and self.journey.out else {}

    @property
    def entry(self) -> Row:
        """The crossing of the return, or nothing."""
        return self.journey.back.first if self.journey and self.journey.back else {}


@dataclass(frozen=True)
class Night:
    """What the rules are told beside the records."""

    policy: Policy
    as_of: date
    coverage_from: date
    stays: dict[str, int]


def departures(tables: Tables, night: Night) -> list[Row]:
    """Every departure with the columns in COMPARED."""
    trips = _trips(tables, night.policy)
    people = {row["person_id"]: row for row in tables["persons"]}
    gaps = {(row["gap_on"], row["is_exit"]) for row in tables["gaps"]}
    placements: dict[str, list[Row]] = {}
    for row in tables["placements"]:
        placements.setdefault(row["person_id"], []).append(row)
    return [
        _judged(
            trip, people.get(trip.person_id, {}), placements.get(str(trip.person_id), []), gaps,
            night,
        )
        for trip in trips
    ]  # fmt: skip


def _trips(tables: Tables, policy: Policy) -> list[Trip]:
    paired = [_trip(journey) for journey in journeys(tables["crossings"], policy)]
    of_person: dict[str, list[Trip]] = {}
    for trip in paired:
        if trip.person_id:
            of_person.setdefault(trip.person_id, []).append(trip)
    alone = []
    for rows in _returns(tables["repatriations"], policy):
        candidates = _candidates(rows[0], of_person.get(str(rows[0]["person_id"]), []), policy)
        best = min(candidates, key=_preference(rows[0]), default=None)
        # Returns come in order of arrival, so the first to claim a journey keeps it.
        if best and not best.listed:
            best.listed = rows
        else:
            key = f"L:{rows[0]['list_file']}#{rows[0]['list_number']}"
            alone.append(Trip(key, rows[0]["person_id"], None, rows))
    return paired + alone


def _trip(journey: Journey) -> Trip:
    event = journey.out or journey.back
    assert event
    prefix = "X:" if journey.out else "E:"
    return Trip(prefix + event.first["crossing_id"], event.first["person_id"], journey, [])


def _returns(rows: list[Row], policy: Policy) -> list[list[Row]]:
    """Rows of one person not too far apart, in order of arrival."""
    returns: list[list[Row]] = []
    latest: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: (r["arrived_on"], r["list_file"], r["list_number"])):
        before = latest.get(row["person_id"]) if row["person_id"] else None
        soon = days(policy.same_return_days)
        if before and row["arrived_on"] - before[-1]["arrived_on"] <= soon:
            before.append(row)
            continue
        returns.append([row])
        latest[row["person_id"]] = returns[-1]
    return returns


def _candidates(row: Row, trips: list[Trip], policy: Policy) -> list[Trip]:
    """Exits still open at the arrival, and entries near it."""
    arrived, tolerance = row["arrived_on"], days(policy.list_arrival_tolerance_days)
    found = []
    for trip in trips:
        left, back = trip.exit.get("crossed_on"), trip.entry.get("crossed_on")
        is_open = left and left <= arrived and (not back or back >= arrived - tolerance)
        is_near = not left and abs(back - arrived) <= tolerance
        if is_open or is_near:
            found.append(trip)
    return found


def _preference(row: Row) -> Any:
    """The latest exit, else the nearest entry."""

    def order(trip: Trip) -> tuple[Any, ...]:
        if trip.exit:
            return (0, -trip.exit["crossed_at"].timestamp(), 0, trip.key)
        return (1, 0, abs((trip.entry["crossed_on"] - row["arrived_on"]).days), trip.key)

    return order


def _judged(
    trip: Trip, person: Row, placements: list[Row], gaps: set[tuple[date, bool]], night: Night
) -> Row:
    row = _facts(trip, person)
    placement = _placement(row, placements, night.policy)
    row |= {
        "placement_id": placement.get("placement_id"),
        "placement_country": placement.get("country_code"),
        "link_probability": min(
            placement.get("link_probability", 1.0),
            min((listed["link_probability"] for listed in trip.listed), default=1.0),
        ),
    }
    row |= _origin(trip.listed, placement, person)
    row |= _dates(row, night)
    row |= _birth(row, trip.listed, person)
    row["is_near_gap"] = _is_near_gap(row, gaps, night.policy)
    row["rule"], row["outcome"], row["outcome_since"] = _rule(row, night)
    return row


def _facts(trip: Trip, person: Row) -> Row:
    left = trip.exit.get("crossed_on")
    arrived = min((listed["arrived_on"] for listed in trip.listed), default=None)
    seen = trip.entry.get("crossed_on")
    kind = trip.journey.return_kind if trip.journey else None
    categories = {listed["category"] for listed in trip.listed}
    paper = (trip.exit or trip.entry).get("document_type")
    return {
        "departure_key": trip.key,
        "person_id": trip.person_id,
        "departed_on": left,
        "returned_on": seen or arrived,
        "return_kind": "list" if arrived and not seen else kind,
        "days_away": (seen or arrived) and left and ((seen or arrived) - left).days,
        "occurred_on": left or seen or arrived,
        "next_exit_on": trip.journey and trip.journey.next_exit_on,
        "declared_country": trip.exit.get("country_code"),
        "purpose": (trip.exit or trip.entry).get("purpose"),
        "is_border_pass": paper == "PLB",
        "list_arrived_on": arrived,
        "observed_country": first(trip.listed, "country_code"),
        "list_file": first(trip.listed, "list_file"),
        "list_number": first(trip.listed, "list_number"),
        "list_category": next((name for name in STRENGTH if name in categories), None),
        "categories": categories,
        "sex": person.get("sex") or first(trip.listed, "sex"),
        "is_poorly_identified": bool(person.get("is_poorly_identified")),
    }


def _placement(row: Row, placements: list[Row], policy: Policy) -> Row:
    """The placement in force that fits best."""

    def ends(placement: Row) -> date:
        open_end: date = placement["valid_from"] + days(policy.open_contract_days)
        return placement["valid_to"] or open_end

    def order(placement: Row) -> tuple[Any, ...]:
        country = placement["country_code"]
        is_observed = country is not None and country == row["observed_country"]
        is_declared = country is not None and country == row["declared_country"]
        rank = 0 if is_observed else 1 if is_declared else 2
        return (rank, -placement["valid_from"].toordinal(), placement["placement_id"])

    fitting = [
        placement
        for placement in placements
        if placement["is_valid"]
        and placement["person_id"]
        and placement["valid_from"] <= row["occurred_on"] <= ends(placement)
    ]
    return min(fitting, key=order, default={})


def _origin(listed: list[Row], placement: Row, person: Row) -> Row:
    regency = first(listed, "regency_code")
    province = regency[:2] if regency else first(listed, "province_code")
    nik, born_in = person.get("nik_regency_code"), person.get("birth_province_code")
    sources = (
        ("list", province, regency),
        ("placement", placement.get("province_code"), placement.get("regency_code")),
        ("nik", nik and nik[:2], nik),
        ("birth_place", born_in, person.get("birth_regency_code")),
        ("shared_birth_place", born_in, person.get("birth_likely_regency_code")),
    )
    names = ("origin_basis", "origin_province_code", "origin_regency_code")
    first_basis, home, _ = next((s for s in sources if s[1]), ("unknown", None, None))
    told = [(basis, code) for basis, its_province, code in sources
            if code and its_province and its_province == home]  # fmt: skip
    basis, code = told[0] if told else (first_basis, None)
    if basis not in (first_basis, "shared_birth_place"):
        basis = f"province_with_{basis}"
    return dict(zip(names, (basis, home, code), strict=True))


def _dates(row: Row, night: Night) -> Row:
    policy, on = night.policy, row["occurred_on"]
    default = value(policy, "permitted_stay_days_default", on)
    stay = night.stays.get(row["declared_country"], default)
    if row["is_border_pass"]:
        stay = value(policy, "border_pass_stay_days", on)
    left = row["departed_on"]
    due = left and left + days(stay + value(policy, "grace_days", on))
    is_open = row["return_kind"] == "none"
    evidence = [on, row["returned_on"], row["list_arrived_on"], row["next_exit_on"]]
    evidence += [due] if is_open else []
    return {
        "stay": stay,
        "due_on": due,
        "is_overdue": bool(is_open and due < night.as_of),
        "final_on": max(day for day in evidence if day) + days(policy.late_record_days),
    }


def _birth(row: Row, listed: list[Row], person: Row) -> Row:
    born = person.get("birth_date") or first(listed, "birth_date")
    on, year = row["occurred_on"], first(listed, "birth_year")
    if born:
        had_birthday = (on.month, on.day) >= (born.month, born.day)
        return {"age_at_departure": on.year - born.year - (not had_birthday)}
    return {"age_at_departure": on.year - year if year is not None else None}


def _is_near_gap(row: Row, gaps: set[tuple[date, bool]], policy: Policy) -> bool:
    """Enough days of gaps in the missing direction, within an ordinary trip and near enough."""
    on, is_exit_missing = row["occurred_on"], row["departed_on"] is None
    step = -1 if is_exit_missing else 1
    away = [
        number
        for number in range(value(policy, "feed_gap_trip_days", on) + 1)
        if (on + days(step * number), is_exit_missing) in gaps
    ]
    if is_exit_missing or not away:
        return bool(away)
    return bool(away[0] <= len(away) * value(policy, "feed_gap_reach_days", on))


def _rule(row: Row, night: Night) -> tuple[str, str, date]:
    """(rule, outcome, since): the first that holds."""
    policy, on = night.policy, row["occurred_on"]
    stays_away = row["days_away"] is not None and row["days_away"] > row["stay"]
    overdue_on = row["due_on"] and row["due_on"] + days(1)
    placed, observed = row["placement_id"] is not None, row["observed_country"]
    placed_to, declared = row["placement_country"], row["declared_country"]
    is_work_listed = bool(
        row["categories"] & set(value(policy, "list_categories_proving_work", on))
    )
    is_transit = declared in value(policy, "transit_countries", on)
    is_elsewhere = bool(declared and placed_to and declared != placed_to and not is_transit)
    is_listed_there = observed is not None and observed == placed_to
    starts = night.coverage_from + days(policy.record_start_days)
    left, kind = row["departed_on"], row["return_kind"]
    if row["is_poorly_identified"]:
        return "poorly_identified", "insufficient_data", on
    if row["purpose"] in value(policy, "exempt_purposes", on) and not is_work_listed:
        return "exempt_purpose", "exempt", on
    if placed and observed and placed_to and observed != placed_to:
        return "placement_diverted_by_list", "documented_diverted", row["list_arrived_on"]
    if placed and (not is_elsewhere or not left or is_listed_there):
        return "placement_covers", "documented", on
    if left and is_work_listed and not placed:
        return "list_proves_work", "confirmed_undocumented", row["list_arrived_on"]
    if not left and policy.abroad_at_record_start == "unknown" and on < starts:
        return "before_record_start", "insufficient_data", on
    if row["is_near_gap"] and (not left or row["is_overdue"]):
        return "feed_gap", "insufficient_data", overdue_on or on
    if not left:
        return "no_exit_on_record", "unrecorded_exit", on
    if row["days_away"] is not None and not stays_away:
        return "returned_within_stay", "returned_within_stay", row["returned_on"]
    if kind == "implied" and row["next_exit_on"] <= row["due_on"]:
        return "return_implied", "returned_within_stay", row["next_exit_on"]
    if placed and is_elsewhere and (stays_away or row["is_overdue"]):
        since = row["returned_on"] or overdue_on
        return "placement_diverted_by_declaration", "documented_diverted", since
    if stays_away:
        return "returned_late", "returned_late", row["returned_on"]
    if kind == "implied":
        return "return_date_unknown", "insufficient_data", row["next_exit_on"]
    if not row["is_overdue"]:
        return "not_yet_due", "awaiting", on
    return _of_the_overdue(row, policy, overdue_on)


def _of_the_overdue(row: Row, policy: Policy, since: date) -> tuple[str, str, date]:
    on, age = row["occurred_on"], row["age_at_departure"]
    if row["is_border_pass"]:
        return "border_pass_overdue", "insufficient_data", since
    if age is None:
        return "age_unknown", "insufficient_data", since
    if value(policy, "working_age_min", on) <= age <= value(policy, "working_age_max", on):
        return "overdue_of_working_age", "suspected_undocumented", since
    return "outside_working_age", "insufficient_data", since
