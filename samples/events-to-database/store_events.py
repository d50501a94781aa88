"""Write the messages of send_events.py from a broker into Parquet files, a pair for each batch."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

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


class Store:
    """Rows that wait, and the files they go to.

    Args:
        folder: For `objects-*.parquet` and `crossings-*.parquet`; what is there stays.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._number = len(list(folder.glob("objects-*.parquet")))
        self._objects: list[dict[str, Any]] = []
        self._crossings: list[dict[str, Any]] = []
        self._written_s = time.monotonic()
        self.messages = 0

    def add(self, payload: bytes) -> None:
        """One message of send_events.py."""
        said = json.loads(payload)
        moment = datetime.fromisoformat(said["time"]).astimezone(timezone.utc)
        at = {"camera": said["camera"], "frame": said["frame"], "time": moment}
        for obj in said["objects"]:
            box = dict(zip(("left", "top", "width", "height"), obj.pop("box"), strict=True))
            self._objects.append({**at, **obj, **box})
        for line, count in said["crossed"].items():
            self._crossings.append({**at, "line": line, "count": count})
        self.messages += 1
        if len(self._objects) >= ROWS or time.monotonic() - self._written_s >= SECONDS:
            self.write()

    def write(self) -> None:
        """Empty both lists into a pair of files, each there whole or not at all."""
        self._written_s = time.monotonic()
        if not self._objects and not self._crossings:
            return
        self._write("crossings", pa.Table.from_pylist(self._crossings, CROSSINGS))
        self._write("objects", pa.Table.from_pylist(self._objects, OBJECTS))
        self._number += 1
        self._objects, self._crossings = [], []

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
            except (ValueError, LookupError, TypeError) as error:
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
