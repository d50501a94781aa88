"""Files, pictures, colours and numbers that are made of what passes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from penstock.config import AppConfig, AppGroup, ApplicationGroup, GieGroup
from penstock.gst import Gst, batch_of
from penstock.meta import BatchMeta, TargetsMeta
from penstock.pipeline.app import kitti
from penstock.pipeline.app.graph import AppGraph
from penstock.pipeline.app.images import Images
from penstock.pipeline.app.looks import Labels, Looks
from penstock.pipeline.app.rates import Rates

Listener = Callable[[BatchMeta], None]


def watch(graph: AppGraph, config: AppConfig, say: Callable[[str], None]) -> Rates | None:
    """Look at the batches wherever the configuration wants something of them.

    Args:
        graph: Whose pads they pass.
        config: What is wanted.
        say: Gets lines of frame rates.

    Returns:
        The frame rates, if they are wanted.

    Raises:
        ConfigError: A folder cannot be made.
    """
    application, rates = config.application, None
    if graph.detected is not None and config.primary is not None:
        if config.primary.labels is not None:
            component = int(graph.detected.get_property("unique-id"))
            _at(graph.detected, "src", Labels(config.primary.labels, component=component).apply)
        if application.kitti_dir is not None:
            folder = _folder(application.kitti_dir, application, "gie-kitti-output-dir")
            _at(graph.detected, "src", partial(kitti.write_detections, folder=folder))
    for listener in _of_tracks(application):
        _at(graph.analysed, "src", listener)
    if config.images is not None and config.images.folder is not None:
        folder = _folder(config.images.folder, config.images, "output-folder-path")
        _at(graph.analysed, "src", Images(config.images, folder).add)
    if application.perf:
        first = len(graph.sources) or len(config.listed.uris if config.listed else ())
        rates = Rates(first, interval_s=application.perf_interval_s, say=say)
        _at(graph.analysed, "src", rates.add)
    looks = Looks(config, _components(graph, config))
    for drawer in graph.drawers:
        _at(drawer, "sink", looks.apply)
    return rates


def _of_tracks(application: ApplicationGroup) -> Iterator[Listener]:
    if application.track_dir is not None:
        folder = _folder(application.track_dir, application, "kitti-track-output-dir")
        yield partial(kitti.write_tracks, folder=folder)
    if application.ended_dir is not None:
        folder = _folder(application.ended_dir, application, "terminated-track-output-dir")
        yield partial(kitti.write_targets, folder=folder, kind=TargetsMeta.TERMINATED)
    if application.shadow_dir is not None:
        folder = _folder(application.shadow_dir, application, "shadow-track-output-dir")
        yield partial(kitti.write_targets, folder=folder, kind=TargetsMeta.SHADOWS)
    if application.reid_dir is not None:
        folder = _folder(application.reid_dir, application, "reid-track-output-dir")
        yield partial(kitti.write_vectors, folder=folder)


def _folder(path: Path, group: AppGroup, key: str) -> Path:
    return kitti.folder_for(path, where=group.where, key=key)


def _components(graph: AppGraph, config: AppConfig) -> dict[int, GieGroup]:
    """Each network's id in the metadata → its group."""
    groups = {"primary_gie": config.primary}
    groups |= {f"secondary_gie_{group.number}": group for group in config.secondaries}
    found = {}
    for name, group in groups.items():
        element = graph.pipeline.get_by_name(name)
        if element is not None and group is not None:
            found[int(element.get_property("unique-id"))] = group
    return found


def _at(element: Gst.Element, pad: str, listener: Listener) -> None:
    """Have every batch on a pad looked at."""

    def on_buffer(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        if batch is not None:
            listener(batch)
        return Gst.PadProbeReturn.OK

    element.get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, on_buffer)
