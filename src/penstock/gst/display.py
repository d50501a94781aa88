"""Base class of the sinks that show pictures."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.gst.element import Element, nvmm_caps, pad_template
from penstock.gst.formats import SOURCE_FORMATS
from penstock.gst.gi import Gst, GstBase
from penstock.gst.messages import post_error, post_warning, said_by
from penstock.gst.properties import Property, gproperties
from penstock.gst.surfaces import PictureCaps, surfaces
from penstock.gst.window import Window
from penstock.surface import Surface


class DisplaySink(Element, GstBase.BaseSink):
    """Renders by the clock: in a window where there is a display, nowhere elsewhere.

    The window gets each picture when its time has come; closing it is an error on the bus.
    `SIZE` names the properties that give the window's width and height, where there are such.
    """

    SIZE: ClassVar[tuple[str, ...]] = ("window-width", "window-height")
    PROPERTIES: ClassVar[tuple[Property, ...]] = (
        Property("gpu-id", "uint", 0, "accepted; without effect here", accepted_only=True),
        Property("window-x", "uint", 0, "accepted; the window manager decides", accepted_only=True),
        Property("window-y", "uint", 0, "accepted; the window manager decides", accepted_only=True),
        Property("window-width", "uint", 0, "Width of the window, pixels; 0: the picture's"),
        Property("window-height", "uint", 0, "Height of the window, pixels; 0: the picture's"),
        Property("plane-id", "uint", 0, "accepted; without effect here", accepted_only=True),
    )

    @staticmethod
    def described(machine: str) -> tuple[str, str, str, str]:
        """The value of `__gstmetadata__`."""
        return (
            f"Penstock display sink ({machine})",
            "Sink/Video",
            "Shows pictures in a window, or keeps their time where there is no display",
            "The Penstock authors",
        )

    @staticmethod
    def templates() -> tuple[Gst.PadTemplate]:
        """The value of `__gsttemplates__`."""
        formats = ", ".join(SOURCE_FORMATS)
        caps = f"{nvmm_caps(*SOURCE_FORMATS)}; video/x-raw, format=(string){{ {formats} }}"
        return (pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, caps),)

    @classmethod
    def properties(
        cls, properties: tuple[Property, ...] | None = None
    ) -> dict[str, tuple[Any, ...]]:
        """The value of `__gproperties__`, of properties of its own or of those of the desktop."""
        return gproperties(properties or cls.PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.set_sync(True)
        self._picture: PictureCaps | None = None
        self._window: Window | None = None
        self._warned = False

    def do_start(self) -> bool:
        """Open a window if there is somewhere to open it."""
        try:
            self._window = Window.opened()
        except BaseException as error:  # no window is no reason to stop
            post_warning(self, f"nothing is shown: {said_by(error)}")
        return True

    def do_stop(self) -> bool:
        """Close the window."""
        if self._window is not None:
            self._window.close()
        self._window = None
        return True

    def do_set_caps(self, caps: Gst.Caps) -> bool:
        """Remember what the pictures are."""
        try:
            self._picture = PictureCaps.of(caps)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def do_preroll(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """The first picture, before the clock runs."""
        return self.do_render(buffer)

    def do_render(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """The time of a picture has come."""
        if self._window is None or self._picture is None:
            return Gst.FlowReturn.OK
        try:
            self._show(self._window, surfaces(buffer, self._picture))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _show(self, window: Window, held: list[Surface]) -> None:
        if len(held) > 1 and not self._warned:
            self._warned = True
            post_warning(
                self,
                f"only the first of {len(held)} frames is shown: put nvmultistreamtiler in front",
            )
        if not held:
            return
        surface = held[0]
        width, height = (self.setting(name) for name in self.SIZE) if self.SIZE else (0, 0)
        window.show(surface, (width or surface.size[0], height or surface.size[1]))
