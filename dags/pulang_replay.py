"""### A past night, worked out again

From the archived deliveries, in a home of its own, and compared table by table with what was
published then. Fails where a table differs. *Malam yang lalu dihitung ulang dan dibandingkan.*
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from pipelines.schedule.wiring import DEFAULTS

NIGHT = Param(type="string", format="date", title="Night", description="Date of a published night.")


@dag(
    schedule=None,
    is_paused_upon_creation=False,
    default_args=DEFAULTS | {"retries": 0, "execution_timeout": timedelta(hours=2)},
    params={"night": NIGHT},
    doc_md=__doc__,
    tags=["pulang"],
)
def pulang_replay() -> None:
    @task
    def replay() -> None:
        from pipelines.schedule import work

        work.replay()

    replay()


pulang_replay()
