"""Reading what others built, in a process of its own with bounds on memory and time.

`python -m pipelines.intake.apart KIND FILE` writes pages as lines of JSON. A file that makes it
crash, swell or hang is refused; the night goes on.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pipelines.intake.refusals import UnreadableError

MEMORY = 3 << 30
SECONDS = 300
KINDS = {"sheets": "pipelines.intake.sheets", "pdf": "pipelines.intake.pdf"}


def pages(kind: str, path: Path) -> list[dict[str, Any]]:
    """The pages of a workbook or PDF; raises UnreadableError."""
    command = [sys.executable, "-m", __name__, kind, str(path)]
    try:
        done = subprocess.run(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError("too_large", "reading the file took too long") from None
    found = [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    if not found:
        raise UnreadableError("too_large", "reading the file went beyond its bounds")
    return taken(found)


def taken(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pages as `said` tells them; raises UnreadableError where it ends in a refusal."""
    if "refused" in found[-1]:
        raise UnreadableError(found[-1]["refused"], found[-1]["message"])
    return found[:-1]


def _within_bounds() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def said(kind: str, path: Path) -> Iterator[dict[str, Any]]:
    """The pages of a file, one by one, and an end or a refusal."""
    try:
        yield from import_module(KINDS[kind]).pages(path)
        yield {"end": True}
    except UnreadableError as error:
        yield {"refused": error.reason, "message": str(error)}
    except MemoryError:
        yield {"refused": "too_large", "message": "reading the file went beyond its bounds"}
    except BaseException as error:  # a reader in Rust panics past Exception
        yield {"refused": "unreadable_file", "message": type(error).__name__}


if __name__ == "__main__":
    _within_bounds()
    for page in said(sys.argv[1], Path(sys.argv[2])):
        sys.stdout.write(json.dumps(page) + "\n")
