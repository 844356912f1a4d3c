"""Who is told when a night fails, is withheld or is late: by mail and by webhook.

Both are Airflow connections: `pulang_mail` (smtp, its extra says `from_email` and `to`) and
`pulang_webhook` (http, its host is the whole address). One that is not there is left out. What is
told holds names of tasks and kinds of errors, never a delivered value.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook, BaseNotifier, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

MAIL, WEBHOOK = "pulang_mail", "pulang_webhook"
SAID = {
    "failed": "{task} of {dag} failed",
    "withheld": "{dag}: a gate has withheld publication; what is published stays as it was",
    "late": "{dag} has not ended in its time",
}
log = logging.getLogger(__name__)
Told = dict[str, Any]


class Notice(BaseNotifier):
    """Tells of one task's end. `event` is failed or withheld."""

    def __init__(self, event: str) -> None:
        """Where it goes is said by the connections alone."""
        super().__init__()
        self.event = event

    def notify(self, context: Any) -> None:
        """Called by Airflow where the task ran."""
        task = context["ti"]
        tell(
            {
                "event": self.event, "dag": task.dag_id, "task": task.task_id,
                "run": task.run_id, "try": task.try_number, "error": _kind(context),
                "log": task.log_url,
            }
        )  # fmt: skip


def late(context: Any = None) -> None:
    """What a deadline calls once it has passed."""
    run = (context or {}).get("dag_run") or {}
    tell({"event": "late", "dag": run.get("dag_id"), "run": run.get("dag_run_id")})


def _kind(context: Any) -> str | None:
    error = context.get("exception")
    return type(error).__name__ if isinstance(error, BaseException) else None


def tell(told: Told) -> None:
    """Send to all that there are; raises only after each was tried."""
    errors = []
    for name, send in SENDERS.items():
        if (connection := _connection(name)) is None:
            continue
        try:
            send(connection, told)
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"a notice of {told['event']} did not arrive", errors)


def _connection(name: str) -> Connection | None:
    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        log.info("no connection %s; nobody is told that way", name)
        return None


def _mail(connection: Connection, told: Told) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    subject = "Pulang: " + SAID[told["event"]].format(**told)
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in told.items())
    with SmtpHook(smtp_conn_id=MAIL) as hook:
        hook.send_email_smtp(
            to=connection.extra_dejson["to"], subject=subject, html_content=f"<table>{rows}</table>"
        )


def _post(_: Connection, told: Told) -> None:
    from airflow.providers.http.hooks.http import HttpHook

    headers = {"Content-Type": "application/json"}
    HttpHook(method="POST", http_conn_id=WEBHOOK).run(data=json.dumps(told), headers=headers)


SENDERS: dict[str, Callable[[Connection, Told], None]] = {MAIL: _mail, WEBHOOK: _post}
