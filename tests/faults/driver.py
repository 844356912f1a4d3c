"""Nights that are killed, starved of disk, locked out or fed half a file, and run again.

    python -m tests.faults.driver [--postgres] [--only "killed at any time" "disk full" ...]

Real processes run `pulang night` on copies of one home: the story of tests/story.py after its
first night, with a correction landed. After each fault the published file must be a whole night,
and after the next run the published tables and the lake must say what an undisturbed night says.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from pipelines import contracts, settings
from pipelines.publish.digest import digests, of_table
from tests import papers, postgres, story

KEY = "a key for tests"
WITHHELD_ROOM = (0.1, 0.5, 2.0)  # MiB left on the disk
LIMITS = (8, 64, 600)  # KiB that a file may have
MOMENTS, SEED = 8, 7  # kills at random times
EVERY = 8  # of the writes and published tables, one in so many
# What a run says of itself, and not of the deliveries.
OF_RUNS = {("ops", name) for name in ("stages", "nights", "checks", "access_log")}

Says = dict[str, str]


@dataclass
class House:
    """Where the copies are made, and what undisturbed nights say."""

    root: Path
    base: settings.Settings
    server: postgres.Server | None = None
    points: list[str] = field(default_factory=list)
    seconds: float = 0.0
    before: Says = field(default_factory=dict)
    once: Says = field(default_factory=dict)
    twice: Says = field(default_factory=dict)
    lake: Says = field(default_factory=dict)

    def copy(self, name: str, folder: Path | None = None) -> settings.Settings:
        """A copy of the base to be maltreated, its catalog too."""
        path = (folder or self.root) / name
        shutil.copytree(self.base.home.path, path, symlinks=True)
        catalog = self.base.catalog
        if self.server and catalog:
            self.server.run("postgres", f"CREATE DATABASE {name} TEMPLATE base")
            catalog = catalog.replace("dbname=base", f"dbname={name}")
        return replace(self.base, home=settings.Home(path), catalog=catalog)

    def drop(self, now: settings.Settings) -> None:
        """Give the room of a copy back."""
        if self.server:
            self.server.run("postgres", f"DROP DATABASE {now.home.path.name}")
        shutil.rmtree(now.home.path)


def environment(now: settings.Settings) -> dict[str, str]:
    given = {
        "PULANG_HOME": str(now.home.path),
        "PULANG_KEY": KEY,
        "PULANG_MEMORY": "2GB",
        "PULANG_THREADS": str(papers.THREADS),
        "PULANG_CATALOG": f"postgres:{now.catalog}",
    }
    if not now.catalog:
        del given["PULANG_CATALOG"]
    return os.environ | given


def trace(now: settings.Settings) -> list[str]:
    """The points that the last run of a home came to."""
    return now.home.path.with_suffix(".trace").read_text().splitlines()


def command(now: settings.Settings, point: int | str = 0) -> list[str]:
    passed = str(now.home.path.with_suffix(".trace"))
    doomed = [sys.executable, "-m", "tests.faults.doomed", passed, str(point)]
    return [*doomed, "night", "--date", str(story.NIGHT), "--json"]


def run(now: settings.Settings, point: int | str = 0, file_limit: int | None = None) -> int:
    """The exit code of one night; negative where a signal ended it."""

    def limited() -> None:
        import resource

        if file_limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    done = subprocess.run(
        command(now, point), env=environment(now), preexec_fn=limited, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode


@contextmanager
def prepared(folder: Path, with_postgres: bool = False) -> Iterator[House]:
    """The base, and what it becomes undisturbed after one night and after another."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.started()) if with_postgres else None
        now = replace(papers.home(folder / "base"), catalog=server and server.database("base"))
        story.landed(now.home.landing)
        assert run(now) == 0
        os.utime(now.home.landing / "perlintasan" / "2025.csv")
        story.corrected(now.home.landing)
        house = House(folder, now, server, before=digests(now.home.warehouse))
        calm = house.copy("calm")
        start = time.monotonic()
        assert run(calm) == 0
        house.seconds = time.monotonic() - start
        house.points = trace(calm)
        house.once, house.lake = digests(calm.home.warehouse), lake_says(calm)
        assert run(calm) == 0
        house.twice = digests(calm.home.warehouse)
        assert lake_says(calm) == house.lake
        yield house


def lake_says(now: settings.Settings) -> Says:
    """Digest of every table of the lake but those that tell of the runs themselves."""
    with story.opened(now) as lake:
        return {
            f"{schema}.{name}": of_table(lake.ibis, lake.table(schema, name))
            for schema, name in contracts.lake()
            if (schema, name) not in OF_RUNS
        }


# Verdicts


