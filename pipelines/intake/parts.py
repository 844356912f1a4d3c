"""Lists that count anew: one wave per sheet, each from number 1. No person hides another."""

from typing import Any

import pyarrow as pa

from pipelines.contracts import Table


class Numbering:
    """Keys of the rows of one file whose key is a number in that file.

    Where the first number comes again with other content, a new part begins; its numbers are
    written `2/1`. Those of the first part stay as they are, so that a file that grows by a wave
    keeps the keys of the waves before.
    """

    def __init__(self, contract: Table) -> None:
        """`contract` is keyed by file."""
        self.key = contract.keys[-1]
        self.names = contract.names
        self.part = 1
        self.first: str | None = None
        self.content: Any = None

    def qualified(self, table: pa.Table) -> pa.Table:
        """`table` with the numbers of later parts told apart."""
        numbers = table[self.key].to_pylist()
        if self.first is None:
            self._begin(table, numbers)
        if self.part == 1 and numbers.count(self.first) < 2 and self.first != numbers[:1]:
            starts = [n for n, number in enumerate(numbers) if number == self.first]
            if all(self._content(table, n) == self.content for n in starts):
                return table
        for at, number in enumerate(numbers):
            if number is not None and number == self.first:
                content = self._content(table, at)
                if content != self.content:
                    self.part, self.content = self.part + 1, content
            if number is not None and self.part > 1:
                numbers[at] = f"{self.part}/{number}"
        place = table.column_names.index(self.key)
        return table.set_column(place, self.key, pa.array(numbers, pa.string()))

    def _begin(self, table: pa.Table, numbers: list[str | None]) -> None:
        at = next((n for n, number in enumerate(numbers) if number is not None), None)
        if at is not None:
            self.first, self.content = numbers[at], self._content(table, at)

    def _content(self, table: pa.Table, at: int) -> Any:
        [row] = table.select(self.names).slice(at, 1).to_pylist()
        return row
