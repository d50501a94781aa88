"""`nvdsmetainsert`: write the metadata of every picture into the encoded video.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvvideoconvert ! nvv4l2h264enc ! nvdsmetainsert ! h264parse ! mp4mux ! fakesink
"""

from __future__ import annotations

from penstock.bitstream import DamagedError, StreamForm, insert, pack
from penstock.gst import Gst, Property, batch_of, gproperties, post_warning
from penstock.gst.access_units import AccessUnits, bytes_of, with_content


class NvDsMetaInsert(AccessUnits, Gst.Element):
    """Puts an SEI message in front of every picture that carries metadata."""

    FACTORY = "nvdsmetainsert"
    PLACE = "right behind the encoder"
    PROPERTIES = (
        Property(
            "serialize-lib",
            "string",
            None,
            "accepted, and need not exist: the format is Penstock's own",
            accepted_only=True,
        ),
    )
    __gtype_name__ = "Gstnvdsmetainsert"
    __gstmetadata__ = (
        "Penstock metadata inserter",
        "Filter/Metadata/Video",
        "Writes metadata into encoded video",
        "The Penstock authors",
    )
    __gsttemplates__ = AccessUnits.TEMPLATES
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def ready(self) -> None:
        """Nobody has been warned yet."""
        self._told = set()

    def rewritten(self, buffer: Gst.Buffer, form: StreamForm) -> Gst.Buffer:
        """The access unit with the message in it."""
        batch = batch_of(buffer)
        if batch is None:
            self._warn(
                "none",
                "the buffers carry no metadata, so none is written: put this element right behind "
                "the encoder, and nvstreammux in front of that",
            )
            return buffer
        try:
            return with_content(buffer, insert(bytes_of(buffer), pack(batch), form))
        except DamagedError as error:
            self._warn("refused", f"{error}; it passes as it is, as others will without a warning")
            return buffer

    def _warn(self, fault: str, text: str) -> None:
        """Say each fault once: with its numbers the text may differ for every picture."""
        if fault not in self._told:
            self._told.add(fault)
            post_warning(self, text)
