"""`penstock detect`: sources in, objects, pictures and numbers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import penstock
from penstock.errors import ConfigError
from penstock.gst import Gst, batch_of
from penstock.pipeline.controlled import ControlledRun
from penstock.pipeline.graph import build
from penstock.pipeline.job import DetectJob, Summary
from penstock.pipeline.models import config_for
from penstock.pipeline.outputs import check_outputs
from penstock.pipeline.records import JsonLines, Tally
from penstock.pipeline.rtsp_address import RtspAddress
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin
from penstock.rest import RestAddress, RestServer

if TYPE_CHECKING:
    from penstock.pipeline.rtsp_server import RtspServer


def detect(
    job: DetectJob,
    *,
    on_progress: Callable[[Summary], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
    on_serving: Callable[[RtspAddress], None] | None = None,
    on_open: Callable[[ControlledRun], None] | None = None,
) -> Summary:
    """Run a job to its end.

    A source that fails is noted in `Summary.failures`; the others go on.

    Args:
        job: What to do.
        on_progress: Called about ten times a second with the counts so far.
        on_warning: Called with each warning.
        on_serving: Called when RTSP clients may come, with the address that they find it at.
        on_open: Called before an open job begins, with the run to add sources to.

    Raises:
        ConfigError: A source, a model or an output that cannot be used.
        ModelError: A model that cannot be read.
        StreamError: The pipeline failed, or an output could not be written.
    """
    if not job.sources:
        raise ConfigError("sources: wanted at least one file, device or URI, got none")
    penstock.init()
    check_outputs(job)
    warnings: list[str] = []

    def warn(text: str) -> None:
        warnings.append(text)
        if on_warning is not None:
            on_warning(text)

    tally = Tally()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="penstock-")))
        server = stack.enter_context(_serve(job, warn)) if job.rtsp is not None else None
        pipeline, sources = build(job, config=config_for(job.model, folder=folder))
        _check_lengths(sources, warn)
        lines = stack.enter_context(JsonLines(job.json)) if job.json is not None else None
        probe = pipeline.get_by_name("infer").get_static_pad("src")
        probe.add_probe(Gst.PadProbeType.BUFFER, _note, tally, lines)
        if server is not None:
            _publish(server, pipeline, on_serving or _ignored)
        before = _changed_ns(job.output)
        tick = partial(_tick, tally, lines, on_progress or _ignored)
        run = _run_of(job, pipeline, sources, on_tick=tick, on_warning=warn)
        if isinstance(run, ControlledRun):
            stack.enter_context(_taking_orders(run, job.rest))
            (on_open or _ignored)(run)
        run.run()
    summary = tally.so_far()
    if job.output is not None and _changed_ns(job.output) not in (None, before):
        _drop_empty(job.output, summary)
    summary.failures = run.failures
    summary.warnings = warnings
    return summary


def _ignored(_what: object) -> None:
    pass


def _tick(tally: Tally, lines: JsonLines | None, on_progress: Callable[[Summary], None]) -> None:
    if lines is not None:
        lines.check()
    on_progress(tally.so_far())


def _publish(
    server: RtspServer, pipeline: Gst.Pipeline, on_serving: Callable[[RtspAddress], None]
) -> None:
    sink, valve = map(pipeline.get_by_name, ("rtsp", "watched"))
    server.publish(sink, valve=valve)
    on_serving(server.address)


def _run_of(
    job: DetectJob,
    pipeline: Gst.Pipeline,
    sources: list[SourceBin],
    *,
    on_tick: Callable[[], None],
    on_warning: Callable[[str], None],
) -> Run:
    if not job.is_open:
        return Run(pipeline, sources=sources, on_tick=on_tick, on_warning=on_warning)
    return ControlledRun(
        pipeline,
        sources=sources,
        places=job.places,
        frames=job.frames,
        tls_ca=job.tls_ca,
        on_tick=on_tick,
        on_warning=on_warning,
    )


@contextmanager
def _taking_orders(run: ControlledRun, address: RestAddress | None) -> Iterator[None]:
    if address is None:
        yield
        return
    server = RestServer(address, target=run)
    server.start()
    try:
        yield
    finally:
        server.stop()


def _serve(job: DetectJob, warn: Callable[[str], None]) -> RtspServer:
    from penstock.pipeline.rtsp_certificate import read_certificate
    from penstock.pipeline.rtsp_server import RtspServer

    assert job.rtsp is not None
    certificate = None
    if job.tls_certificate is not None:
        certificate = read_certificate(job.tls_certificate, key=job.tls_key)
    elif job.rtsp.secure:
        warn("rtsps: a certificate was made for this run, which no client can check")
    return RtspServer(job.rtsp, certificate=certificate)


def _changed_ns(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else None


def _drop_empty(output: Path, summary: Summary) -> None:
    """No player opens a video without pictures."""
    if not summary.frames or not output.stat().st_size:
        output.unlink()


def _check_lengths(sources: list[SourceBin], warn: Callable[[str], None]) -> None:
    for source in sources:
        reason = source.missing_bytes()
        if reason is not None:
            source.failure = reason
            warn(f"{source}: {reason}; what is there is read")


def _note(
    _pad: Gst.Pad, info: Gst.PadProbeInfo, tally: Tally, lines: JsonLines | None
) -> Gst.PadProbeReturn:
    batch = batch_of(info.get_buffer())
    if batch is not None:
        tally.add(batch)
        if lines is not None:
            lines.add(batch)
    return Gst.PadProbeReturn.OK
