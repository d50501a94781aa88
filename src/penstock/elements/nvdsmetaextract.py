"""`nvdsmetaextract`: read the metadata that `nvdsmetainsert` wrote into encoded video.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvdsmetaextract \
    ! nvv4l2decoder ! mux.sink_0 nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from penstock.bitstream import DamagedError, StreamForm, find, unpack
from penstock.gst import Gst, Property, attach, gproperties, post_warning
from penstock.gst.access_units import AccessUnits, bytes_of

_ALL = (
    Gst.BufferCopyFlags.FLAGS
    | Gst.BufferCopyFlags.TIMESTAMPS
    | Gst.BufferCopyFlags.META
    | Gst.BufferCopyFlags.MEMORY
)


class NvDsMetaExtract(AccessUnits, Gst.Element):
    """Attaches what an access unit's SEI message says to its buffer; the stream stays as it is.

    Attributes:
        frames_damaged: Access units or messages that could not be read: they pass without metadata.
    """

    FACTORY = "nvdsmetaextract"
    PLACE = "between parser and decoder"
    PROPERTIES = (
        Property(
            "deserialize-lib",
            "string",
            None,
            "accepted, and need not exist: the format is Penstock's own",
            accepted_only=True,
        ),
    )
    __gtype_name__ = "Gstnvdsmetaextract"
    __gstmetadata__ = (
        "Penstock metadata extractor",
        "Filter/Metadata/Video",
        "Reads metadata out of encoded video",
        "The Penstock authors",
    )
    __gsttemplates__ = AccessUnits.TEMPLATES
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.frames_damaged = 0

    def ready(self) -> None:
        """Count anew."""
        self.frames_damaged = 0

    def ended(self) -> None:
        """Tell how much could not be read."""
        if self.frames_damaged > 1:
            post_warning(self, f"the metadata of {self.frames_damaged} pictures could not be read")

    def rewritten(self, buffer: Gst.Buffer, form: StreamForm) -> Gst.Buffer:
        """The same access unit with its metadata attached."""
        try:
            messages = find(bytes_of(buffer), form)
            batch = unpack(messages[-1]) if messages else None
        except DamagedError as error:
            self.frames_damaged += 1
            if self.frames_damaged == 1:
                post_warning(self, f"{error}; the picture passes without, others are only counted")
            return buffer
        if batch is None:
            return buffer
        made = buffer.copy_region(_ALL, 0, buffer.get_size())
        attach(made, batch)
        return made
