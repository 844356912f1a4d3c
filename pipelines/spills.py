"""Folders for what the engine spills: one per process, and none left of those that died."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HELD = ".held"


@contextmanager
def folder(temporary: Path) -> Iterator[Path]:
    """A private folder under `temporary`, gone at the end, held while its process lives."""
    temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
    mine = Path(tempfile.mkdtemp(dir=temporary))
    with (mine / HELD).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield mine
        finally:
            shutil.rmtree(mine, ignore_errors=True)


def clear(temporary: Path) -> None:
    """Remove what killed processes left behind. Only for the one that may write the lake."""
    for left in temporary.iterdir():
        if left.is_file():
            left.unlink(missing_ok=True)
        elif not _is_held(left):
            shutil.rmtree(left, ignore_errors=True)


def _is_held(left: Path) -> bool:
    try:
        with (left / HELD).open("r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
