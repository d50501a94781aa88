"""Anything a user names as a source, as a bin with one NVMM video pad."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import ConfigError, StreamError
from penstock.gst import NVMM, Gst, post_error

_NOT_VIDEO = ("audio/", "text/", "subpicture/", "application/x-subtitle")


def uri_of(source: str) -> str:
    """The URI of a file path, a device (`/dev/video0`) or a URI.

    Raises:
        ConfigError: A path names no readable, non-empty file.
    """
    if "://" in source:
        return source
    path = Path(source).expanduser()
    if path.is_char_device():
        return f"v4l2://{path}"
    if not path.exists():
        raise ConfigError(f"source {source}: there is no such file; give a path or a URI")
    if not path.is_file():
        raise ConfigError(f"source {source}: wanted a video file, got a folder")
    if path.stat().st_size == 0:
        raise ConfigError(f"source {source}: the file is empty (0 bytes)")
    return path.resolve().as_uri()


class SourceBin:
    """One source: `bin` has a pad `src` that gives NVMM video.

    Args:
        index: Its number, which becomes `source_id`.
        name: As the user wrote it, for messages.
        uri: What to open.
    """

    def __init__(self, index: int, *, name: str, uri: str) -> None:
        self.index, self.name = index, name
        self.failure: str | None = None
        self.bin: Gst.Bin = Gst.Bin.new(f"source-{index}")
        self._decode = Gst.ElementFactory.make("uridecodebin")
        self._decode.set_property("uri", uri)
        self._decode.connect("autoplug-continue", _only_video)
        self._decode.connect("pad-added", self._pad_added)
        self._decode.connect("no-more-pads", self._no_more_pads)
        self.bin.add(self._decode)
        self.pad = Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC)
        self.bin.add_pad(self.pad)

    def _pad_added(self, _element: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps(None)
        features = caps.get_features(0)
        if caps.get_structure(0).get_name().startswith("video/") and self.pad.get_target() is None:
            if features is not None and features.contains(NVMM):
                self.pad.set_target(pad)
            else:
                self.pad.set_target(self._into_nvmm(pad))

    def _into_nvmm(self, pad: Gst.Pad) -> Gst.Pad:
        """Cameras and test sources give raw system memory."""
        convert = Gst.ElementFactory.make("videoconvert")
        enter = Gst.ElementFactory.make("nvvideoconvert")
        self.bin.add(convert)
        self.bin.add(enter)
        convert.link(enter)
        pad.link(convert.get_static_pad("sink"))
        for element in (enter, convert):
            element.sync_state_with_parent()
        return enter.get_static_pad("src")

    def _no_more_pads(self, _element: Gst.Element) -> None:
        if self.pad.get_target() is None:
            post_error(self._decode, StreamError("there is no video in it"))


def _only_video(_element: Gst.Element, _pad: Gst.Pad, caps: Gst.Caps) -> bool:
    return not caps.get_structure(0).get_name().startswith(_NOT_VIDEO)
