"""Base class of the encoders: a bin around a software encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from penstock.errors import ConfigError, StreamError
from penstock.gst.callbacks import weak
from penstock.gst.codec_bin import CodecBin
from penstock.gst.device import GPU_ID
from penstock.gst.element import nvmm_caps, pad_template, raw_caps
from penstock.gst.enums import EnumType
from penstock.gst.gi import Gst
from penstock.gst.messages import post_error, post_warning
from penstock.gst.nvevents import update_of
from penstock.gst.properties import Property
from penstock.gst.surfaces import PictureCaps

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
_INTERVAL = "key-int-max"
_ENCODED = "video/x-raw, format=(string)I420"
_WHOLE = "0:0:0:0"
_EVENT = Gst.PadProbeType.EVENT_DOWNSTREAM
_SET_BY = {
    "nv-enc-bitrate-update": ("bitrate", "bitrate"),
    "nv-enc-force-idr": ("force", "force-idr"),
    "nv-enc-force-intra": ("force", "force-intra"),
    "nv-enc-iframeinterval-update": ("interval", "iframeinterval"),
}
"""DeepStream's events: the field that counts, and the property that it sets."""


class VideoEncoder(CodecBin):
    """Pictures of either memory in, a byte-stream out.

    No frame is held back, as a hardware encoder does it. 4:2:0 has no odd sizes: the last column
    or row is left out then. A mixin in front of `Gst.Bin`: a subclass names `FACTORY`, the
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

    @staticmethod
    def templates(src: str) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
        """The value of `__gsttemplates__`."""
        always = Gst.PadPresence.ALWAYS
        nvmm, raw = nvmm_caps("I420", "NV12"), raw_caps("I420", "NV12")
        return (
            pad_template("sink", Gst.PadDirection.SINK, always, f"{nvmm}; {raw}"),
            pad_template("src", Gst.PadDirection.SRC, always, src),
        )

    def __init__(self) -> None:
        self._applied: dict[str, Any] = {}
        self._forced_every = self._since_forced = 0
        self._crop = _WHOLE
        super().__init__()
        self._apply()
        sink, seen = self.get_static_pad("sink"), Gst.PadProbeReturn.OK
        sink.add_probe(_EVENT, weak(self._on_event, otherwise=seen))

    def make_parts(self) -> tuple[Gst.Element, ...]:
        """Out of NVMM, encoded, in the form that was promised."""
        return (
            self.installed("nvvideoconvert"),
            self.installed("capsfilter", _ENCODED),
            self.installed(self.ENCODER),
            self.installed(self.PARSER),
            self.installed("capsfilter", self.get_pad_template("src").get_caps().to_string()),
        )

    def ready(self) -> None:
        """The encoder inside takes the distance of its key frames where it starts."""
        self._forced_every = 0
        self._apply()

    def changed(self, name: str, value: Any) -> None:
        """Pass a setting on; bit rate and distance of key frames act while playing."""
        if name in ("force-idr", "force-intra") and value:
            self._force_key_frame()
        elif name in ("iframeinterval", "idrinterval") and self.current_state > Gst.State.READY:
            self._change_interval()
        else:
            self._apply()

    def _change_interval(self) -> None:
        """What the encoder cannot change by itself is forced on it, frame by frame."""
        most, wanted = self._applied[_INTERVAL], self.key_interval
        if wanted > most:
            post_warning(
                self,
                f"key frames every {wanted} frames: while playing they cannot be farther apart "
                f"than the {most} frames it started with; that holds from the next start on",
            )
        if not self._forced_every:
            sink, seen = self.get_static_pad("sink"), Gst.PadProbeReturn.OK
            sink.add_probe(Gst.PadProbeType.BUFFER, weak(self._on_frame, otherwise=seen))
        self._forced_every, self._since_forced = wanted, 0

    def _on_frame(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if not self._forced_every:
            return Gst.PadProbeReturn.REMOVE
        self._since_forced += 1
        if self._since_forced >= self._forced_every:
            self._since_forced = 0
            self._force_key_frame()
        return Gst.PadProbeReturn.OK

    def _on_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.CAPS and self.parts:
            self._crop_to_even(event.parse_caps())
        name, values = update_of(event) or ("", {})
        if name in _SET_BY:
            field, setting = _SET_BY[name]
            self.set_property(setting, values.get(field, self.setting(setting)))
        return Gst.PadProbeReturn.OK

    def _crop_to_even(self, caps: Gst.Caps) -> None:
        converter, wanted, *_ = self.parts
        width, height = PictureCaps.of(caps).size
        even, crop, encoded = (width // 2 * 2, height // 2 * 2), _WHOLE, _ENCODED
        if even != (width, height):
            crop = f"0:0:{even[0]}:{even[1]}"
            encoded += f", width=(int){even[0]}, height=(int){even[1]}"
            self.log.info(self, f"pictures of {width}x{height} are encoded as {even[0]}x{even[1]}")
        if 0 in even:
            post_error(
                self,
                StreamError(f"pictures of {width}x{height} cannot be encoded: 2x2 is the least"),
            )
        elif crop != self._crop:
            self._crop = crop
            converter.set_property("src-crop", crop)
            wanted.set_property("caps", Gst.Caps.from_string(encoded))

    def _force_key_frame(self) -> None:
        structure = Gst.Structure.new_from_string(
            "GstForceKeyUnit, all-headers=(boolean)true, count=(uint)0"
        )
        event = Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, structure)
        self.get_static_pad("src").send_event(event)

    def _apply(self) -> None:
        if not self.parts:
            return
        _, _, encoder, parser, _ = self.parts
        for name, value in self.encoder_settings().items():
            if self._applied.get(name) != value and not (name == _INTERVAL and self._forced_every):
                self._applied[name] = value
                encoder.set_property(name, value)
        parser.set_property("config-interval", -1 if self.setting("insert-sps-pps") else 0)

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
