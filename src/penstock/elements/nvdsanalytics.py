"""`nvdsanalytics`: count who is where, who crosses which line, who goes which way.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvinfer config-file-path=config_infer.txt ! nvtracker \
    ! nvdsanalytics config-file=config_analytics.txt ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigError
from penstock.gst import (
    BatchTransform,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.gst.nvevents import (
    PAD_ADDED,
    PAD_DELETED,
    STREAM_RESET,
    source_event_of,
    update_of,
)
from penstock.meta import BatchMeta, FrameAnalytics, FrameMeta, ObjectAnalytics, UserMeta

if TYPE_CHECKING:
    from penstock.analytics import Analyser, Findings, Overlay, Plan, ProofFile

_RELOAD = "nv-analytics-reload_config-update"
_UNTRACKED_FRAMES = 30


class NvDsAnalytics(BatchTransform):
    """Adds what the rules of its file find to frames and objects; removes nothing."""

    FACTORY = "nvdsanalytics"
    PROPERTIES = (
        Property("unique-id", "uint", 17, "Names this element in the metadata"),
        Property("enable", "bool", True, "Off: everything passes untouched; wins over the file"),
        Property("config-file", "string", None, "Lines, zones and other rules; required"),
        Property(
            "proof-file",
            "string",
            None,
            "Record every event here, for penstock replay; wins over the file's",
        ),
    )
    __gtype_name__ = "Gstnvdsanalytics"
    __gstmetadata__ = (
        "Penstock analytics",
        "Filter/Analyzer/Video",
        "Counts objects in zones and across lines",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._checked: Plan | None = None  # whose streams were compared with those that are there
        self._sources: set[int] = set()
        # `FrameMeta.view`, the mux pad first, and the source: behind several muxes they differ.
        self._analysers: dict[tuple[int, int, int, int], tuple[Analyser, Overlay]] = {}
        self._proof: ProofFile | None = None
        self._untracked = 0

    def changed(self, name: str, value: Any) -> None:
        """A file named while playing holds from the next batch on."""
        if name == "config-file":
            from penstock.analytics import Plan

            self._plan = Plan.read(value) if value else None
            if self._plan is not None and self.current_state > Gst.State.NULL:
                self._warn(self._plan)

    def ready(self) -> None:
        """There is no rule that could be guessed."""
        if self._plan is None:
            raise ConfigError("config-file must name a configuration file, got nothing")
        self._warn(self._plan)

    def open(self) -> None:
        """Begin the proof, and count from 0."""
        from penstock.analytics import ProofFile

        self._analysers, self._checked, self._untracked = {}, None, 0
        named = self.setting("proof-file")
        in_file = None if self._plan is None else self._plan.config.proof_file
        path = Path(named) if named else in_file
        self._proof = None if path is None else ProofFile(path)

    def close(self) -> None:
        """Let the proof go."""
        if self._proof is not None:
            self._proof.close()
        self._proof, self._analysers, self._sources = None, {}, set()

    def notice(self, event: Gst.Event) -> None:
        """The mux tells what sources there are; an application may want the file read again."""
        kind, source = source_event_of(event) or (0, 0)
        if kind == PAD_ADDED:
            self._sources.add(source)
        elif kind == PAD_DELETED:
            self._sources.discard(source)
            self._analysers = {key: one for key, one in self._analysers.items() if key[0] != source}
        elif kind == STREAM_RESET:
            for key, (analyser, _) in self._analysers.items():
                if key[0] == source:
                    analyser.forget_tracks()
        if (update_of(event) or ("",))[0] == _RELOAD:
            self._reload()

    def _reload(self) -> None:
        from penstock.analytics import Plan

        try:
            self._plan = Plan.read(self.setting("config-file"))
        except Exception as error:  # a mistake in an edited file must not stop the cameras
            post_warning(self, f"the rules stay as they were: {error}")
            return
        self._warn(self._plan)

    def _warn(self, plan: Plan) -> None:
        for text in plan.config.warnings:
            post_warning(self, text)

    def process(self, batch: BatchMeta) -> None:
        """Analyse every frame of a batch."""
        plan = self._plan
        if plan is None or not self._is_enabled(plan):
            return
        if self._checked is not plan:
            self._check_streams(plan, batch)
        for frame in batch.frames:
            analyser, overlay = self._analyser_of(frame, plan)
            if analyser.rules:
                self._analyse(frame, analyser, overlay)

    def _is_enabled(self, plan: Plan) -> bool:
        enabled: bool = self.setting("enable")
        return enabled if "enable" in self.explicit else plan.config.enable

    def _check_streams(self, plan: Plan, batch: BatchMeta) -> None:
        """A source that may still join is worth a warning, one that cannot is an error.

        Raises:
            ConfigError: A group is about a source that cannot be; but not once cameras run.
        """
        is_first, self._checked = self._checked is None, plan
        numbers = {(frame.pad_index, frame.source_id) for frame in batch.frames}
        sources = {source for _, source in numbers}
        if all(pad == source for pad, source in numbers):  # else an earlier mux has numbered them
            sources |= self._sources
        is_sure = is_first and numbers == {(pad, pad) for pad in self._sources}
        there = ", ".join(map(str, sorted(sources)))
        for stream, where in plan.streams.items():
            if not self._sources or stream in sources:
                continue
            text = f"{where} is about an unknown stream: there is no source {stream}"
            if is_sure and stream >= max(batch.max_frames, *sources):
                raise ConfigError(
                    f"{text}, and nvstreammux takes {batch.max_frames} (batch-size); "
                    f"the sources are {there}"
                )
            post_warning(self, f"{text} so far, the sources are {there}")

    def _analyser_of(self, frame: FrameMeta, plan: Plan) -> tuple[Analyser, Overlay]:
        from penstock.analytics import Analyser, Overlay

        key = (*frame.view, frame.source_id)
        analyser, overlay = self._analysers.get(key, (None, None))
        size = (frame.width, frame.height)
        if analyser is None or overlay is None or (analyser.plan, analyser.size) != (plan, size):
            analyser = Analyser(
                plan,
                frame.source_id,
                size=size,
                component_id=self.setting("unique-id"),
                earlier=analyser,
            )
            overlay = Overlay(analyser)
            self._analysers[key] = analyser, overlay
        return analyser, overlay

    def _analyse(self, frame: FrameMeta, analyser: Analyser, overlay: Overlay) -> None:
        found = analyser.step(
            frame.detections,
            time_ns=frame.pts_ns if frame.pts_ns >= 0 else frame.entered_ns,
            frame_num=frame.frame_num,
        )
        overlay.add(frame, found)
        frame.user.append(_attachment(found.frame))
        for obj, info in zip(frame.objects, found.objects, strict=True):
            obj.user.append(_attachment(info))
        if self._proof is not None and found.events:
            self._prove(frame, analyser, found)
        if analyser.needs_tracks and found.slots:
            self._watch_tracks(found)

    def _prove(self, frame: FrameMeta, analyser: Analyser, found: Findings) -> None:
        from penstock.analytics import event_record

        assert self._proof is not None
        for event in found.events:
            record = event_record(event, frame, table=analyser.table, slots=found.slots)
            self._proof.add(record)

    def _watch_tracks(self, found: Findings) -> None:
        self._untracked = 0 if max(found.slots) >= 0 else self._untracked + 1
        if self._untracked == _UNTRACKED_FRAMES:
            post_warning(
                self,
                f"none of the objects of {_UNTRACKED_FRAMES} frames has a track, so nothing can "
                "cross a line or move: put nvtracker before this element",
            )


def _attachment(data: FrameAnalytics | ObjectAnalytics) -> UserMeta:
    return UserMeta(data, meta_type=data.META_TYPE, copy_data=type(data).copy)
