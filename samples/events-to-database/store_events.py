"""Write the messages of send_events.py from a broker into Parquet files, a pair for each batch."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.brokers import arrivals, listener_at
from penstock.config import BrokerConfig
from penstock.errors import PenstockError

TIME = pa.timestamp("us")  # UTC: with a time zone DuckDB would need an extension
OF_FRAME = [("camera", pa.int32()), ("frame", pa.int32()), ("time", TIME)]
OBJECTS = pa.schema(
    [
        *OF_FRAME,
        ("track", pa.uint64()),  # null where nobody tracks it
        ("label", pa.string()),
        ("confidence", pa.float32()),
        ("left", pa.float32()),
        ("top", pa.float32()),
        ("width", pa.float32()),
        ("height", pa.float32()),
        ("zones", pa.list_(pa.string())),
    ]
)
CROSSINGS = pa.schema([*OF_FRAME, ("line", pa.string()), ("count", pa.int32())])
ROWS, SECONDS = 50_000, 10.0  # a pair of files is written when there are so many, or so old ones
NO_MESSAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError)  # of Store.add


class Store:
    """Rows that wait, and the files they go to.

    Args:
        folder: For `objects-*.parquet` and `crossings-*.parquet`; what is there stays.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._number = 0
        self._objects: list[pa.Table] = []
        self._crossings: list[pa.Table] = []
        self._rows = 0
        self._written_s = time.monotonic()
        self.messages = 0

    def add(self, payload: bytes) -> None:
        """One message of send_events.py; raises where it is none, and stores nothing of it."""
        said = json.loads(payload)
        moment = datetime.fromisoformat(said["time"]).astimezone(timezone.utc)
        at = {"camera": said["camera"], "frame": said["frame"], "time": moment}
        objects = [
            {**at, **obj, **dict(zip(("left", "top", "width", "height"), obj["box"], strict=True))}
            for obj in said["objects"]
        ]
        crossings = [{**at, "line": line, "count": n} for line, n in said["crossed"].items()]
        # Tables at once: a message with a wrong value ends here, not with all others in write().
        tables = pa.Table.from_pylist(objects, OBJECTS), pa.Table.from_pylist(crossings, CROSSINGS)
        if objects or crossings:
            self._objects.append(tables[0])
            self._crossings.append(tables[1])
        self._rows += len(objects)
        self.messages += 1
        if self._rows >= ROWS or time.monotonic() - self._written_s >= SECONDS:
            self.write()

    def write(self) -> None:
        """Empty both lists into a pair of files, each there whole or not at all."""
        self._written_s = time.monotonic()
        if not self._objects:
            return
        while any(self._folder.glob(f"*-{self._number:06d}.parquet")):
            self._number += 1
        self._write("crossings", pa.concat_tables(self._crossings))
        self._write("objects", pa.concat_tables(self._objects))
        self._objects, self._crossings, self._rows = [], [], 0

    def _write(self, kind: str, table: pa.Table) -> None:
        path = self._folder / f"{kind}-{self._number:06d}.parquet"
        part = path.with_suffix(".part")
        pq.write_table(table, part)
        part.replace(path)


def main() -> int:
    """Read the command line and store until it is over."""
    parser = argparse.ArgumentParser(description="Store events from a broker as Parquet.")
    parser.add_argument("broker", help="redis://host:port/stream, mqtt://host:port/topic, …")
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--config", type=Path, help="the adapter's file: passwords, certificates")
    parser.add_argument("--seconds", type=float, help="end after that time")
    parser.add_argument("--count", type=int, help="end after so many messages")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it well, as Ctrl-C does
    store = Store(arguments.folder)
    try:
        config = BrokerConfig.read(arguments.config) if arguments.config else None
        listener = listener_at(arguments.broker, config=config)
        listener.connect()
    except PenstockError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print("Waiting for events", flush=True)
    try:
        for message in arrivals(
            listener,
            seconds=arguments.seconds,
            on_trouble=lambda text: print(text, file=sys.stderr),
        ):
            try:
                store.add(message.payload)
            except NO_MESSAGE as error:
                print(f"Not a message of send_events.py: {error!r}", file=sys.stderr)
            if store.messages == arguments.count:
                break
    except KeyboardInterrupt:
        pass  # how one ends it
    finally:
        store.write()
        listener.close()
    print(f"{store.messages} messages stored in {arguments.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
