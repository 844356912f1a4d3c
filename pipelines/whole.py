"""Files read at once, and files that are there whole or not at all."""

from pathlib import Path
from typing import Any

import yaml

# In C where the library came with it: contracts are read at every start.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path) -> Any:
    """What a YAML file says. Raises OSError, UnicodeDecodeError or yaml.YAMLError."""
    return yaml.load(file.read_text("utf-8"), LOADER)  # noqa: S506  # safe, either of them


def write(file: Path, content: str | bytes, mode: int | None = None) -> None:
    """Write beside the file and rename over it, so that no reader and no crash meets a half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    half.unlink(missing_ok=True)
    if mode is not None:
        half.touch(mode=mode)
    half.write_bytes(content.encode() if isinstance(content, str) else content)
    half.replace(file)
