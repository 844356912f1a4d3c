"""Deliveries that land during the day: seen once they have stopped growing, and told once.

Outside the lake a delivery is known by its number (`Arrival.number`); neither events nor logs
hold a file name.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from pipelines import settings

# For so long a file must lie there unchanged; a slow sender pauses for less.
SECONDS_UNCHANGED = 5.0
SECONDS_BETWEEN_LOOKS = 1.0
Number = str
# Source, file and time of receipt in microseconds: what the published file says of a delivery.
Received = tuple[str, str, int]


class DeliveryTrigger(BaseEventTrigger):
    """Fires when deliveries have landed that the published file does not know of."""

    def __init__(self, unchanged: float = SECONDS_UNCHANGED) -> None:
        """Tell of files that have lain in landing/ unchanged for so many seconds."""
        super().__init__()
        self.unchanged = unchanged

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """What the triggerer makes this trigger from."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"unchanged": self.unchanged}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Numbers of deliveries as they settle, each told once; ends with the triggerer only."""
        home, watch, told = settings.load().home, Watch(self.unchanged), set[Number]()
        while True:
            landed = await asyncio.to_thread(look, home)
            if fresh := watch.settled(landed, time.monotonic()) - told:
                told |= fresh
                known = await asyncio.to_thread(published, home)
                if new := [n for n, at in landed.items() if n in fresh and at not in known]:
                    yield TriggerEvent({"deliveries": new})
            await asyncio.sleep(min(SECONDS_BETWEEN_LOOKS, self.unchanged / 2))


class Watch:
    """Which files have stayed as they are for a while, from one look to the next."""

    def __init__(self, unchanged: float) -> None:
        """Files settle once they were seen unchanged for so many seconds."""
        self.unchanged = unchanged
        self.since: dict[Number, float] = {}

    def settled(self, landed: Collection[Number], now: float) -> set[Number]:
        """Those that have settled by now, a moment in seconds."""
        self.since = {number: self.since.get(number, now) for number in landed}
        return {number for number, at in self.since.items() if now - at >= self.unchanged}


def look(home: settings.Home) -> dict[Number, Received]:
    """What lies in landing/ now: its number, and its source, file and time of receipt."""
    from pipelines import contracts
    from pipelines.intake import arrivals

    landed = arrivals.find(home.landing, list(contracts.sources()))
    return {a.number: (a.source, a.file, a.modified_ns // 1000) for a in landed}


def published(home: settings.Home) -> set[Received]:
    """Deliveries that the published file was made from."""
    if not home.warehouse.exists():
        return set()
    import duckdb

    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute("SELECT source, file, epoch_us(received_at) FROM batches").fetchall()
    return set(rows)
