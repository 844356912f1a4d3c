"""### A delivery lands during the day

`landing/` is watched. A file that passed two looks unchanged, and that is not in the published
file, starts this run: all stages of the night, in one process so that minutes suffice, on what has
stopped growing. Files named `.part`, `.tmp` and the like are never looked at. If a gate withholds,
the run ends as one of `pulang_nightly` does.

*Berkas yang datang pada siang hari diambil dan diterbitkan dalam hitungan menit.*
"""

from datetime import timedelta

from airflow.sdk import Asset, AssetWatcher, TriggerRule, dag, task

from pipelines.schedule import assets, work
from pipelines.schedule.arrival import DeliveryTrigger
from pipelines.schedule.notice import Notice
from pipelines.schedule.wiring import DEFAULTS, NIGHT, WRITER, deadline

LANDING = Asset(
    name="pulang/landing",
    uri=assets.HOME.landing.as_uri(),
    group="landing",
    watchers=[AssetWatcher(name="deliveries", trigger=DeliveryTrigger())],
)


@dag(
    schedule=LANDING,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULTS,
    params={"night": NIGHT},
    deadline=deadline(timedelta(minutes=30), scheduled=False),
    doc_md=__doc__,
    tags=["pulang"],
)
def pulang_arrival() -> None:
    @task(pool=WRITER, inlets=assets.DELIVERIES, outlets=assets.PUBLISHED)
    def night() -> None:
        work.run_night()

    @task(retries=0, trigger_rule=TriggerRule.ALL_SKIPPED, on_failure_callback=Notice("withheld"))
    def withheld() -> None:
        work.fail_as_withheld()

    night() >> withheld()


pulang_arrival()
