"""### An extract for an auditor

One region and period, for a purpose with a legal basis, signed and verifiable years later.
**Not available yet**: the form is complete and its values are checked; the run then says so and
fails. *Belum tersedia.*
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from pipelines.schedule.wiring import DEFAULTS

TEXT = {"type": "string", "minLength": 3, "maxLength": 200, "pattern": r"^\S.*\S$"}
PARAMS = {
    "region": Param(
        "52", type="string", pattern=r"^\d{2}(\.\d{2})?$", title="Region",
        description="Province (52) or regency (52.03).",
    ),
    "from": Param("2025-01-01", type="string", format="date", title="From (first day)"),
    "to": Param("2025-12-31", type="string", format="date", title="To (last day)"),
    "purpose": Param(title="Purpose", description="What the extract is for.", **TEXT),
    "legal_basis": Param(
        title="Legal basis", description="For example: UU 37/2008 art. 8.", **TEXT
    ),
    "requester": Param(
        title="Requester", description="Office that asks, not a person.", **TEXT
    ),
    "language": Param("id", type="string", enum=["id", "en"], title="Language"),
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
    @task
    def extract() -> None:
        raise AirflowFailException("not available yet: extracts come with a later release")

    extract()


pulang_extract()
