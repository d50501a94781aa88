"""Anything a user names as a source, as a bin with one NVMM video pad."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from penstock.errors import ConfigError, StreamError
from penstock.gst import NVMM, Gst, Login, is_rtsp, post_error, post_warning, weak
from penstock.pipeline.containers import stated_length
from penstock.pipeline.losses import DecoderWatch

_NOT_VIDEO = ("audio/", "text/", "subpicture/", "application/x-subtitle")
_LIVE = ("rtp", "udp", "srt", "rtmp", "rtmps", "mms", "v4l2")
_SILENT_S, _FIRST_SILENT_S = 10, 15
_TRIES = 3
_OLDEST = 2
_OK = Gst.PadProbeReturn.OK
_PADDING_BYTES = 64  # writers disagree by a few about where their file ends


def uri_of(source: str) -> str:
    """The URI of a file path, a device (`/dev/video0`) or a URI.

    Raises:
        ConfigError: A path, or the path of a `file:` URI, names nothing that could be read.
    """
    scheme, separator, _ = source.partition("://")
    if separator and scheme != "file":
        return source
    path = Path(os.path.expanduser(unquote(urlsplit(source).path) if separator else source))
    if "\0" in str(path):
        raise ConfigError(f"source {source!r}: no file can have this name")
    try:
        if path.is_char_device():
            return f"v4l2://{path}"
        if not source or path.is_dir():
            raise ConfigError(f"source {source!r}: wanted a video file, got a folder")
        with path.open("rb") as file:
            if path.is_file() and not file.read(1):
                raise ConfigError(f"source {source}: the file is empty (0 bytes)")
    except FileNotFoundError:
        raise ConfigError(f"source {source}: there is no such file; give a path or a URI") from None
    except OSError as error:
        raise ConfigError(f"source {source}: it cannot be read: {error.strerror}") from error
    return path.resolve().as_uri()


def is_live(uri: str) -> bool:
    """Whether a URI names something that gives frames in its own time, as cameras do."""
    return is_rtsp(uri) or uri.lower().partition("://")[0] in _LIVE


class SourceBin:
    """One source: `bin` has a pad `src` that gives NVMM video.

    A camera over RTSP that is lost, or not there, is tried again for ever; only warnings tell.

    Args:
        index: Its number, which becomes `source_id`.
        name: As the user wrote it, for messages; they leave out credentials.
        uri: What to open.
        frames: End the stream after so many frames.
        tls_ca: PEM file of the certificates that a camera's must come from.
        on_size: Called with `index`, width and height in pixels whenever the pictures get a size,
            and with zeros when it fails; may block.

    Attributes:
        failure: Why it did not end as it should, or none.
        frames: How many have come.
        ended: Whether its end, or its limit, has gone downstream.
    """

    def __init__(
        self,
        index: int,
        *,
        name: str,
        uri: str,
        frames: int | None = None,
        tls_ca: Path | None = None,
        on_size: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self._is_camera = is_rtsp(uri)
        self.index, self._uri = index, uri
        self.name = Login.of(name).url if self._is_camera else name
        self.failure: str | None = None
        self.frames, self.ended = 0, False
        self._most, self._on_size = frames, on_size
        self._last_s = time.monotonic()
        self._watches: list[DecoderWatch] = []
        self._demuxers: list[Gst.Element] = []
        self._stopped_s: float | None = None
        self._starting = threading.Lock()  # guards the next
        self._closed = self._is_given_up = False
        self.bin: Gst.Bin = Gst.Bin.new(f"source-{index}")
        # A source that fails while it starts must not hold up the state of the others.
        self.bin.set_property("async-handling", True)
        self._tls_ca = tls_ca
        self._decode = self._camera() if self._is_camera else self._file()
        self._decode.set_property("uri", uri)
        self._decode.connect("pad-added", weak(self._pad_added, otherwise=None))
        self.bin.add(self._decode)
        self.pad = Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC)
        self.pad.add_probe(Gst.PadProbeType.BUFFER, weak(self._on_buffer, otherwise=_OK))
        self.pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, weak(self._on_event, otherwise=_OK))
        self.bin.add_pad(self.pad)

    def __str__(self) -> str:
        return f"source {self.index} ({self.name})"

    @property
    def is_live(self) -> bool:
        """Whether it gives frames in their own time, as cameras do."""
        return is_live(self._uri)

    @property
    def has_video(self) -> bool:
        """Whether a video stream was found in it."""
        return self.pad.get_target() is not None

    @property
    def silent_s(self) -> float:
        """Seconds since its last frame or its failure."""
        return time.monotonic() - self._last_s

    @property
    def is_hopeless(self) -> bool:
        """Whether it is a camera that was tried several times and has never given a frame."""
        tried = int(self._decode.get_property("reconnects")) if self._is_camera else 0
        return tried >= _TRIES and not self.frames

    @property
    def last_error(self) -> str:
        """Why a camera was lost."""
        return str(self._decode.get_property("last-error"))

    def gave_up_s(self) -> float:
        """Seconds since its demuxer stopped reading without having given a stream.

        decodebin drops the errors of an element that it is just adding, and then waits for ever.
        """
        if self.has_video or not any(map(_has_stopped, self._demuxers)):
            self._stopped_s = None
            return 0.0
        now_s = time.monotonic()
        self._stopped_s = now_s if self._stopped_s is None else self._stopped_s
        return now_s - self._stopped_s

    def missing_bytes(self) -> str | None:
        """What is wrong with the length of a file, or nothing."""
        if not self._uri.startswith("file://"):
            return None
        path = Path(unquote(urlsplit(self._uri).path))
        have, stated = path.stat().st_size, stated_length(path)
        if stated is None or stated <= have + _PADDING_BYTES:
            return None
        return f"the file is cut short: it has {have:,} of the {stated:,} bytes it should have"

    def fail(self, reason: str) -> None:
        """Note why it fails; the first reason counts."""
        self.failure = self.failure or reason
        self._last_s = time.monotonic()
        if self._on_size is not None:
            self._on_size(self.index, 0, 0)

    def end(self) -> None:
        """End its stream as if nothing more would come."""
        peer = self.pad.get_peer()
        if not self.ended and peer is not None:
            self.ended = True
            peer.send_event(Gst.Event.new_eos())

    def start(self) -> None:
        """Bring it to the state of its pipeline, unless it was closed meanwhile; may wait."""
        with self._starting:
            if not self._closed:
                self.bin.sync_state_with_parent()

    def give_up(self) -> None:
        """Start no more, and follow the pipeline to its end, also where it failed."""
        with self._starting:
            if not self._closed:  # else a pipeline on its way down would bring it up to READY again
                self.bin.set_locked_state(False)
            self._closed = self._is_given_up = True

    def close(self) -> None:
        """End it, stop it and take it out of its pipeline; may wait for its streaming thread."""
        self.end()
        with self._starting:  # what started behind this would play on, without a pipeline
            if self._is_given_up:
                return  # its pipeline stops it
            self._closed = True
            self.bin.set_locked_state(True)
        self.bin.set_state(Gst.State.NULL)
        pipeline = self.bin.get_parent()
        if pipeline is not None:
            pipeline.remove(self.bin)
        # The pipeline, on its own way to a state, may have found it unlocked, and waited for it.
        self.bin.set_state(Gst.State.NULL)

    def _on_buffer(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if self.frames == self._most:
            self.end()  # the mux refuses what follows, and that ends the decoding
            return Gst.PadProbeReturn.OK
        self.frames += 1
        self._last_s = time.monotonic()
        return Gst.PadProbeReturn.OK

    def _on_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.STREAM_START:
            self.frames, self.ended = 0, False
        elif event.type == Gst.EventType.CAPS and self._on_size is not None:
            structure = event.parse_caps().get_structure(0)
            width, height = (structure.get_int(name)[1] for name in ("width", "height"))
            self._on_size(self.index, width, height)
        elif event.type == Gst.EventType.EOS:
            self.ended = True
        return Gst.PadProbeReturn.OK

    def _camera(self) -> Gst.Element:
        """Opens an RTSP camera, again and again if need be."""
        element = Gst.ElementFactory.make("nvurisrcbin")
        element.set_property("source-id", self.index)
        element.set_property("rtsp-reconnect-interval", _SILENT_S)
        element.set_property("init-rtsp-reconnect-interval", _FIRST_SILENT_S)
        element.set_property("tls-ca-file", None if self._tls_ca is None else str(self._tls_ca))
        element.set_property("drop-on-latency", False)  # a busy moment costs no frame
        element.set_property("leaky", _OLDEST)  # and a stopped pipeline no memory
        return element

    def _file(self) -> Gst.Element:
        """Opens whatever else there is; what its decoders lose is counted."""
        element = Gst.ElementFactory.make("uridecodebin")
        element.connect("autoplug-continue", _only_video)
        element.connect("no-more-pads", weak(self._no_more_pads, otherwise=None))
        self.bin.connect("deep-element-added", weak(self._element_added, otherwise=None))
        return element

    def _element_added(self, _bin: Gst.Bin, _parent: Gst.Bin, element: Gst.Element) -> None:
        factory = element.get_factory()
        if factory is None or isinstance(element, Gst.Bin):
            return
        if "Decoder" in factory.get_metadata("klass"):
            lost = weak(self._lost_pictures, otherwise=None)
            self._watches.append(DecoderWatch(element, on_loss=lost))
        elif "Demux" in factory.get_metadata("klass"):
            self._demuxers.append(element)

    def _lost_pictures(self, lost: int, of: int) -> None:
        if not self.ended and self.failure is None:
            self.fail(f"the data is damaged: {lost} of {of} pictures could not be decoded")
            post_warning(self._decode, str(self.failure))

    def _pad_added(self, _element: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps(None)
        features = caps.get_features(0)
        if caps.get_structure(0).get_name().startswith("video/") and not self.has_video:
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
        if not self.has_video:
            post_error(self._decode, StreamError("there is no video in it"))


def _only_video(_element: Gst.Element, _pad: Gst.Pad, caps: Gst.Caps) -> bool:
    return not caps.get_structure(0).get_name().startswith(_NOT_VIDEO)


def _has_stopped(demuxer: Gst.Element) -> bool:
    """Whether it read by itself, and does so no longer."""
    pad = demuxer.get_static_pad("sink")
    return pad is not None and pad.get_task_state() == Gst.TaskState.PAUSED