def is_whole(house: House, now: settings.Settings) -> str:
    """Whether analysts see a whole night just after the fault."""
    try:
        seen = digests(now.home.warehouse)
    except duckdb.Error as error:
        return f"the published file cannot be read: {error}"
    return "" if seen in (house.before, house.once) else "the published file is no whole night"


def is_recovered(house: House, now: settings.Settings, was_recorded: bool | None) -> str:
    """Whether the next run says what an undisturbed night says; "" if so."""
    if code := run(now):
        return f"the next run ended with {code}"
    found = digests(now.home.warehouse)
    [(nights,)] = story.ask(now.home, "SELECT count(*) FROM nights")
    if was_recorded is not None and nights != 2 + was_recorded:
        return f"{nights} nights were published"
    wanted = house.once if nights == 2 else house.twice
    if wrong := [name for name in wanted if wanted[name] != found[name]]:
        return f"published otherwise: {', '.join(wrong)}"
    lake = lake_says(now)
    if wrong := [name for name in house.lake if house.lake[name] != lake[name]]:
        return f"in the lake otherwise: {', '.join(wrong)}"
    left = [p.name for p in (*now.home.published.glob(".*"), *now.home.temporary.iterdir())]
    return f"left behind: {left}" if left else ""


# Faults: each gives what went wrong, "" where nothing did


def is_recorded(passed: list[str]) -> bool:
    """Whether a run that came to these points committed the night that it published."""
    entered = "stage: after enter publish"
    return entered in passed and "commit: after" in passed[passed.index(entered) :]


def killed_at(house: House, point: int | str) -> str:
    now = house.copy(f"point{point}" if isinstance(point, int) else "point")
    code = run(now, point)
    passed = trace(now)
    wrong = "" if code == -signal.SIGKILL else f"ended with {code}"
    wrong = wrong or is_whole(house, now) or is_recovered(house, now, is_recorded(passed))
    house.drop(now)
    return wrong and f"{point}, {passed[-1]}: {wrong}"


def killed_in_turn(house: House, points: list[str]) -> str:
    """Killed at one point, begun again and killed at the next, and at last left to end."""
    now, wrong = house.copy("turns"), ""
    for point in points:
        code = run(now, point)
        wrong = wrong or ("" if code == -signal.SIGKILL else f"ended with {code} at {point}")
        wrong = wrong or is_whole(house, now)
    wrong = wrong or is_recovered(house, now, was_recorded=False)
    house.drop(now)
    return wrong


