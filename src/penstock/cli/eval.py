"""`penstock eval track`."""

from __future__ import annotations

import json as json_lines
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from penstock.errors import ConfigError

if TYPE_CHECKING:
    from penstock.config import TrackerConfig

app = typer.Typer(no_args_is_help=True, help="Say how good trackers are, against the truth.")


@app.callback()
def _eval() -> None:
    pass


@app.command()
def track(
    detections: Annotated[Path, typer.Option(help="What a detector saw: boxes in MOT format.")],
    ground_truth: Annotated[Path, typer.Option(help="Who is where: the same, with identities.")],
    tracker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="IOU, NvSORT, NvDeepSORT, NvDCF, ByteTrack, OC-SORT; once for each.",
        ),
    ] = None,
    video: Annotated[
        Path | None, typer.Option(help="The pictures, for trackers that look at objects.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Low-level tracker YAML, as nvtracker's ll-config-file.")
    ] = None,
    interval: Annotated[
        int, typer.Option(min=0, help="Show the tracker only every n+1th frame's detections.")
    ] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures as a JSON list.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the ids over time (needs penstock\\[plot]).")
    ] = None,
) -> None:
    """Run trackers over a file of detections and compare them with the truth."""
    from penstock.evaluation import draw_timeline, follow, read_mot, score
    from penstock.trackers import TRACKERS

    seen, truth = read_mot(detections), read_mot(ground_truth, truth=True)
    rows: list[dict[str, Any]] = []
    drawn = {}
    for name, settings in _asked(tracker or [], config):
        run = follow(
            TRACKERS.load(name)(settings),
            seen,
            last_frame=truth.last_frame,
            video=video,
            interval=interval,
        )
        figures = score(truth, run.rows).to_json()
        rows.append({"tracker": name, **figures, "ms_per_frame": run.ms_per_frame})
        drawn[name] = run.rows
    Console().print(_table(rows))
    if json is not None:
        json.write_text(json_lines.dumps(rows, indent=2) + "\n")
    if plot is not None:
        draw_timeline(plot, truth, drawn)


def _asked(names: list[str], config: Path | None) -> list[tuple[str, TrackerConfig | None]]:
    """Trackers by name, or the one that the file means."""
    from penstock.config import TrackerConfig

    settings = TrackerConfig.read(config) if config is not None else None
    if not names and settings is None:
        raise ConfigError("--tracker: wanted a name such as NvSORT, or --config with a YAML file")
    for warning in settings.warnings if settings else ():
        typer.echo(f"penstock: warning: {warning}", err=True)
    if settings is not None and not names:
        return [(settings.tracker, settings)]
    return [(name, settings) for name in names]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("tracker", "HOTA", "MOTA", "IDF1", "id switches", "ms a frame")
    for row in rows:
        table.add_row(
            row["tracker"],
            *(f"{row[name]:.1f}" for name in ("hota", "mota", "idf1")),
            str(row["id_switches"]),
            f"{row['ms_per_frame']:.3f}",
        )
    return table
