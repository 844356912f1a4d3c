"""Fuzz the readers for as long as asked, with the conservation law as the oracle.

    nice python -m tests.intake.fuzz_hour [--cpu-seconds 3600] [--seed 1] [--keep DIR]

Four kinds of cases: texts of pieces that nobody would send, pages of cells and words of PDF pages
at random, archives of such texts, and the corpus of tests/cases/deliveries with bytes changed, in
the file or in a member of it. Workbooks and PDF are read in the process of the fuzzer: a crash
there ends the process; then the file is read as the night does it, apart, and has to be refused.
Ends with 1 where anything was lost, crashed or hung; such cases are kept.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import contracts
from pipelines.intake import apart
from tests.intake import accounts

CORPUS = Path(__file__).parents[1] / "cases" / "deliveries" / "files"
HANGS_AFTER = 60
ROUND = 20  # seconds of a process
MEMORY = 4 << 30
NOW = "now.txt"
PACKED = (".xlsx", ".ods", ".zip")


def main() -> int:
    """Rounds of processes until the time is spent; prints cases by reader and how they ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu-seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz_failures")
    given = parser.parse_args()
    total: Counter[str] = Counter()
    spent, seed = 0.0, given.seed
    while spent < given.cpu_seconds:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        total += _round(seed, min(ROUND, given.cpu_seconds - spent), given.keep)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        seed += 1
        print(f"{spent:,.0f} s, {sum(total.values()):,} cases", file=sys.stderr, flush=True)
    told = {
        "cpu_seconds": round(spent),
        "cases": sum(total.values()),
        "by": dict(sorted(total.items())),
    }
    print(json.dumps(told, indent=1))
    return int(any("FAILED" in name for name in total))


def _round(seed: int, seconds: float, keep: Path) -> Counter[str]:
    """One process; what it was at when it died is a case that failed."""
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        child = context.Process(target=_work, args=(seed, seconds, Path(folder), keep))
        child.start()
        child.join()
        counts = Path(folder) / "counts.json"  # none where it died of one of its first cases
        counted = Counter(json.loads(counts.read_text()) if counts.exists() else {})
        if child.exitcode:
            counted[_ended(Path(folder), keep, f"seed {seed} ended with {child.exitcode}")] += 1
        return counted


def _ended(folder: Path, keep: Path, said: str) -> str:
    """What the night makes of the file at which a process died."""
    file = Path((folder / NOW).read_text())
    if file.suffix in (".xlsx", ".xls", ".ods", ".pdf"):
        ended = accounts.accounted(file, contracts.sources()[file.parent.name])
        return f"{file.suffix[1:]}, changed: {ended}, only by being read apart"
    _keep(folder, keep, said)
    return f"FAILED: {said}"


def _work(seed: int, seconds: float, folder: Path, keep: Path) -> None:
    """Cases one after another, until the process has used its seconds."""
    apart.pages = _here
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a hang ends the process
    signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER)
    draw, counted = random.Random(seed), Counter[str]()  # noqa: S311
    start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    while True:
        for case in (_text, _text, _archive, _page, _page, _page, _words, _corpus, _corpus):
            signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER)
            try:
                counted[case(draw, folder)] += 1
            except Exception:
                counted[f"FAILED {case.__name__}"] += 1
                _keep(folder, keep, f"seed {seed}\n{traceback.format_exc()}")
        (folder / "counts.json").write_text(json.dumps(counted))
        if resource.getrusage(resource.RUSAGE_SELF).ru_utime - start > seconds:
            return


def _here(kind: str, path: Path) -> list[dict[str, Any]]:
    """`apart.pages` without a process of its own."""
    return apart.taken(list(apart.said(kind, path)))


def _keep(folder: Path, keep: Path, said: str) -> None:
    case = keep / f"{len(list(keep.glob('*'))) + 1:04d}"
    shutil.copytree(folder, case)
    (case / "why.txt").write_text(said)