def killed_after(house: House, number: int, seconds: float) -> str:
    now = house.copy(f"moment{number}")
    with subprocess.Popen(
        command(now), env=environment(now), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as doomed:
        time.sleep(seconds)
        doomed.kill()
    wrong = is_whole(house, now) or is_recovered(house, now, was_recorded=None)
    house.drop(now)
    return wrong and f"after {seconds:.1f} s: {wrong}"


def file_too_large(house: House, limit: int) -> str:
    now = house.copy(f"limit{limit}")
    code = run(now, file_limit=limit * 1024)
    wrong = is_whole(house, now) or is_recovered(house, now, was_recorded=not code)
    house.drop(now)
    return wrong and f"{limit} KiB, ended with {code}: {wrong}"


def disk_full(house: House, room: float) -> str:
    """On a file system of its own, filled up by somebody else, who then makes room."""
    name = f"room{int(room * 1000)}"
    mount = house.root / f"disk_{name}"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", mount], check=True)
    try:
        now = house.copy(name, mount)
        free = shutil.disk_usage(mount).free
        ballast = mount / "ballast"
        with ballast.open("wb") as out:
            out.write(bytes(free - int(room * 1024**2)))
        code = run(now)
        wrong = is_whole(house, now)
        ballast.unlink()
        wrong = wrong or is_recovered(house, now, was_recorded=not code)
        house.drop(now)
        return wrong and f"{room} MiB left, ended with {code}: {wrong}"
    finally:
        subprocess.run(["umount", mount], check=True)


HOLD = """
import sys
from pathlib import Path
from dataclasses import replace
from pipelines import keys
from pipelines.lake import open_lake
from tests import papers
now = replace(papers.home(Path(sys.argv[1])), catalog=sys.argv[2] or None)
with open_lake(now, keys.load(now.home.keys, now.key, True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def catalog_locked(house: House) -> str:
    now = house.copy("locked")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(now.home.path), now.catalog or ""],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(now),
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    code = run(now)
    holder.communicate()
    wrong = "" if code == 1 else f"ended with {code}"
    wrong = wrong or is_whole(house, now) or is_recovered(house, now, was_recorded=False)
    house.drop(now)
    return wrong


def delivery_still_copied(house: House) -> str:
    """The correction comes in slowly while a night runs; it is left to the next one."""
    now = house.copy("slow")
    file = now.home.landing / "perlintasan" / "koreksi.csv"
    whole, stat = file.read_bytes(), file.stat()
    half = len(whole) * 2 // 3
    file.write_bytes(whole[:half])
    with subprocess.Popen(
        command(now), env=environment(now), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        for end in range(half, len(whole)):
            with file.open("ab") as out:
                out.write(whole[end : end + 1])
            time.sleep(0.2)
            if running.poll() is not None:
                break
        running.wait()
    taken = story.ask(now.home, "SELECT file FROM batches WHERE file = 'koreksi.csv'")
    file.write_bytes(whole)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    wrong = f"ended with {running.returncode}" if running.returncode else ""
    wrong = wrong or ("half of it was taken in" if taken else "")
    if wrong or run(now):
        return wrong or "the next run failed"
    found = digests(now.home.warehouse)
    of_numbers = {"nights", "changes", "checks"}  # one night later than undisturbed
    differ = [n for n in house.once if n not in of_numbers and house.once[n] != found[n]]
    house.drop(now)
    return f"published otherwise: {', '.join(differ)}" if differ else ""


# The plan


def may_mount(folder: Path) -> bool:
    """Whether a file system of our own can be had: for root, and not in every container."""
    probe = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(probe, check=False, capture_output=True).returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


def points_of(house: House) -> Iterator[tuple[str, int]]:
    """(kind, point): each begin and end of a stage, commit and file, some of the many writes."""
    seen: Counter[str] = Counter()
    for number, point in enumerate(house.points, 1):
        kind = point.partition(":")[0]
        seen[kind] += 1
        if kind in ("write", "publication"):
            is_wanted = seen[kind] % EVERY == 0
        else:
            is_wanted = not point.startswith(("stage: after begin", "stage: before enter"))
        if is_wanted:
            yield f"killed at a {kind}", number


Fault = tuple[str, Callable[[], str]]


def everything(house: House) -> Iterator[Fault]:
    """All faults of a full run."""
    for kind, point in points_of(house):
        yield kind, lambda point=point: killed_at(house, point)
    moments = random.Random(SEED)  # noqa: S311
    for number in range(MOMENTS):
        at = moments.uniform(0, house.seconds)
        yield "killed at any time", lambda n=number, at=at: killed_after(house, n, at)
    yield from starved(house)
    yield "catalog locked", lambda: catalog_locked(house)
    yield "delivery still being copied", lambda: delivery_still_copied(house)


def starved(house: House) -> Iterator[Fault]:
    """No room for what is to be written."""
    for limit in LIMITS:
        yield "file too large", lambda limit=limit: file_too_large(house, limit)
    if not may_mount(house.root):
        print("NO FILE SYSTEM OF OUR OWN HERE (mount needs root): a full disk is NOT TESTED")
        return
    for room in WITHHELD_ROOM:
        yield "disk full", lambda room=room: disk_full(house, room)


def tried(faults: Iterator[Fault], say: Callable[..., None] = print) -> dict[str, list[str]]:
    """What went wrong by kind of fault: one entry per fault, empty where nothing did."""
    found: dict[str, list[str]] = {}
    for kind, fault in faults:
        wrong = fault()
        found.setdefault(kind, []).append(wrong)
        say(f"{kind}: {wrong or 'recovered'}", flush=True)
    return found


def table(found: dict[str, list[str]]) -> str:
    lines = [f"{'fault':<30} {'done':>5} {'recovered':>10}"]
    for kind, ends in found.items():
        lines.append(f"{kind:<30} {len(ends):>5} {ends.count(''):>10}")
    ends = [end for of_kind in found.values() for end in of_kind]
    return "\n".join([*lines, f"{'all':<30} {len(ends):>5} {ends.count(''):>10}"])


def main() -> int:
    """Prints one line per fault, then the counts; 1 where a fault was not survived."""
    options = argparse.ArgumentParser()
    options.add_argument("--postgres", action="store_true", help="with the catalog in PostgreSQL")
    options.add_argument("--only", nargs="+", metavar="KIND", help="faults of these kinds")
    given = options.parse_args()
    os.environ["PGPASSWORD"] = postgres.PASSWORD  # it looks into the lakes itself, too
    with (
        tempfile.TemporaryDirectory(prefix="pulang-faults-") as folder,
        prepared(Path(folder), given.postgres) as house,
    ):
        wanted = (f for f in everything(house) if not given.only or f[0] in given.only)
        found = tried(wanted)
    print(table(found))
    if untried := set(given.only or ()) - found.keys():
        print(f"NO SUCH FAULTS: {', '.join(sorted(untried))}")
    return int(bool(untried) or any(end for ends in found.values() for end in ends))


if __name__ == "__main__":
    sys.exit(main())
