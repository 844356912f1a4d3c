"""`pulang` in a process that kills itself with SIGKILL when it comes to a point.

    python -m tests.faults.doomed TRACE POINT night --date 2025-12-31

A point is before and after each stage, each write of the lake, each commit, each table of the
published file, and each rename, link and deletion of a file. The points are written to the file
TRACE, one per line, as `kind: what`. POINT is the number of one, or the name of the first such;
0 kills nobody.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any


class Points:
    """Counts the points as they come, up to the one that was asked for by number or name."""

    def __init__(self, trace: Path, last: str) -> None:
        self.trace, self.last, self.count = trace.open("w", buffering=1), last, 0

    def __call__(self, name: str) -> None:
        self.count += 1
        print(name, file=self.trace)
        if self.last in (name, str(self.count)):
            os.kill(os.getpid(), signal.SIGKILL)

    def around(
        self, owner: Any, method: str, said: Callable[..., str | None], kind: str = "write"
    ) -> None:
        """Put a point before and after a function; none where `said` gives nothing."""
        inner = getattr(owner, method)

        @wraps(inner)
        def wrapped(*given: Any, **named: Any) -> Any:
            name = said(*given, **named)
            if name is None:
                return inner(*given, **named)
            self(f"{kind}: before {method} {name}")
            result = inner(*given, **named)
            self(f"{kind}: after {method} {name}")
            return result

        setattr(owner, method, wrapped)

    def commits(self, lake: Any) -> None:
        """Points just before and after each transaction of the lake ends."""
        inner: Callable[[Any], AbstractContextManager[None]] = lake.transaction

        @contextmanager
        def transaction(self_: Any) -> Iterator[None]:
            with inner(self_):
                yield
                self("commit: before")
            self("commit: after")

        lake.transaction = transaction


def laid(points: Points) -> None:
    """Put points wherever a night writes."""
    from pipelines import statements
    from pipelines.intake.arrivals import Archive
    from pipelines.lake import Lake
    from pipelines.night import Night
    from pipelines.publish import warehouse

    for method in ("insert", "replace", "put", "clear", "remove", "remove_unnamed", "forget_night"):
        points.around(Lake, method, lambda _, schema, name, *__: f"{schema}.{name}")
    points.around(Lake, "make", lambda _, change: f"{change.schema}.{change.name}")
    points.around(Lake, "mark_superseded", lambda _, name, __: name)
    points.around(Lake, "expire_before", lambda *_: "")
    points.commits(Lake)
    points.around(Night, "begin", lambda _, stage: stage, "stage")
    points.around(Night, "enter", lambda _, run: run.stage, "stage")
    points.around(Archive, "keep", lambda *_: "a delivery")
    points.around(statements, "create", _published, "publication")
    points.around(warehouse, "_patched", lambda _, contract, __: contract.name, "publication")
    for method in ("replace", "rename", "link", "unlink"):
        points.around(os, method, lambda *paths, **_: Path(paths[-1]).name, "file")


def _published(_: Any, name: str, __: Any, place: Any = None) -> str | None:
    return name if place == ("warehouse", "main") else None


if __name__ == "__main__":
    trace, last, *arguments = sys.argv[1:]
    laid(Points(Path(trace), last))
    from pipelines.cli import app

    app(arguments)
