"""The change of keys: everything that the old secret opened is written anew under the new one.

First all of it lies beside the old; then a mark is set, and file after file takes the place of the
old one. Broken off before the mark, nothing has happened; after it, the lake stays shut until
`rotate` is called again and goes on. Person and departure ids stay what they are.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines import access_log, keys, lake_files, settings
from pipelines.catalog import READY, SEAL_PURPOSE, is_rotating, rotation_of, seal_of, writing
from pipelines.desks.front import NothingThereError
from pipelines.errors import PulangError
from pipelines.intake.arrivals import Archive
from pipelines.lake import exists, open_lake

IN_FILE, GIVEN = "in its file", "given"


class RotationError(PulangError):
    """A change of keys that cannot begin."""


def rotate(now: settings.Settings, report: Callable[[str], None] = lambda _: None) -> None:
    """Change the key of a home, or end a change that was broken off.

    The new secret is PULANG_NEW_KEY, or where the old one lies in a file of the home, a new file.
    Raises RotationError, LakeBusyError or LakeShutError.
    """
    home = now.home
    if not exists(home):
        raise NothingThereError(f"no lake in {home.path}; run `pulang night` first")
    if not is_rotating(home):
        old = keys.load(home.keys, now.key, lake_exists=True)
        new = old.succeeded_by(_new_secret(now, old))
        with open_lake(now, old) as lake:
            access_log.note(lake, now, "key_rotation", {"to": GIVEN if now.new_key else IN_FILE})
        report("writing everything under the new key")
        with writing(now):
            _prepare(now, old, new)
    with writing(now):
        report("putting it in place")
        _finish(home)


def _next(home: settings.Home) -> Path:
    return home.keys / f"{keys.FILE}.next"


def _new_secret(now: settings.Settings, old: keys.Keys) -> bytes:
    _next(now.home).unlink(missing_ok=True)
    if now.new_key:
        if now.new_key.encode() == old.secret:
            raise RotationError("PULANG_NEW_KEY is the key that there is")
        return now.new_key.encode()
    if now.key:
        raise RotationError("the key is given by PULANG_KEY; give the new one by PULANG_NEW_KEY")
    return keys.create(_next(now.home))


def _prepare(now: settings.Settings, old: keys.Keys, new: keys.Keys) -> None:
    """Everything under the new key, beside the old; the mark comes last."""
    home, staged = now.home, rotation_of(now.home)
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    with lake_files.opened(now, old) as con:
        lake_files.renew(con, now)
        if not now.catalog:
            lake_files.copy_catalog(con, staged / "catalog.duckdb", new)
    if now.catalog:
        (staged / seal_of(home).name).write_text(new.derive(SEAL_PURPOSE))
    source = Archive(home.lake / "archive", old.derive("archive"))
    target = Archive(staged / "archive", new.derive("archive"))
    for digest in source.kept():
        target.write(digest, source.read(digest))
    sealed = staged / keys.sealed_in(home.keys).name
    sealed.touch(mode=0o600)
    sealed.write_bytes(new.sealed())
    os.sync()
    (staged / READY).write_text(GIVEN if now.new_key else IN_FILE)
    os.sync()


def _finish(home: settings.Home) -> None:
    """Put what is ready in place; begun again, it goes on where it was broken off."""
    staged = rotation_of(home)
    for file in (staged / "archive").rglob("*.aes"):
        file.replace(home.lake / file.relative_to(staged))
    for name in (keys.sealed_in(home.keys).name, seal_of(home).name):
        if (file := staged / name).exists():
            file.replace(home.lake / name)
    if (catalog := staged / "catalog.duckdb").exists():
        lake_files.settle_catalog(catalog, home)
    if (staged / READY).read_text() == GIVEN:
        (home.keys / keys.FILE).unlink(missing_ok=True)
    elif _next(home).exists():
        _next(home).replace(home.keys / keys.FILE)
    os.sync()
    (staged / READY).unlink()
    shutil.rmtree(staged)
