"""`penstock detect` and `penstock demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from penstock.errors import ConfigError

if TYPE_CHECKING:
    from penstock.pipeline import DetectJob, Summary
    from penstock.pipeline.rtsp_address import RtspAddress

DEMO_OUTPUT = Path("penstock-demo.mp4")
_errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def detect(
    source: Annotated[list[str], typer.Argument(help="Video files, devices or URIs.")],
    model: Annotated[
        str, typer.Option(help="A name of `penstock kit list`, an ONNX file, or an nvinfer file.")
    ] = "yolov4-tiny",
    output: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|URL",
            help="Write an MP4 with the objects drawn, or serve them, as at rtsp://:8554/ds.",
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(help="PEM file: certificates to trust, for sources rtsps://..."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file for an output rtsps://...; else one is made.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file of the certificate's key.")] = None,
    display: Annotated[bool, typer.Option("--display", help="Show a window.")] = False,
    json: Annotated[
        Path | None,
        typer.Option(help="Write one line of JSON a frame, boxes in source pixels; - is stdout."),
    ] = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Stop each source after so many frames.")
    ] = None,
    rest: Annotated[
        str,
        typer.Option(
            metavar="PORT|HOST:PORT",
            help="Take orders over HTTP, and go on until Ctrl-C; see `penstock sources`.",
        ),
    ] = "0",
) -> None:
    """Find objects in videos; several are composed in one picture.

    Ctrl-C ends the videos early: what was written stays playable.
    """
    from penstock import kit
    from penstock.cli.kit import fetch
    from penstock.pipeline import DetectJob
    from penstock.rest import RestAddress

    if any(asset.name == model and asset.kind == "model" for asset in kit.catalogue()):
        fetch(model)
    file, rtsp = _outputs(output or [])
    job = DetectJob(
        source,
        model=model,
        output=file,
        rtsp=rtsp,
        tls_ca=tls_ca,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        json=json,
        display=display,
        frames=frames,
        rest=RestAddress.parse(rest),
    )
    raise typer.Exit(_run(job))


def _outputs(names: list[str]) -> tuple[Path | None, RtspAddress | None]:
    """The file and the RTSP address among them."""
    from penstock.pipeline.rtsp_address import RtspAddress, is_rtsp

    files = [Path(name) for name in names if not is_rtsp(name)]
    addresses = [RtspAddress.parse(name) for name in names if is_rtsp(name)]
    for several in (files, addresses):
        if len(several) > 1:
            raise ConfigError(
                f"output names {several[0]} and {several[1]}; wanted one file, one RTSP URL or both"
            )
    return (files[0] if files else None), (addresses[0] if addresses else None)


def demo(
    output: Annotated[Path, typer.Option(help="Where the MP4 goes.")] = DEMO_OUTPUT,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many frames.")] = None,
) -> None:
    """Find the people in a real video, draw them, write an MP4 and print the counts."""
    from penstock.cli.kit import fetch
    from penstock.pipeline import DEFAULT_MODEL, DetectJob

    video = fetch("crowd")
    fetch(DEFAULT_MODEL)
    code = _run(DetectJob([str(video)], output=output, frames=frames))
    if code == 0:
        _errors.print(f"Wrote {output}: open it with any player.")
    raise typer.Exit(code)


def _run(job: DetectJob) -> int:
    """Run with a progress line; 0 when every source was read to its end."""
    from penstock.pipeline import STDOUT
    from penstock.pipeline import detect as run_job

    started = time.monotonic()
    with Live(console=_errors, refresh_per_second=8, transient=True) as live:
        summary = run_job(
            job,
            on_progress=lambda so_far: live.update(_progress(so_far, started)),
            on_warning=lambda text: live.console.print(f"penstock: warning: {text}"),
            on_serving=lambda address: live.console.print(f"Serving {address}"),
        )
    _print_counts(
        summary,
        seconds=time.monotonic() - started,
        sources=max(len(job.sources), len(summary.frames)),
        console=_errors if job.json == STDOUT else Console(highlight=False),
    )
    return 1 if summary.failures else 0


def _progress(summary: Summary, started: float) -> Text:
    frames = sum(summary.frames.values())
    seconds = time.monotonic() - started
    found = ", ".join(f"{label} {n}" for label, n in summary.objects.most_common(4))
    return Text(f"{frames} frames, {frames / max(seconds, 1e-3):.1f} frames/s  {found}")


def _print_counts(summary: Summary, *, seconds: float, sources: int, console: Console) -> None:
    frames = sum(summary.frames.values())
    if summary.objects:
        table = Table("object", "seen", "a frame")
        for label, count in summary.objects.most_common():
            table.add_row(Text(label), str(count), f"{count / frames:.1f}")
        console.print(table)
    console.print(
        f"{frames} frames of {sources} {'source' if sources == 1 else 'sources'} "
        f"in {seconds:.1f} s ({frames / max(seconds, 1e-3):.1f} frames/s)"
    )
    if summary.failures:
        _errors.print(f"penstock: {len(summary.failures)} of {sources} sources failed")
