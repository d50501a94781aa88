"""Carry out what REST requests set, on the elements of a running pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from penstock.errors import StreamError
from penstock.gst.callbacks import weak
from penstock.gst.gi import Gst
from penstock.gst.lookup import elements_in
from penstock.gst.nvevents import push_update
from penstock.rest import Setting

_ENCODERS = ("nvv4l2h264enc", "nvv4l2h265enc")
_INFERENCE = ("nvinfer", "nvinferserver")


class _Event(NamedTuple):
    """How a setting travels: the event, its fields by the request's names, and who reads it."""

    name: str
    fields: Mapping[str, str]
    readers: tuple[str, ...]


_INTERVAL = _Event("nv-infer-interval-update", {"interval": "interval"}, _INFERENCE)
_EVENTS = {
    "ROI_UPDATE": _Event(
        "nv-roi-update", {"roi_count": "roi-count", "roi": "roi"}, ("nvdspreprocess",)
    ),
    "INFER_INTERVAL_UPDATE": _INTERVAL,
    "INFERSERVER_INTERVAL_UPDATE": _INTERVAL,
    "NVTRACKER_CONFIG_UPDATE": _Event(
        "nv-tracker-config-update", {"config_path": "config_path"}, ("nvtracker",)
    ),
    "PROCESS_MODE_UPDATE": _Event(
        "nv-osd-process-mode-update", {"process_mode": "process_mode"}, ("nvdsosd",)
    ),
    "RELOAD_CONFIG_UPDATE": _Event(
        "nv-analytics-reload_config-update",
        {"config_file_path": "config_file_path"},
        ("nvdsanalytics",),
    ),
    "BITRATE_UPDATE": _Event("nv-enc-bitrate-update", {"bitrate": "bitrate"}, _ENCODERS),
    "FORCE_IDR_UPDATE": _Event("nv-enc-force-idr", {"force_idr": "force"}, _ENCODERS),
    "FORCE_INTRA_UPDATE": _Event("nv-enc-force-intra", {"force_intra": "force"}, _ENCODERS),
    "IFRAME_INTERVAL_UPDATE": _Event(
        "nv-enc-iframeinterval-update", {"iframeinterval": "interval"}, _ENCODERS
    ),
}
_OF_MUX = {
    "BATCHED_PUSH_TIMEOUT_UPDATE": "batched-push-timeout",
    "MAX_LATENCY_UPDATE": "max-latency",
}
_DECODER, _OPENER, _CONVERTER = "nvv4l2decoder", "nvurisrcbin", "nvvideoconvert"
_OF_SOURCE: dict[str, dict[str, str]] = {  # what opens a source again sets the next decoder
    "DROP_FRAME_INTERVAL_UPDATE": {
        _DECODER: "drop-frame-interval",
        _OPENER: "drop-frame-interval",
    },
    "SKIP_FRAMES_UPDATE": {_DECODER: "skip-frames", _OPENER: "dec-skip-frames"},
    "LOW_LATENCY_MODE_UPDATE": {_DECODER: "low-latency-mode", _OPENER: "low-latency-mode"},
    "SRC_CROP_UPDATE": {_CONVERTER: "src-crop"},
    "DEST_CROP_UPDATE": {_CONVERTER: "dest-crop"},
    "FLIP_METHOD_UPDATE": {_CONVERTER: "flip-method"},
    "INTERPOLATION_METHOD_UPDATE": {_CONVERTER: "interpolation-method"},
}


class RunTimeSettings:
    """Acts on the elements around a mux.

    What travels as an event leaves with the mux's next batch, on the mux's own thread: neither the
    caller nor a streaming thread waits.

    Args:
        mux: An nvstreammux, which whoever holds this object outlives.
    """

    def __init__(self, mux: Gst.Element) -> None:
        self._mux = mux
        self._due: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        see, passed = self._before_batch, Gst.PadProbeReturn.OK
        mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, weak(see, otherwise=passed))

    def apply(self, setting: Setting, *, source: Sequence[Gst.Element] = ()) -> None:
        """Carry out a setting.

        Args:
            setting: What to set.
            source: The elements of the source that it is about.

        Raises:
            StreamError: There is no element that could act on it.
        """
        values = list(setting.values.values())
        if setting.token in _EVENTS:
            self._send(_EVENTS[setting.token], setting)
        elif setting.token in _OF_MUX:
            self._mux.set_property(_OF_MUX[setting.token], values[0])
        elif setting.token in _OF_SOURCE:
            names = _OF_SOURCE[setting.token]
            found = [part for part in _all_in(source) if _factory_of(part) in names]
            if not found:
                raise StreamError(f"source {setting.source_id} has no {next(iter(names))} (yet)")
            for part in found:
                part.set_property(names[_factory_of(part)], values[0])
        else:
            raise StreamError(f"nothing here acts on {setting.token}")

    def _send(self, event: _Event, setting: Setting) -> None:
        present = {_factory_of(element) for element in _all_in([_top(self._mux)])}
        if not present.intersection(event.readers):
            raise StreamError(f"there is no {' or '.join(event.readers)} in the pipeline")
        fields = {to: setting.values[name] for name, to in event.fields.items()}
        if "process_mode" in fields:
            fields["process_mode"] = fields["process_mode"] != 0
        if setting.source_id is not None:
            fields["stream_id"] = str(setting.source_id)
        self._due.put((event.name, fields))

    def _before_batch(self, pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        try:
            while True:
                push_update(pad, *self._due.get_nowait())
        except Empty:
            return Gst.PadProbeReturn.OK


def _top(element: Gst.Object) -> Gst.Object:
    parent = element.get_parent()
    return element if parent is None else _top(parent)


def _all_in(parts: Sequence[Gst.Element]) -> list[Gst.Element]:
    found = list(parts)
    for part in parts:
        if isinstance(part, Gst.Bin):
            found += elements_in(part)
    return found


def _factory_of(element: Gst.Element) -> str:
    factory = element.get_factory()
    return "" if factory is None else str(factory.get_name())
