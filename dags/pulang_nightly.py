"""### The night

At 01:00 in Jakarta: take in what has landed, judge it, find out who is who, reconcile, publish.

- **find** fetches what the feeds of `feeds.yaml` have (the gate warns of failures), then looks
  at `landing/` twice; what still grows waits for the next run.
- **take_in** runs once for each lot of deliveries; a lot is one delivery on a usual night.
- **gate** judges. If a stop check fails, the run goes to **withheld** and nothing after the gate
  runs: what is published stays as it was. Such a run ends red, since somebody must look at it, but
  by its task `withheld` alone; a stage that crashed is red itself. Once the cause is gone, clear
  `gate` with all that follows it.
- **publish** comes last. Its assets are the published tables.

Each stage is one transaction from lake to lake and may be cleared and run again at any time.
*Penanggung jawab: operator malam.* A night asked for by hand may name its date.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Label, chain, dag, task

from pipelines.schedule import assets, work
from pipelines.schedule.notice import Notice
from pipelines.schedule.wiring import DEFAULTS, NIGHT, WRITER, deadline

RECORDS, STANDARD = assets.LAKE["records"], assets.LAKE["standard"]
IDENTITY, RECONCILED = assets.LAKE["identity"], assets.LAKE["reconciled"]


@dag(
    schedule=CronTriggerTimetable(
        "0 1 * * *",
        timezone="Asia/Jakarta",
        run_immediately=timedelta(0),  # else an installation before 03:24 begins with a night
    ),
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULTS,
    params={"night": NIGHT},
    deadline=deadline(timedelta(hours=3)),
    doc_md=__doc__,
    tags=["pulang"],
)
def pulang_nightly() -> None:
    @task(execution_timeout=timedelta(minutes=10))
    def find() -> list[list[str]]:
        return work.find()

    @task(pool=WRITER, inlets=assets.DELIVERIES, outlets=[RECORDS])
    def take_in(lot: list[str]) -> None:
        work.take_in(lot)

    @task.branch(pool=WRITER, inlets=[RECORDS])
    def gate() -> str:
        return "withheld" if work.run_stage("gate") == work.WITHHELD else "standardise"

    @task(pool=WRITER, inlets=[RECORDS], outlets=[STANDARD])
    def standardise() -> None:
        work.run_stage("standardise")

    @task(pool=WRITER, inlets=[STANDARD], outlets=[IDENTITY])
    def link() -> None:
        work.run_stage("link")

    @task(pool=WRITER, inlets=[STANDARD, IDENTITY], outlets=[RECONCILED])
    def reconcile() -> None:
        work.run_stage("reconcile")

    @task(pool=WRITER, inlets=[RECONCILED], outlets=assets.PUBLISHED)
    def publish() -> None:
        work.run_stage("publish")

    @task(retries=0, on_failure_callback=Notice("withheld"))
    def withheld() -> None:
        work.fail_as_withheld()

    judged = gate()
    take_in.expand(lot=find()) >> judged
    judged >> Label("a stop check failed") >> withheld()
    chain(judged, standardise(), link(), reconcile(), publish())


pulang_nightly()
