"""What all DAGs have in common: owner, retries, limits of time, the pool of one writer."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DeadlineAlert, DeadlineReference, Param, SyncCallback

from pipelines.schedule.notice import Notice

OWNER = "pulang-operations"
# One slot: who writes the lake does so alone. Made by `make airflow`.
WRITER = "pulang_writer"

DEFAULTS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 3,  # 20 s, 1 min, 3 min: another writer, a disk that was full
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": Notice("failed"),
}
NIGHT = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Night",
    description="Run date, YYYY-MM-DD; the day of the schedule if empty.",
)


def deadline(interval: timedelta, scheduled: bool = True) -> DeadlineAlert:
    """Tell when a run has not ended so long after its time, or after it was asked for."""
    reference = DeadlineReference.DAGRUN_LOGICAL_DATE
    if not scheduled:
        reference = DeadlineReference.DAGRUN_QUEUED_AT
    return DeadlineAlert(reference, interval, SyncCallback("pipelines.schedule.notice.late"))
