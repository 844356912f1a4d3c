"""### An extract for an auditor

One scope, for a purpose with a legal basis, signed and verifiable years later (docs/extracts.md).
It is put into `extracts/` of the home: a folder and a zip, without identities. One that names
people is made by hand, `pulang extract --identified`. *Ekstrak untuk auditor, tanpa identitas.*
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from pipelines.schedule.wiring import DEFAULTS, WRITER

TEXT = {"type": "string", "minLength": 3, "maxLength": 200, "pattern": r"^\S.*\S$"}
DAY = {"type": ["null", "string"], "format": "date"}
PARAMS = {
    "region": Param(
        "52", type=["null", "string"], pattern=r"^\d{2}(\.\d{2})?$", title="Region",
        description="Province (52) or regency (52.03); all if empty.",
    ),
    "from": Param("2025-01-01", title="From (first day)", **DAY),
    "to": Param("2025-12-31", title="To (last day)", **DAY),
    "outcomes": Param(
        [], type="array", items={"type": "string"}, title="Outcomes", description="All if empty."
    ),
    "lists": Param(
        [], type="array", items={"type": "string"}, title="Repatriation lists",
        description="batch_id of each list; all departures if empty.",
    ),
    "departure": Param(
        None, type=["null", "string"], pattern="^D[0-9a-f]{16}$", title="One departure",
        description="departure_id; region and days are then left empty.",
    ),
    "purpose": Param(title="Purpose", description="What the extract is for.", **TEXT),
    "legal_basis": Param(
        title="Legal basis", description="For example: UU 37/2008 art. 8.", **TEXT
    ),
    "requester": Param(
        title="Requester", description="Office that asks, not a person.", **TEXT
    ),
    "approver": Param(
        None, type=["null", "string"], title="Approver",
        description="Office that answers for it where it overlaps an earlier extract.",
    ),
    "language": Param("id", type="string", enum=["id", "en", "both"], title="Language"),
    "night": Param(None, title="Night", description="The latest if empty.", **DAY),
}  # fmt: skip


@dag(
    schedule=None,
    is_paused_upon_creation=False,
    default_args=DEFAULTS | {"retries": 0, "execution_timeout": timedelta(hours=1)},
    params=PARAMS,
    doc_md=__doc__,
    tags=["pulang"],
)
def pulang_extract() -> None:
    @task(pool=WRITER)  # it enters itself in the access log
    def extract() -> str:
        from pipelines.schedule import work

        return work.extract()

    extract()


pulang_extract()
