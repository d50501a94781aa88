"""Base class of the bins around GStreamer's codecs, of which some may not be installed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from penstock.errors import MissingExtraError
from penstock.gst.element import Element
from penstock.gst.gi import Gst

_PLUGIN_SETS = {
    "x264enc": "ugly",
    "jpegdec": "good",
    "jpegenc": "good",
    "videoconvert": "base",
}


class CodecBin(Element):
    """A chain of elements behind the pads `sink` and `src`.

    A mixin in front of `Gst.Bin`: a GObject class in between would run `__init__` while the
    instance still has that class, which has no pad templates. Where an element of the chain is not
    installed, the bin exists nevertheless, as GStreamer cannot do otherwise, and says so on the bus
    when it leaves NULL.

    Attributes:
        parts: The chain; empty where one of it is missing.
    """

    if TYPE_CHECKING:  # what Gst.Bin brings
        add: Any
        add_pad: Any
        get_pad_template: Any
        get_static_pad: Any
        set_property: Any

    def __init__(self) -> None:
        super().__init__()
        self.parts: tuple[Gst.Element, ...] = ()
        try:
            self.parts = self.make_parts()
        except MissingExtraError as error:
            self._deferred["parts"] = error
        for part in self.parts:
            self.add(part)
        for before, after in pairwise(self.parts):
            before.link(after)
        for name, end in (("sink", 0), ("src", -1)):
            template = self.get_pad_template(name)
            pad = Gst.GhostPad.new_no_target_from_template(name, template)
            if self.parts:
                pad.set_target(self.parts[end].get_static_pad(name))
            self.add_pad(pad)

    def make_parts(self) -> tuple[Gst.Element, ...]:
        """The chain, in the order of the stream.

        Raises:
            MissingExtraError: One of them is not installed.
        """
        raise NotImplementedError

    def installed(self, name: str, caps: str | None = None) -> Gst.Element:
        """Make an element of the chain; `caps` as text, for a capsfilter.

        Raises:
            MissingExtraError: It is not installed; the message says what to install.
        """
        element = Gst.ElementFactory.make(name)
        if element is None:
            package = f"gstreamer1.0-plugins-{_PLUGIN_SETS.get(name, 'bad')}"
            raise MissingExtraError(
                f"{self.FACTORY} works with GStreamer's {name}, which is not installed: "
                f"install {package} (`penstock doctor` says how)"
            )
        if caps is not None:
            element.set_property("caps", Gst.Caps.from_string(caps))
        return element
