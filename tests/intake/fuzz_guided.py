"""Fuzz the readers guided by coverage (atheris), with the conservation law as the oracle.

    nice python -m tests.intake.fuzz_guided csv|grid [-max_total_time=60 ...: libFuzzer's options]

`csv`: bytes as a CSV of crossings. `grid`: lines of bytes as a page of cells. atheris is no
dependency of the project (`pip install atheris`); without it this says so.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: coverage-guided fuzzing was NOT DONE")
with atheris.instrument_imports(include=["pipelines.intake"]):
    from tests.intake import accounts

FOLDER = Path(tempfile.mkdtemp(prefix="pulang_guided_")) / "perlintasan"
CELL, LINE = b"\x00", b"\n"


def csv(data: bytes) -> None:
    """The bytes as a CSV; every row of it is accounted for, or it is refused."""
    (FOLDER / "a.csv").write_bytes(data)
    accounts.accounted(FOLDER / "a.csv", accounts.CROSSINGS)


def grid(data: bytes) -> None:
    """A line of cells for each line of the bytes; small numbers stand for what lists hold."""
    lines = [[_cell(cell) for cell in line.split(CELL)] for line in data.split(LINE)]
    accounts.pages_accounted([lines[::2], lines[1::2]], True, False)


def _cell(said: bytes) -> str | None:
    if len(said) == 1 and said[0] < len(accounts.CELLS):
        return accounts.CELLS[said[0]]
    return said.decode(errors="replace").strip() or None


TARGETS: dict[str, Callable[[bytes], None]] = {"csv": csv, "grid": grid}


def main() -> int:
    """Runs until the options of libFuzzer end it, or a case fails."""
    FOLDER.mkdir()
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
