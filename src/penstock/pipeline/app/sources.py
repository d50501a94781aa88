"""The sources of the reference application."""

from __future__ import annotations

from typing import Any

from penstock.config import DewarperGroup, SourceGroup
from penstock.errors import ConfigError
from penstock.gst import Gst
from penstock.pipeline.app.parts import give, made
from penstock.pipeline.sources import SourceBin, uri_of

CAMERA = 1
_KEY_FRAMES_ONLY = 2
_OF_FILES = ("file-loop", "drop-frame-interval", "dec-skip-frames", "simulate-fps-interval-ms")


class AppSource(SourceBin):
    """One source; what its group says is set on what opens it.

    Args:
        index: Its number, which becomes `source_id`.
        group: What is said of it.
        loops: Whether a file begins anew at its end.
        dewarper: What straightens its pictures, or none.

    Raises:
        ConfigError: It names nothing that could be read.
    """

    def __init__(
        self,
        index: int,
        group: SourceGroup,
        *,
        loops: bool = False,
        dewarper: DewarperGroup | None = None,
    ) -> None:
        self.group, self._dewarper = group, dewarper
        self._properties: dict[str, Any] = dict(group.properties)
        if group.key_frames:
            self._properties["dec-skip-frames"] = _KEY_FRAMES_ONLY
        self._loops = loops
        name = f"/dev/video{group.device}" if group.kind == CAMERA else group.uri
        try:
            uri = uri_of(name)
        except ConfigError as error:
            raise ConfigError(f"{group.where}: {error}") from None
        super().__init__(index, name=name, uri=uri)

    @property
    def opener(self) -> Gst.Element:
        """What opens it."""
        return self._decode

    def _camera(self) -> Gst.Element:
        element = super()._camera()
        give(element, self._properties, where=self.group.where)
        return element

    def _file(self) -> Gst.Element:
        told = {name: self._properties[name] for name in _OF_FILES if name in self._properties}
        if self._loops and self.group.kind != CAMERA:
            told["file-loop"] = True
        if not any(told.values()):
            return super()._file()
        return made("nvurisrcbin", f"opener-{self.group.number}", told, where=self.group.where)

    def _into_nvmm(self, pad: Gst.Pad) -> Gst.Pad:
        wanted = _camera_caps(self.group)
        if wanted is None:
            return super()._into_nvmm(pad)
        caps = made("capsfilter", "camera-caps", {"caps": wanted}, where=self.group.where)
        self.bin.add(caps)
        caps.sync_state_with_parent()
        pad.link(caps.get_static_pad("sink"))
        return super()._into_nvmm(caps.get_static_pad("src"))

    def _pad_added(self, element: Gst.Element, pad: Gst.Pad) -> None:
        had_video = self.has_video
        super()._pad_added(element, pad)
        if self._dewarper is None or had_video or not self.has_video:
            return
        group, target = self._dewarper, self.pad.get_target()
        dewarper = made("nvdewarper", "dewarper", group.properties, where=group.where)
        dewarper.set_property("source-id", self.index)
        self.bin.add(dewarper)
        dewarper.sync_state_with_parent()
        self.pad.set_target(None)
        target.link(dewarper.get_static_pad("sink"))
        self.pad.set_target(dewarper.get_static_pad("src"))


def _camera_caps(group: SourceGroup) -> Gst.Caps | None:
    """The pictures that a camera is asked for, or nothing where none are."""
    if group.kind != CAMERA:
        return None
    sides = (("width", group.camera_width), ("height", group.camera_height))
    fields = [f"{name}={side}" for name, side in sides if side]
    if group.camera_fps_n:
        fields.append(f"framerate={group.camera_fps_n}/{group.camera_fps_d}")
    return Gst.Caps.from_string(", ".join(["video/x-raw", *fields])) if fields else None
