"""Ask the stored events the three queries of this folder, and draw what they say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

QUERIES = Path(__file__).parent / "queries"
NAMES = ("counts_per_hour", "dwell", "line_crossings")
PEOPLE = """
WITH seen AS (
    SELECT time_bucket(INTERVAL 2 SECONDS, time) AS moment, label, camera, track
    FROM objects WHERE track IS NOT NULL
),
moments AS (
    SELECT unnest(generate_series(min(moment), max(moment), INTERVAL 2 SECONDS)) AS moment FROM seen
)
SELECT moment, label, count(DISTINCT (camera, track)) FILTER (track IS NOT NULL) AS objects
FROM moments CROSS JOIN (SELECT DISTINCT label FROM seen) LEFT JOIN seen USING (moment, label)
GROUP BY ALL ORDER BY moment
"""
TOTALS = """
SELECT line, time AS moment, sum(sum(count)) OVER (PARTITION BY line ORDER BY time) AS total
FROM crossings GROUP BY line, time ORDER BY line, moment
"""


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database whose tables `objects` and `crossings` are the folder's files."""
    database = duckdb.connect()
    views = (QUERIES / "views.sql").read_text()
    database.execute(views.replace("'events/", "'" + str(folder).replace("'", "''") + "/"))
    return database


def draw(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Objects over time, line crossings over time, and dwell in zones."""
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.5), layout="constrained")
    axes = figure.subplot_mosaic([["people", "people"], ["lines", "dwell"]])
    by_label: dict[str, list[tuple[object, int]]] = {}
    for moment, label, objects in database.execute(PEOPLE).fetchall():
        by_label.setdefault(label, []).append((moment, objects))
    for label, points in sorted(by_label.items(), key=lambda item: -sum(n for _, n in item[1]))[:4]:
        axes["people"].plot(*zip(*points, strict=True), label=label)
    axes["people"].set_title("objects, every 2 s")
    by_line: dict[str, list[tuple[object, int]]] = {}
    for line, moment, total in database.execute(TOTALS).fetchall():
        by_line.setdefault(line, []).append((moment, int(total)))
    for line, points in by_line.items():
        axes["lines"].step(*zip(*points, strict=True), where="post", label=line, marker=".")
    axes["lines"].set_title("line crossings")
    dwell = database.execute((QUERIES / "dwell.sql").read_text()).fetchall()
    several = len({camera for camera, *_ in dwell}) > 1
    names = [f"{zone} of {camera}" if several else zone for camera, zone, *_ in dwell]
    axes["dwell"].bar(names, [longest for *_, longest in dwell], color="0.8", label="longest")
    axes["dwell"].bar(names, [mean for *_, mean, _ in dwell], width=0.5, label="mean")
    axes["dwell"].set_title("stays in zones, s")
    for name in ("people", "lines"):
        axis = axes[name].xaxis
        axis.set_major_formatter(ConciseDateFormatter(axis.get_major_locator()))
        axes[name].set_ylim(bottom=0)
    for axis in axes.values():
        axis.spines[["top", "right"]].set_visible(False)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False)
    figure.savefig(path, dpi=100)


def main() -> int:
    """Print the answers."""
    parser = argparse.ArgumentParser(description="Say what the stored events tell.")
    parser.add_argument("folder", type=Path, help="where store_events.py has put its files")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw it, too")
    arguments = parser.parse_args()
    try:
        database = opened(arguments.folder)
    except duckdb.IOException:
        print(f"Error: no events in {arguments.folder}; store_events.py puts them there",
              file=sys.stderr)  # fmt: skip
        return 1
    for name in NAMES:
        print(name)
        print(database.sql((QUERIES / f"{name}.sql").read_text()))
    if arguments.plot:
        draw(database, arguments.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
