"""Whom the file system lets in: what is secret belongs to the operator's account alone."""

from pathlib import Path

from pipelines.settings import Home

GROUP_AND_OTHERS, OTHERS = 0o077, 0o007


def open_to_others(home: Home) -> list[str]:
    """Folders and files of a home that more accounts may enter than should.

    Lake, keys and spills are the operator's alone; agencies may bring to landing/ as its group.
    Inside a shut folder only the key itself is looked at.
    """
    wanted = {
        home.lake: GROUP_AND_OTHERS, home.keys: GROUP_AND_OTHERS,
        home.temporary: GROUP_AND_OTHERS, home.landing: OTHERS,
    }  # fmt: skip
    wanted |= dict.fromkeys(sorted(home.keys.glob("*")), GROUP_AND_OTHERS)
    return [_named(path, home) for path, shut in wanted.items() if _is_open(path, shut)]


def _is_open(path: Path, shut: int) -> bool:
    return path.exists() and bool(path.stat().st_mode & shut)


def _named(path: Path, home: Home) -> str:
    return f"{path.relative_to(home.path)} (mode {path.stat().st_mode & 0o777:o})"
