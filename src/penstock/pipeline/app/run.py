"""Run the reference application."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import penstock
from penstock.config import AppConfig, SinkGroup
from penstock.gst import Gst
from penstock.pipeline.app.commands import Commands
from penstock.pipeline.app.consumers import listening
from penstock.pipeline.app.graph import AppGraph, build
from penstock.pipeline.app.keyboard import Keyboard
from penstock.pipeline.app.sinks import CODECS, STREAM
from penstock.pipeline.app.sources import AppSource
from penstock.pipeline.app.watching import watch
from penstock.pipeline.rtsp_address import RtspAddress
from penstock.pipeline.running import Run

if TYPE_CHECKING:
    from penstock.pipeline.rtsp_server import RtspServer

_MOUNT = "/ds-test"
_BY_TIME = 2  # smart-record
Say = Callable[[str], None]


@dataclass
class AppOutcome:
    """How a run ended.

    Attributes:
        failures: Source → why it did not end as it should.
        warnings: What was warned about, failures too.
    """

    failures: dict[int, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def run_app(
    config: AppConfig,
    *,
    say: Say,
    on_warning: Say | None = None,
    keys: bool = True,
) -> AppOutcome:
    """Run what a configuration describes, to its end.

    Args:
        config: What deepstream-app would be told.
        say: Gets what belongs on standard output: frame rates, where RTSP clients may come.
        on_warning: Gets each warning, those about the configuration first.
        keys: Whether keys on standard input are obeyed.

    Raises:
        ConfigError: A source, a file or a value that cannot be used.
        MissingExtraError: An element that is not installed.
        StreamError: The pipeline failed.
    """
    penstock.init()
    outcome = AppOutcome()

    def warn(text: str) -> None:
        outcome.warnings.append(text)
        if on_warning is not None:
            on_warning(text)

    for text in config.warnings:
        warn(text)
    graph = build(config)
    on_tick: list[Callable[[], None]] = []
    run = _AppRun(graph, on_tick=on_tick, on_warning=warn)
    with ExitStack() as stack:
        for group, end in graph.ends:
            if group.kind == STREAM:
                server = stack.enter_context(_server(group, end))
                say(f"\n *** DeepStream: Launched RTSP Streaming at {_shown(server)} ***\n")
        for consumer in config.consumers:
            stack.enter_context(listening(consumer, graph.pipeline, on_warning=warn))
        rates = watch(graph, config, say)
        if keys:
            keyboard = stack.enter_context(Keyboard())
            on_tick.append(partial(_obey, keyboard, _commands(graph, run, say)))
        on_tick += [rates.tick] if rates is not None else []
        on_tick += [_Recorder(source) for source in graph.sources if _records_by_time(source)]
        run.run()
        if rates is not None:
            rates.tell()
    outcome.failures = run.failures
    return outcome


class _AppRun(Run):
    """As `Run`; also ends what has its sources inside."""

    def __init__(
        self, graph: AppGraph, *, on_tick: list[Callable[[], None]], on_warning: Say
    ) -> None:
        def tick() -> None:
            for do in on_tick:
                do()

        super().__init__(graph.pipeline, sources=graph.sources, on_tick=tick, on_warning=on_warning)
        self._batches = graph.batches

    def stop(self) -> None:
        """End every stream."""
        self._batches.set_property("drop-pipeline-eos", False)
        super().stop()


class _Recorder:
    """Starts a recording of a camera again and again."""

    def __init__(self, source: AppSource) -> None:
        self._source = source
        self._due_s = time.monotonic() + source.group.record_every_s

    def __call__(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._due_s and self._source.frames:
            group = self._source.group
            self._due_s = now_s + group.record_every_s
            self._source.opener.emit("start-sr", None, group.record_from_s, group.record_s, None)


def _records_by_time(source: AppSource) -> bool:
    return source.group.properties.get("smart-record") == _BY_TIME


def _server(group: SinkGroup, end: Gst.Bin) -> RtspServer:
    from penstock.pipeline.rtsp_server import RtspServer

    server = RtspServer(RtspAddress(port=group.rtsp_port, path=_MOUNT))
    sink, valve = end.get_by_name("rtsp"), end.get_by_name("watched")
    server.publish(sink, valve=valve, codec=CODECS[group.codec])
    return server


def _shown(server: RtspServer) -> str:
    return f"rtsp://localhost:{server.address.port}{server.address.path}"


def _commands(graph: AppGraph, run: Run, say: Say) -> Commands:
    commands = Commands(
        graph.pipeline, tiler=graph.tiler, sources=graph.places, quit_=run.stop, say=say
    )
    say(commands.help)
    return commands


def _obey(keyboard: Keyboard, commands: Commands) -> None:
    for key in keyboard.pressed():
        commands.obey(key)
