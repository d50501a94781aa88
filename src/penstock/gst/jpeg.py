"""Base classes of the elements that decode and encode JPEG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from penstock.gst.codec_bin import CodecBin
from penstock.gst.element import nvmm_caps, pad_template, raw_caps
from penstock.gst.enums import EnumType
from penstock.gst.formats import SOURCE_FORMATS, TARGET_FORMATS
from penstock.gst.gi import Gst
from penstock.gst.nvmm_label import NvmmLabel, ignore_qos
from penstock.gst.picture_watch import PictureWatch

IDCT_METHOD = EnumType("GstNvIDCTMethod", {"islow": 0, "ifast": 1, "float": 2})
_MADE = tuple(name for name in TARGET_FORMATS if name != "P010_10LE")  # JPEG has eight bits
_GRAY = "video/x-raw, format=(string)GRAY8"
# JPEG knows no other colours, and jpegenc writes down what it is given.
_COLOURS = "video/x-raw, format=(string)I420, colorimetry=(string)1:4:0:0"


class JpegDecoder(CodecBin):
    """JPEG in, the decoded planes out, as NVMM by another label or as they are.

    A mixin in front of `Gst.Bin`. Nothing is converted for a promise between NVMM formats.
    """

    PROMISED: ClassVar[tuple[str, ...]]
    """Formats that may be promised in NVMM, most wanted first."""
    MAY_STAY_RAW: ClassVar[bool]
    """Whether pictures may also leave in system memory."""

    @staticmethod
    def templates(*promised: str, may_stay_raw: bool) -> tuple[Gst.PadTemplate, ...]:
        """The value of `__gsttemplates__`."""
        raw = f"; {raw_caps(*_MADE)}" if may_stay_raw else ""
        always = Gst.PadPresence.ALWAYS
        return (
            pad_template("sink", Gst.PadDirection.SINK, always, "image/jpeg"),
            pad_template("src", Gst.PadDirection.SRC, always, nvmm_caps(*promised) + raw),
        )

    def __init__(self) -> None:
        super().__init__()
        ignore_qos(self.get_static_pad("src"))
        self._watch = PictureWatch(self, self.parts[0]) if self.parts else None

    def make_parts(self) -> tuple[Gst.Element, ...]:
        """Decoded, converted where raw caps want it, labelled."""
        promised = self.PROMISED  # a reference to the bin would make a circle through C
        label = NvmmLabel()
        label.promised = lambda _held: promised
        label.may_stay_raw = self.MAY_STAY_RAW
        # Not avdec_mjpeg: it crashes on 4:4:0 and 4:1:1 chroma.
        return self.installed("jpegdec"), self.installed("videoconvert"), label

    def ready(self) -> None:
        """The last picture of an earlier run is not expected."""
        if self._watch is not None:
            self._watch.forget()

    @property
    def frames_lost(self) -> int:
        """Pictures that went in and could not be decoded."""
        return 0 if self._watch is None else self._watch.frames_lost


class JpegEncoder(CodecBin):
    """Pictures of either memory in, JPEG out; metadata goes along.

    A mixin in front of `Gst.Bin`. A subclass has the property `quality`.
    """

    @staticmethod
    def templates() -> tuple[Gst.PadTemplate, ...]:
        """The value of `__gsttemplates__`."""
        always = Gst.PadPresence.ALWAYS
        taken = f"{nvmm_caps(*SOURCE_FORMATS)}; {raw_caps(*SOURCE_FORMATS)}"
        return (
            pad_template("sink", Gst.PadDirection.SINK, always, taken),
            pad_template("src", Gst.PadDirection.SRC, always, "image/jpeg"),
        )

    def __init__(self) -> None:
        super().__init__()
        self._apply()

    def make_parts(self) -> tuple[Gst.Element, ...]:
        """Out of NVMM, into JPEG's colours, encoded."""
        convert = self.installed("nvvideoconvert")
        # Asked for JPEG's colours, videotestsrc promises them and paints others.
        convert.set_prefer_passthrough(False)
        return convert, self.installed("capsfilter"), self.installed("jpegenc")

    def changed(self, _name: str, _value: Any) -> None:
        """Pass a setting on; it acts while playing."""
        self._apply()

    def encoder_settings(self) -> Mapping[str, Any]:
        """Settings of jpegenc that follow from the properties."""
        return {"quality": self.setting("quality")}

    @property
    def is_gray(self) -> bool:
        """Whether pictures shall lose their colours."""
        return False

    def _apply(self) -> None:
        if not self.parts:
            return
        _, colours, encoder = self.parts
        for name, value in self.encoder_settings().items():
            encoder.set_property(name, value)
        caps = _GRAY if self.is_gray else f"{_COLOURS}; {_GRAY}"
        colours.set_property("caps", Gst.Caps.from_string(caps))
