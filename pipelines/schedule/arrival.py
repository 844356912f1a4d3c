"""Deliveries that land during the day: seen once they have stopped growing, and told once.

Outside the lake a delivery is known by its number (`Arrival.number`); neither events nor logs
hold a file name.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from pipelines import settings

# Between the two looks that a file must pass unchanged.
SECONDS_BETWEEN_LOOKS = 5.0
Number = str
# Source, file and time of receipt in microseconds: what the published file says of a delivery.
Received = tuple[str, str, int]


class DeliveryTrigger(BaseEventTrigger):
    """Fires when deliveries have landed that the published file does not know of."""

    def __init__(self, seconds: float = SECONDS_BETWEEN_LOOKS) -> None:
        """Look at landing/ every so many seconds."""
        super().__init__()
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """What the triggerer makes this trigger from."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"seconds": self.seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event for each look that finds something new; ends with the triggerer only."""
        home = settings.load().home
        told: set[Number] = set()
        before = await asyncio.to_thread(look, home)
        while True:
            await asyncio.sleep(self.seconds)
            after = await asyncio.to_thread(look, home)
            if settled(before, after) - told:
                known = await asyncio.to_thread(published, home)
                new = {number for number, at in after.items() if at not in known}
                new = (new & settled(before, after)) - told
                told |= settled(before, after)
                if new:
                    yield TriggerEvent({"deliveries": len(new)})
            before = after


def look(home: settings.Home) -> dict[Number, Received]:
    """What lies in landing/ now: its number, and its source, file and time of receipt."""
    from pipelines import contracts
    from pipelines.intake import arrivals

    landed = arrivals.find(home.landing, list(contracts.sources()))
    return {a.number: (a.source, a.file, a.modified_ns // 1000) for a in landed}


def settled(before: dict[Number, Received], after: dict[Number, Received]) -> set[Number]:
    """Files that neither grew nor were written between two looks."""
    return before.keys() & after.keys()


def published(home: settings.Home) -> set[Received]:
    """Deliveries that the published file was made from."""
    if not home.warehouse.exists():
        return set()
    import duckdb

    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute("SELECT source, file, epoch_us(received_at) FROM batches").fetchall()
    return set(rows)
