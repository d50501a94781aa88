"""`penstock detect`: sources in, objects, pictures and numbers out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import penstock
from penstock.errors import ConfigError
from penstock.gst import Gst, batch_of
from penstock.pipeline.graph import build
from penstock.pipeline.job import DetectJob, Summary
from penstock.pipeline.models import config_for
from penstock.pipeline.outputs import check_outputs
from penstock.pipeline.records import JsonLines, Tally
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin


def detect(
    job: DetectJob,
    *,
    on_progress: Callable[[Summary], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> Summary:
    """Run a job to its end.

    A source that fails is noted in `Summary.failures`; the others go on.

    Args:
        job: What to do.
        on_progress: Called about ten times a second with the counts so far.
        on_warning: Called with each warning.

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
        pipeline, sources = build(job, config=config_for(job.model, folder=folder))
        _check_lengths(sources, warn)
        lines = stack.enter_context(JsonLines(job.json)) if job.json is not None else None
        probe = pipeline.get_by_name("infer").get_static_pad("src")
        probe.add_probe(Gst.PadProbeType.BUFFER, _note, tally, lines)

        def tick() -> None:
            if lines is not None:
                lines.check()
            if on_progress is not None:
                on_progress(tally.so_far())

        before = _changed_ns(job.output)
        Run(pipeline, sources=sources, on_tick=tick, on_warning=warn).run()
    summary = tally.so_far()
    if job.output is not None and not summary.frames and _changed_ns(job.output) != before:
        job.output.unlink()  # no player opens a video without pictures
    summary.failures = {s.index: s.failure for s in sources if s.failure is not None}
    summary.warnings = warnings
    return summary


def _changed_ns(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else None


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
