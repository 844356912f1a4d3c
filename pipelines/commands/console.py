"""How every command speaks: consoles, progress, errors as sentences, JSON."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.errors import PulangError, WrongUsageError

PLAIN_WIDTH = 160
out, err = Console(), Console(stderr=True)
if not out.is_terminal:
    out = Console(width=PLAIN_WIDTH)  # in a file or a pipe nothing is narrow

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def plain(value: Any) -> int | float | str:
    """What JSON has no form for: sums of whole numbers come as decimals, dates as ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


@contextmanager
def reported(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done; errors become sentences."""
    with explained(), err.status("starting", spinner="dots") as line:
        yield (lambda _: None) if quiet else line.update


@contextmanager
def explained() -> Iterator[None]:
    """Known errors as one sentence and exit 1, wrong usage 2; anything else is a fault of ours and
    shows."""
    try:
        yield
    except PulangError as error:
        kind = type(error).__name__.removesuffix("Error")
        # A path that is broken into lines cannot be copied.
        err.print(f"[red]{kind}:[/red]", escape(str(error)), soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, WrongUsageError) else 1) from None