def _landed(folder: Path, source: str, name: str, content: bytes) -> Path:
    """The one file that lies there."""
    there = folder / source
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    (there / name).write_bytes(content)
    (folder / NOW).write_text(str(there / name))
    return there / name


def _pieces(draw: random.Random) -> str:
    begin = accounts.HEADER + "\n" if draw.random() < 0.7 else ""
    return begin + "".join(draw.choices(accounts.PIECES, k=draw.randrange(60)))


def _text(draw: random.Random, folder: Path) -> str:
    content = _pieces(draw).encode(draw.choice(accounts.CODECS), errors="replace")
    file = _landed(folder, "perlintasan", "a.csv", content)
    return f"csv: {accounts.accounted(file, accounts.CROSSINGS)}"


def _archive(draw: random.Random, folder: Path) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for n in range(draw.randrange(4)):
            packed.writestr(f"{n}.csv", _pieces(draw))
    file = _landed(folder, "perlintasan", "a.zip", out.getvalue())
    return f"zip: {accounts.accounted(file, accounts.CROSSINGS)}"


def _page(draw: random.Random, _folder: Path) -> str:
    def line() -> list[str | None]:
        if draw.random() < 0.2:
            return list(accounts.TITLES)
        return draw.choices(accounts.CELLS, k=draw.randrange(11))

    pages = [[line() for _ in range(draw.randrange(15))] for _ in range(draw.randrange(4))]
    accounts.pages_accounted(pages, draw.random() < 0.5, draw.random() < 0.5)
    return "pages of cells"


def _words(draw: random.Random, _folder: Path) -> str:
    words = {(draw.randrange(81), draw.randrange(41)) for _ in range(draw.randrange(61))}
    rules = [
        (draw.random() < 0.5, draw.randrange(81), draw.randrange(81), draw.randrange(81))
        for _ in range(draw.randrange(21))
    ]
    accounts.words_accounted(sorted(words), rules)
    return "words of a page"


FILES = sorted(p for p in CORPUS.rglob("*") if p.is_file() and p.stat().st_size < 1 << 18)


def _corpus(draw: random.Random, folder: Path) -> str:
    file = draw.choice(FILES)
    source, content = file.parent.name, file.read_bytes()
    is_packed = file.suffix in PACKED and zipfile.is_zipfile(file)
    changed = _member_changed(draw, content) if is_packed and draw.random() < 0.8 else None
    landed = _landed(folder, source, file.name, changed or _changed(draw, content))
    ended = accounts.accounted(landed, contracts.sources()[source])
    return f"{''.join(file.suffixes)[1:]}, changed: {ended}"


def _member_changed(draw: random.Random, content: bytes) -> bytes | None:
    """The archive with one member changed, its checksums right; None where it cannot be opened."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            names = old.namelist()
            chosen = draw.choice(names)
            for name in names:
                said = old.read(name)
                new.writestr(name, _changed(draw, said) if name == chosen else said)
    except (zipfile.BadZipFile, ValueError, IndexError, RuntimeError):
        return None
    return out.getvalue()


def _changed(draw: random.Random, content: bytes) -> bytes:
    """A few bytes flipped, taken out, repeated or put in, or the end cut off."""
    said = bytearray(content)
    changes: list[Callable[[int, int], Any]] = [
        lambda a, _: said.__setitem__(slice(a, a + 1), bytes([draw.randrange(256)])),
        lambda a, b: said.__delitem__(slice(a, b)),
        lambda a, b: said.__setitem__(slice(a, a), said[a:b]),
        lambda a, _: said.__setitem__(slice(a, a), draw.choice(accounts.PIECES).encode()),
        lambda a, _: said.__delitem__(slice(max(a, len(said) // 2), None)),
    ]
    for _ in range(1 + draw.randrange(4)):
        at = draw.randrange(len(said) + 1)
        draw.choices(changes, (5, 2, 2, 3, 1))[0](at, at + draw.randrange(1, 60))
    return bytes(said)


if __name__ == "__main__":
    sys.exit(main())
