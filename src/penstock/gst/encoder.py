"""Base class of the encoders: a bin around a software encoder."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.errors import ConfigError, MissingExtraError
from penstock.gst.device import GPU_ID
from penstock.gst.element import Element, nvmm_caps, pad_template
from penstock.gst.enums import EnumType
from penstock.gst.gi import Gst
from penstock.gst.properties import Property

CONTROL_RATE = EnumType("GstNvEncControlRate", {"variable_bitrate": 0, "constant_bitrate": 1})
PRESET_LEVEL = EnumType(
    "GstNvEncPresetLevel",
    {"DisablePreset": 0, "UltraFastPreset": 1, "FastPreset": 2, "MediumPreset": 3, "SlowPreset": 4},
)
TUNING = EnumType(
    "GstNvEncTuningInfo",
    {"UndefinedTuningInfo": 0, "HighQualityPreset": 1, "LowLatencyPreset": 2,
     "UltraLowLatencyPreset": 3, "LosslessPreset": 4},
)  # fmt: skip
_UNUSED = "accepted; a hardware encoder's setting without effect here"
_SPEED_OF_ID = {
    1: "ultrafast",
    2: "superfast",
    3: "veryfast",
    4: "faster",
    5: "fast",
    6: "medium",
    7: "slow",
}
_SPEED_OF_LEVEL = {1: "ultrafast", 2: "veryfast", 3: "medium", 4: "slow"}
_QP_MAX = 51


class VideoEncoder(Element):
    """NVMM pictures in, a byte-stream out; no frame is held back, as a hardware encoder does it.

    A mixin in front of `Gst.Bin`: a GObject class in between would run `__init__` while the
    instance still has that class, which has no pad templates. A subclass names `FACTORY`, the
    `ENCODER` and the `PARSER` inside.
    """

    ENCODER: ClassVar[str]
    PARSER: ClassVar[str]
    PROPERTIES: ClassVar[tuple[Property, ...]] = (
        Property("bitrate", "uint", 4_000_000, "Bits a second"),
        Property("control-rate", CONTROL_RATE, 0, "Whether the bit rate may vary"),
        Property("peak-bitrate", "uint", 0, "Most bits a second with a variable rate; 0: free"),
        Property("iframeinterval", "uint", 30, "Frames from one I frame to the next"),
        Property("idrinterval", "uint", 256, "Frames from one IDR frame to the next, at most"),
        Property(
            "qp-range", "string", "-1,-1:-1,-1:-1,-1", "Smallest and largest quantiser of P:I:B"
        ),
        Property("preset-id", "uint", 1, "1 fastest to 7 best", minimum=1, maximum=7),
        Property("preset-level", PRESET_LEVEL, 1, "Speed against quality"),
        Property("insert-sps-pps", "bool", False, "Repeat the headers before every IDR frame"),
        Property("force-idr", "bool", False, "Set to make the next frame an IDR frame"),
        Property("force-intra", "bool", False, "Set to make the next frame an I frame"),
        Property("tuning-info-id", TUNING, 3, _UNUSED, accepted_only=True),
        Property("constqp", "string", "0:0:0", _UNUSED, accepted_only=True),
        Property("initqp", "string", "0:0:0", _UNUSED, accepted_only=True),
        Property("copy-meta", "bool", False, _UNUSED, accepted_only=True),
        Property("bufapi-version", "bool", False, _UNUSED, accepted_only=True),
        Property("maxperf-enable", "bool", False, _UNUSED, accepted_only=True),
        Property("vbv-size", "uint", 4_000_000, _UNUSED, accepted_only=True),
        Property("ratecontrol-enable", "bool", True, _UNUSED, accepted_only=True),
        Property("MeasureEncoderLatency", "bool", False, _UNUSED, accepted_only=True),
        GPU_ID,
    )

    if TYPE_CHECKING:  # what Gst.Bin brings
        add: Any
        add_pad: Any
        get_pad_template: Any
        get_static_pad: Any

    @staticmethod
    def templates(src: str) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
        """The value of `__gsttemplates__`."""
        always = Gst.PadPresence.ALWAYS
        return (
            pad_template("sink", Gst.PadDirection.SINK, always, nvmm_caps("I420", "NV12")),
            pad_template("src", Gst.PadDirection.SRC, always, src),
        )

    def __init__(self) -> None:
        super().__init__()
        self._applied: dict[str, Any] = {}
        self._encoder = _make(self.ENCODER, self.FACTORY)
        self._parser = _make(self.PARSER, self.FACTORY)
        leave = _make("nvvideoconvert", self.FACTORY)
        system = _make("capsfilter", self.FACTORY)
        system.set_property("caps", Gst.Caps.from_string("video/x-raw, format=(string)I420"))
        coded = _make("capsfilter", self.FACTORY)
        coded.set_property("caps", self.get_pad_template("src").get_caps())
        chain = (leave, system, self._encoder, self._parser, coded)
        for element in chain:
            self.add(element)
        for before, after in pairwise(chain):
            before.link(after)
        for name, element in (("sink", leave), ("src", coded)):
            template = self.get_pad_template(name)
            target = element.get_static_pad(name)
            self.add_pad(Gst.GhostPad.new_from_template(name, target, template))
        self._apply()

    def changed(self, name: str, value: Any) -> None:
        """Pass a setting on; the bit rate acts while playing."""
        if name in ("force-idr", "force-intra") and value:
            self._force_key_frame()
            return
        self._apply()

    def _force_key_frame(self) -> None:
        structure = Gst.Structure.new_from_string(
            "GstForceKeyUnit, all-headers=(boolean)true, count=(uint)0"
        )
        event = Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, structure)
        self.get_static_pad("src").send_event(event)

    def _apply(self) -> None:
        for name, value in self.encoder_settings().items():
            if self._applied.get(name) != value:
                self._applied[name] = value
                self._encoder.set_property(name, value)
        self._parser.set_property("config-interval", -1 if self.setting("insert-sps-pps") else 0)

    def encoder_settings(self) -> Mapping[str, Any]:
        """Settings of the encoder inside that follow from the properties."""
        raise NotImplementedError

    @property
    def speed(self) -> str:
        """The software encoders' name of the chosen preset."""
        if "preset-level" in self.explicit:
            return _SPEED_OF_LEVEL.get(self.setting("preset-level"), "ultrafast")
        return _SPEED_OF_ID[self.setting("preset-id")]

    @property
    def key_interval(self) -> int:
        """Frames from one key frame to the next; software encoders make every I frame IDR."""
        return min(self.setting("iframeinterval") or 1, self.setting("idrinterval") or 1)

    @property
    def qp_range(self) -> tuple[int, int]:
        """Smallest and largest quantiser, of P frames."""
        text = self.setting("qp-range") or ""
        try:
            low, high = (int(number) for number in text.split(":")[0].split(","))
        except ValueError:
            raise ConfigError(
                f"qp-range wants MIN,MAX:MIN,MAX:MIN,MAX for P, I and B frames, got {text!r}"
            ) from None
        return (max(low, 0), high if 0 <= high <= _QP_MAX else _QP_MAX)


def _make(name: str, owner: str) -> Gst.Element:
    element = Gst.ElementFactory.make(name)
    if element is None:
        raise MissingExtraError(
            f"{owner} needs GStreamer's {name}: install the plugin set that has it "
            "(x264enc: gstreamer1.0-plugins-ugly, x265enc: gstreamer1.0-plugins-bad)"
        )
    return element
