"""Placements, and from when to when each is valid."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import countries as country_names
from pipelines.standardise import places
from pipelines.standardise.crossings import local_date
from pipelines.standardise.gates import HOURS_AHEAD_OF_UTC
from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import usable, with_standard_name

CANCELLED = "BATAL"
VALID = ("TERBIT", "PERPANJANGAN")


def placements(records: ir.Table, countries: ir.Table, regions: places.Regions) -> ir.Table:
    """`std_placements`: the current placements. Key: placement_id.

    `records` are all versions with received_at, when the version's delivery came. A placement is
    valid from the end of its process to the end of its contract (open when that is missing).
    `BATAL` ends it on the day (WIB) of its delivery; where no earlier version was valid, it never
    was. Rule: DESIGN, settled points.
    """
    country = country_names.resolved(records.country_name, countries)
    placed = located(_with_validity(records), regions)
    named = with_standard_name(placed)
    joined = named.left_join(country, [("country_name", "raw_country")])
    return joined.select(
        "placement_id",
        nik=nik(joined.nik),
        name=usable(joined.full_name),
        birth_date=joined.birth_date,
        birth_place=joined.birth_place,
        sex=joined.sex,
        passport_number=document_number(joined.passport_number),
        regency_code=joined.regency_code,
        province_code=joined.province_code,
        country_code=joined.country_code,
        scheme=joined.scheme,
        sector=joined.sector,
        processed_on=joined.processed_on,
        valid_from=joined.processed_on,
        valid_to=joined.valid_to,
        is_valid=joined.is_valid,
        first_received_at=joined.first_received_at,
        batch_id=joined.batch_id,
        row_number=joined.row_number,
    )


def cancellations(records: ir.Table) -> ir.Table:
    """Placements that were valid until a `BATAL` came. Key: placement_id.

    Columns: placement_id, cancelled_at: the first `BATAL` since the last valid version. A repeated
    `BATAL` does not prolong a placement, nor does a version that came after.
    """
    is_cancelled = records.superseded_by.isnull() & (records.status == CANCELLED)
    last = records.filter(is_cancelled).select("placement_id", last_at="received_at")
    versions = records.inner_join(last, "placement_id").select(
        "placement_id", "status", "received_at", "last_at"
    )
    until = versions.filter(versions.received_at <= versions.last_at)
    valid = until.filter(until.status.isin(VALID))
    was_valid = valid.group_by("placement_id").agg(valid_at=valid.received_at.max())
    ends = until.inner_join(was_valid, "placement_id").select(*until.columns, "valid_at")
    ends = ends.filter((ends.status == CANCELLED) & (ends.received_at >= ends.valid_at))
    return ends.group_by("placement_id").agg(cancelled_at=ends.received_at.min())


def _with_validity(records: ir.Table) -> ir.Table:
    """The current versions with first_received_at, valid_to and is_valid."""
    versions = ibis.window(group_by="placement_id")
    dated = records.mutate(first_received_at=records.received_at.min().over(versions))
    current = dated.filter(dated.superseded_by.isnull())
    ended = cancellations(records)
    joined = current.left_join(ended, "placement_id").select(*current.columns, "cancelled_at")
    cancelled_on = local_date(joined.cancelled_at, ibis.literal(HOURS_AHEAD_OF_UTC["WIB"]))
    valid_to = ibis.least(joined.contract_ends_on, cancelled_on)
    lasts = (valid_to >= joined.processed_on).fill_null(True)
    was_valid = joined.status.isin(VALID) | joined.cancelled_at.notnull()
    return joined.mutate(valid_to=valid_to, is_valid=(was_valid & lasts).fill_null(False))


def located(current: ir.Table, regions: places.Regions) -> ir.Table:
    """`current` with today's codes; what was delivered becomes regency_text, district_text."""
    worded = current.rename(regency_text="regency_code", district_text="district_code")
    return places.located(
        worded, regions, regency=worded.regency_text, district=worded.district_text
    )
