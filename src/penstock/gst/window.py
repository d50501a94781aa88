"""A window that shows pictures, by GStreamer's own sinks."""

from __future__ import annotations

import os

from penstock.errors import StreamError
from penstock.gst.buffers import MappedBuffer
from penstock.gst.gi import Gst
from penstock.surface import PlaneLayout, Surface

_SHOWN = "BGRx"
_SINKS = {"WAYLAND_DISPLAY": "waylandsink", "DISPLAY": "ximagesink"}
"""Which sink to try where the environment has a variable; autovideosink crashes on a dead display,
because it tries OpenGL's."""


class Window:
    """Opens at once, shows each picture when it is told to, and closes with `close`.

    Args:
        sink: Factory name of the sink inside.

    Raises:
        StreamError: The sink is not installed or does not reach its display.
    """

    def __init__(self, sink: str) -> None:
        found = Gst.ElementFactory.make(sink)
        if found is None or found.set_state(Gst.State.READY) == Gst.StateChangeReturn.FAILURE:
            raise StreamError(f"{sink} is not installed or does not reach a display")
        found.set_state(Gst.State.NULL)
        self.pipeline = Gst.parse_launch(
            "appsrc name=feed format=time is-live=true max-buffers=2 leaky-type=downstream "
            f"! videoconvert ! videoscale ! {sink} name=sink sync=false"
        )
        self._feed = self.pipeline.get_by_name("feed")
        self._size: tuple[int, int] | None = None
        self.pipeline.set_state(Gst.State.PLAYING)

    @classmethod
    def opened(cls) -> Window | None:
        """A window on whichever display the environment names; none where it names none.

        Raises:
            StreamError: There is one, but it cannot be reached.
        """
        failures = []
        for variable, sink in _SINKS.items():
            if os.environ.get(variable):
                try:
                    return cls(sink)
                except StreamError as error:
                    failures.append(f"{variable}={os.environ[variable]}: {error}")
        if failures:
            raise StreamError("; ".join(failures))
        return None

    def show(self, surface: Surface, size: tuple[int, int]) -> None:
        """Show a picture, scaled to `size` = `(width, height)` in pixels.

        Raises:
            StreamError: Somebody closed the window, or it failed.
        """
        while (message := self.pipeline.get_bus().pop()) is not None:
            if message.type == Gst.MessageType.ERROR:
                raise StreamError(message.parse_error()[0].message)
        layout = PlaneLayout.default(_SHOWN, size)
        shown = Gst.Buffer.new_allocate(None, layout.size_bytes, None)
        planes = layout.planes(MappedBuffer(shown, write=True).memory)
        (surface if surface.size == size else surface.scale(size)).render(_SHOWN, planes)
        del planes  # unmaps
        if size != self._size:
            self._size = size
            caps = f"video/x-raw, format={_SHOWN}, width={size[0]}, height={size[1]}, framerate=0/1"
            self._feed.set_property("caps", Gst.Caps.from_string(caps))
        self._feed.emit("push-buffer", shown)

    def close(self) -> None:
        """Take it off the screen."""
        self.pipeline.set_state(Gst.State.NULL)
