"""Build the pipeline that a reference application's configuration describes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from penstock.config import AppConfig, AppGroup, GieGroup, SinkGroup
from penstock.errors import ConfigError, StreamError
from penstock.gst import Gst
from penstock.pipeline.app.parts import made, queue
from penstock.pipeline.app.sinks import MESSAGES, sink_bin
from penstock.pipeline.app.sources import AppSource

_LIVE_PUSH_US = 100_000
_PLUGINS = ("nvinfer", "nvinferserver")


@dataclass
class AppGraph:
    """What was built.

    Attributes:
        pipeline: In state NULL.
        sources: Empty where they come and go over HTTP.
        batches: What makes the batches: nvstreammux or nvmultiurisrcbin.
        detected: Gives what the primary network found, or none.
        analysed: Gives what all networks and the tracker found.
        tiler: Composes all sources, or none.
        drawers: Every nvdsosd.
        ends: Each sink's group and its bin.
    """

    pipeline: Gst.Pipeline
    sources: list[AppSource]
    batches: Gst.Element
    analysed: Gst.Element
    detected: Gst.Element | None = None
    tiler: Gst.Element | None = None
    drawers: list[Gst.Element] = field(default_factory=list)
    ends: list[tuple[SinkGroup, Gst.Bin]] = field(default_factory=list)

    @property
    def places(self) -> int:
        """How many sources there can be."""
        if self.sources:
            return len(self.sources)
        return int(self.batches.get_property("max-batch-size"))


def build(config: AppConfig) -> AppGraph:
    """The whole pipeline.

    Raises:
        ConfigError: A source names nothing that could be read, or a value is not possible.
        MissingExtraError: An element is not installed.
    """
    pipeline = Gst.Pipeline.new("app")
    if config.listed is not None:
        sources: list[AppSource] = []
        batches = _coming_and_going(config)
        pipeline.add(batches)
    else:
        sources, batches = _sources(config, pipeline)
    _require_size(batches, config)
    graph = AppGraph(pipeline, sources, batches, batches)
    _add_analysis(graph, config)
    _add_endings(graph, config)
    return graph


def _require_size(batches: Gst.Element, config: AppConfig) -> None:
    """All muxes but the new one scale, and must know to what."""
    for key in ("width", "height"):
        if batches.find_property(key) is not None and key not in config.mux.properties:
            where = config.mux.where or f"{config.file}, [streammux]"
            raise ConfigError(f"{where}: wanted {key} of the frames, pixels, which has no default")


def _sources(config: AppConfig, pipeline: Gst.Pipeline) -> tuple[list[AppSource], Gst.Element]:
    dewarpers = {group.source_id: group for group in config.dewarpers}
    # No comprehension: PyGObject loses an exception that passes while elements die half-built.
    sources: list[AppSource] = []
    for index, group in enumerate(config.sources):
        dewarper = dewarpers.get(index)
        sources.append(AppSource(index, group, loops=config.tests.file_loop, dewarper=dewarper))
    told = {"batch-size": len(sources)}
    if any(source.is_live for source in sources):
        told |= {"live-source": True, "batched-push-timeout": _LIVE_PUSH_US}
    surfaces = [group.surfaces for group in config.dewarpers if group.source_id < len(sources)]
    if surfaces:
        told |= {"num-surfaces-per-frame": max(surfaces)}
    mux = made("nvstreammux", "mux", {**told, **config.mux.properties}, where=config.mux.where)
    pipeline.add(mux)
    for source in sources:
        pipeline.add(source.bin)
        source.pad.link(mux.request_pad_simple(f"sink_{source.index}"))
    return sources, mux


def _coming_and_going(config: AppConfig) -> Gst.Element:
    """nvmultiurisrcbin, which makes the batches too."""
    listed = config.listed
    assert listed is not None
    told = {"uri-list": ",".join(listed.uris), "max-batch-size": max(1, len(listed.uris))}
    told |= {"file-loop": config.tests.file_loop}
    if listed.sensor_ids:
        told |= {"sensor-id-list": ",".join(listed.sensor_ids)}
    if listed.sensor_names:
        told |= {"sensor-name-list": ",".join(listed.sensor_names)}
    told |= {} if config.attributes is None else config.attributes.properties
    told |= {**config.mux.properties, **listed.properties}
    return made("nvmultiurisrcbin", "mux", told, where=listed.where)


def _add_analysis(graph: AppGraph, config: AppConfig) -> None:
    """Networks, tracker and the like, each behind a queue."""
    if config.preprocess is not None:
        _append(graph, "nvdspreprocess", "preprocess", config.preprocess)
    if config.primary is not None:
        graph.detected = _add_network(graph, config.primary, name="primary_gie", mode=1)
    if config.tracker is not None:
        _append(graph, "nvtracker", "tracker", config.tracker)
    if config.primary is not None:
        for prepare in config.secondary_preprocess:
            _append(graph, "nvdspreprocess", f"secondary_preprocess_{prepare.number}", prepare)
        for gie in config.secondaries:
            _add_network(graph, gie, name=f"secondary_gie_{gie.number}", mode=2)
    if config.analytics is not None:
        _append(graph, "nvdsanalytics", "analytics", config.analytics)
    if config.segvisual is not None:
        _append(graph, "nvsegvisual", "segvisual", config.segvisual)


def _add_network(graph: AppGraph, group: GieGroup, *, name: str, mode: int) -> Gst.Element:
    # The file is read when it is named, so that what is set after it wins.
    told = {"config-file-path": group.config_file, "process-mode": mode, **group.properties}
    return _append(graph, _PLUGINS[group.plugin], name, group, told=told)


def _append(
    graph: AppGraph,
    factory: str,
    name: str,
    group: AppGroup,
    *,
    told: dict[str, object] | None = None,
) -> Gst.Element:
    element = made(factory, name, group.properties if told is None else told, where=group.where)
    _link(graph.pipeline, graph.analysed, queue(f"{name}_queue"), element)
    graph.analysed = element
    return element


def _add_endings(graph: AppGraph, config: AppConfig) -> None:
    """Message sinks take whole batches; pictures go composed, or source by source."""
    messages = [sink for sink in config.sinks if sink.kind == MESSAGES]
    pictures = [sink for sink in config.sinks if sink.kind != MESSAGES]
    tiled = config.tiler is not None
    single = [sink for sink in pictures if sink.single or not tiled]
    together = [sink for sink in pictures if sink not in single]
    converted = [sink for sink in messages if sink.bare and config.converter is not None]
    branches = [_end(graph, sink) for sink in messages if sink not in converted]
    if converted:
        branches.append(_converted(graph, config, converted))
    if together:
        branches.append(_composed(graph, config, together))
    if single:
        branches.append(_single(graph, config, single))
    if not branches:
        branches.append(_end(graph, SinkGroup(where=f"{config.file}", number=0)))
    _fan_out(graph, graph.analysed, branches)


def _converted(graph: AppGraph, config: AppConfig, sinks: list[SinkGroup]) -> Gst.Element:
    """One nvmsgconv for several brokers."""
    assert config.converter is not None
    first = queue("converter_queue")
    told = {**config.converter.properties, "msg2p-newapi": True}
    converter = made("nvmsgconv", "converter", told, where=config.converter.where)
    _link(graph.pipeline, first, converter)
    _fan_out(graph, converter, [_end(graph, sink) for sink in sinks])
    return first


def _composed(graph: AppGraph, config: AppConfig, sinks: list[SinkGroup]) -> Gst.Element:
    assert config.tiler is not None
    where = config.tiler.where
    first = queue("tiler_queue")
    graph.tiler = made("nvmultistreamtiler", "tiler", config.tiler.properties, where=where)
    _link(graph.pipeline, first, graph.tiler)
    _draw_and_end(graph, config, graph.tiler, sinks, name="osd")
    return first


def _single(graph: AppGraph, config: AppConfig, sinks: list[SinkGroup]) -> Gst.Element:
    where = f"{config.file}"
    first = queue("demux_queue")
    demux = made("nvstreamdemux", "demux", {"per-stream-eos": True}, where=where)
    _link(graph.pipeline, first, demux)
    for number in sorted({sink.source_id for sink in sinks}):
        own = [sink for sink in sinks if sink.source_id == number]
        if number >= graph.places:
            raise ConfigError(
                f"{own[0].where}: source-id {number} names no source: there are "
                f"{graph.places}, counted from 0"
            )
        out = queue(f"source_{number}_queue")
        graph.pipeline.add(out)
        demux.request_pad_simple(f"src_{number}").link(out.get_static_pad("sink"))
        _draw_and_end(graph, config, out, own, name=f"osd_{number}")
    return first


def _draw_and_end(
    graph: AppGraph, config: AppConfig, last: Gst.Element, sinks: list[SinkGroup], *, name: str
) -> None:
    if config.osd is not None:
        osd = made("nvdsosd", name, config.osd.properties, where=config.osd.where)
        _link(graph.pipeline, last, queue(f"{name}_queue"), osd)
        graph.drawers.append(osd)
        last = osd
    _fan_out(graph, last, [_end(graph, sink) for sink in sinks])


def _end(graph: AppGraph, group: SinkGroup) -> Gst.Element:
    end = sink_bin(group)
    graph.pipeline.add(end)
    graph.ends.append((group, end))
    return end


def _fan_out(graph: AppGraph, last: Gst.Element, branches: list[Gst.Element]) -> None:
    if len(branches) == 1:
        _link(graph.pipeline, last, branches[0])
        return
    tee = made("tee", f"{last.get_name()}_tee", where=last.get_name())
    _link(graph.pipeline, last, tee)
    for branch in branches:
        _link(graph.pipeline, tee, branch)


def _link(pipeline: Gst.Pipeline, *elements: Gst.Element) -> None:
    """Add to the pipeline those that are not in it, and link them in a row."""
    for element in elements:
        if element.get_parent() is None:
            pipeline.add(element)
    for before, after in pairwise(elements):
        if not before.link(after):
            raise StreamError(f"{before.get_name()} cannot be linked to {after.get_name()}")
