"""`penstock bench`: what the pipeline costs beside decoding and inference."""

from __future__ import annotations

import json as json_lines
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from penstock.errors import ConfigError

if TYPE_CHECKING:
    from penstock.pipeline.bench import Row, Sample
    from penstock.pipeline.bench_live import LiveRow

_errors = Console(stderr=True)


def bench(
    video: Annotated[Path | None, typer.Option(help="Default: the kit's crowd video.")] = None,
    model: Annotated[
        str, typer.Option(help="A name of `penstock kit list`, an ONNX file, or an nvinfer file.")
    ] = "yolov4-tiny",
    streams: Annotated[str, typer.Option(help="Numbers of sources, with commas.")] = "1,4,16",
    pairs: Annotated[int, typer.Option(min=1, help="Rounds; medians are reported.")] = 7,
    frames: Annotated[int, typer.Option(min=40, help="Frames in one measurement.")] = 320,
    capacity: Annotated[
        bool,
        typer.Option("--capacity", help="How many streams such as the video fit this machine."),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="How long a live picture takes to an RTSP client, by cameras."),
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the rows as a JSON list.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw them (needs penstock\\[plot]).")] = None,
) -> None:
    """Compare the pipeline with decoding and inference by hand, in turns."""
    from penstock import kit
    from penstock.pipeline import config_for
    from penstock.pipeline.bench import capacity_of, compare

    if live:
        if video or plot or capacity:
            raise ConfigError("--live has cameras of its own, and takes no video, plot or capacity")
        _bench_live(model, _numbers(streams), frames=frames, json=json)
        return
    clip = video or kit.get("crowd")
    if not clip.is_file():
        raise ConfigError(f"--video {clip}: there is no such file")
    config = config_for(model)
    if capacity:
        fits = capacity_of(clip, config, frames=frames)
        Console().print(
            f"{_streams(fits.streams)} of {clip.name} ({fits.rate:.4g} frames/s each): "
            f"{fits.fps:.1f} frames/s in all were measured with {_streams(fits.measured_with)}",
            highlight=False,
        )
        return
    rows = [
        compare(
            clip,
            config,
            model=model,
            streams=number,
            pairs=pairs,
            frames=frames,
            on_sample=_show,
        )
        for number in _numbers(streams)
    ]
    Console().print(_table(rows))
    if json is not None:
        json.write_text(json_lines.dumps([row.to_json() for row in rows], indent=2) + "\n")
    if plot is not None:
        _draw(rows, plot)


def _streams(number: int) -> str:
    return "1 stream" if number == 1 else f"{number} streams"


def _bench_live(model: str, numbers: list[int], *, frames: int, json: Path | None) -> None:
    """Measure, print and write latencies."""
    from penstock.pipeline import config_for
    from penstock.pipeline.bench_live import measure_live

    config = config_for(model)
    rows = []
    for number in numbers:
        row = measure_live(config, model=model, streams=number, pictures=frames)
        rows.append(row)
        _print_live(row)
    if json is not None:
        json.write_text(json_lines.dumps([row.to_json() for row in rows], indent=2) + "\n")


def _print_live(row: LiveRow) -> None:
    cameras = "1 camera" if row.streams == 1 else f"{row.streams} cameras"
    table = Table("milliseconds", "median", "95 %", "most")
    for stage, latency in row.stages.items():
        table.add_row(stage, *(f"{ms:.1f}" for ms in astuple(latency)))
    table.add_section()
    table.add_row("camera to picture", *(f"{ms:.1f}" for ms in astuple(row.total)))
    print(
        f"{row.model}, {cameras}, {row.size[0]}x{row.size[1]}, {row.rate} frames/s: "
        f"{row.pictures} pictures, {row.lost} lost"
    )
    Console().print(table)


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise ConfigError(f"--streams wants numbers such as 1,4,16; got {text!r}")
    return numbers


def _show(kind: str, sample: Sample) -> None:
    _errors.print(
        f"{kind:9} {sample.cpu_ms:7.2f} CPU-ms a frame {sample.fps:7.1f} frames/s "
        f"{sample.resident_mb:6.0f} MB",
        highlight=False,
    )


def _table(rows: list[Row]) -> Table:
    """Three lines for each number of streams; narrow enough for 80 columns."""
    from penstock.pipeline.bench import KINDS

    first = rows[0]
    table = Table(
        *("streams", "", "CPU-ms a frame", "beside reference", "frames/s", "beside reference"),
        title=f"{first.model} on {first.video}, {first.backend} {first.precision}, "
        f"medians of {first.pairs}",
    )
    for row in rows:
        for kind in KINDS:
            cpu, fps = getattr(row, f"{kind}_cpu_ms"), getattr(row, f"{kind}_fps")
            more = f"{cpu / row.reference_cpu_ms:.3f} {cpu - row.reference_cpu_ms:+.2f}"
            faster = f"{fps / row.reference_fps:.3f}"
            is_reference = kind == "reference"
            table.add_row(
                *(str(row.streams) if is_reference else "", kind),
                *(f"{cpu:.2f}", "" if is_reference else more),
                *(f"{fps:.1f}", "" if is_reference else faster),
                end_section=kind == KINDS[-1],
            )
    return table


def _draw(rows: list[Row], file: Path) -> None:
    """Bars of CPU time a frame."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError("--plot needs matplotlib: pip install 'penstock[plot]'") from error
    from penstock.pipeline.bench import KINDS

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for place, kind in enumerate(KINDS):
        heights = [getattr(row, f"{kind}_cpu_ms") for row in rows]
        axes.bar([n + (place - 1) * 0.27 for n in range(len(rows))], heights, 0.25, label=kind)
    axes.set_xticks(range(len(rows)), [str(row.streams) for row in rows])
    axes.set(xlabel="streams", ylabel="CPU-ms a frame", title=f"{rows[0].model}, {rows[0].video}")
    axes.legend()
    figure.savefig(file)
