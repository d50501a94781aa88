"""`nvdewarper`: straight pictures of what a fisheye or another wide lens sees.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder \
    ! nvdewarper config-file=config_dewarper.txt ! mux.sink_0 \
    nvstreammux name=mux batch-size=2 num-surfaces-per-frame=2 width=640 height=360 \
    ! nvmultistreamtiler columns=2 ! nveglglessink
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.config import DewarperConfig
from penstock.errors import ConfigError, StreamError
from penstock.gst import (
    GPU_ID,
    HELD_FORMAT,
    SOURCE_FORMATS,
    Element,
    Gst,
    PictureCaps,
    Property,
    Unbatched,
    attach,
    batch_of,
    colorimetry_text,
    gproperties,
    nvmm_caps,
    post_error,
    post_warning,
    sink_and_src,
    surfaces,
    weak,
)
from penstock.meta import FrameMeta, Surfaces
from penstock.surface import Surface

if TYPE_CHECKING:
    from penstock.surface.warping import Warp

_PROMISED = ("NV12", "RGBA", "I420")
_COPIED = Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.TIMESTAMPS | Gst.BufferCopyFlags.META
_UNUSED = "accepted; without effect here"


class NvDewarper(Element, Gst.Element):
    """Makes up to four pictures of each frame; the mux batches them as frames."""

    FACTORY = "nvdewarper"
    PROPERTIES = (
        Property("config-file", "string", None, "Projections and surfaces; required"),
        Property("source-id", "uint", 0, "Number of the camera, in the metadata"),
        Property(
            "num-batch-buffers",
            "uint",
            4,
            "How many of the surfaces are made; 0: as the file says",
            maximum=4,
        ),
        GPU_ID,
        Property("silent", "bool", False, _UNUSED, accepted_only=True),
        Property("num-output-buffers", "uint", 4, _UNUSED, accepted_only=True),
        Property("dewarper-lib-version", "string", None, _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvdewarper"
    __gstmetadata__ = (
        "Penstock dewarper",
        "Filter/Effect/Video",
        "Straightens what wide lenses see",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps(*SOURCE_FORMATS), src=nvmm_caps(*_PROMISED))
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._config: DewarperConfig | None = None
        self._picture: PictureCaps | None = None
        self._warps: list[Warp] = []
        self._surfaces: Any = ()
        self._size = (0, 0)
        sink = Gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        sink.set_chain_function_full(weak(self._chain, otherwise=Gst.FlowReturn.FLUSHING))
        sink.set_event_function_full(weak(self._sink_event, otherwise=False))
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self._src.use_fixed_caps()
        self.add_pad(sink)
        self.add_pad(self._src)

    def changed(self, name: str, value: Any) -> None:
        """The file is read when it is named; it holds from the next caps on."""
        if name == "config-file":
            self._config = DewarperConfig.read(value) if value else None

    def ready(self) -> None:
        """There is no projection that could be guessed."""
        if self._config is None:
            raise ConfigError("config-file must name a configuration file, got nothing")
        for text in self._config.warnings:
            post_warning(self, text)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """Let the maps go."""
        result = super().do_change_state(transition)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._picture, self._warps = None, []
        return result

    # Caps

    def _sink_event(self, pad: Gst.Pad, parent: Gst.Object, event: Gst.Event) -> bool:
        try:
            if event.type == Gst.EventType.CAPS:
                return self._agree(event.parse_caps())
            return bool(pad.event_default(parent, event))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False

    def _agree(self, caps: Gst.Caps) -> bool:
        from penstock.surface.warping import Warp  # OpenCV loads with it

        assert self._config is not None
        picture = self._picture = PictureCaps.of(caps)
        self._surfaces = self._chosen()
        self._warps = [
            Warp(
                picture.size,
                surface.size_for(picture.size),
                surface.view(picture.size).source_px,
                draws_edge_out=surface.border == 0,
            )
            for surface in self._surfaces
        ]
        self._size = width, height = self._output_size()
        structure = caps.get_structure(0).copy()
        structure.remove_field(HELD_FORMAT)
        for name, value in (
            ("format", self._format),
            ("width", width),
            ("height", height),
            ("colorimetry", colorimetry_text(picture.colorimetry)),
            ("pixel-aspect-ratio", Gst.Fraction(1, 1)),
            ("batch-size", len(self._warps)),
            ("num-surfaces-per-frame", len(self._warps)),
        ):
            structure.set_value(name, value)
        made = Gst.Caps.new_empty()
        made.append_structure_full(structure, caps.get_features(0).copy())
        return bool(self._src.push_event(Gst.Event.new_caps(made)))

    def _chosen(self) -> Any:
        assert self._config is not None
        count = self.setting("num-batch-buffers") if "num-batch-buffers" in self.explicit else 0
        return self._config.surfaces[: count or self._config.num_surfaces]

    def _output_size(self) -> tuple[int, int]:
        assert self._config is not None
        asked, first = self._config.output_size, self._warps[0].size
        return (asked[0] or first[0], asked[1] or first[1])

    @property
    def _format(self) -> str:
        promised = self._picture.promised if self._picture else ""
        return promised if promised in _PROMISED else "NV12"

    # Frames

    def _chain(self, _pad: Gst.Pad, _parent: Gst.Object, buffer: Gst.Buffer) -> Gst.FlowReturn:
        try:
            made = buffer.copy_region(_COPIED, 0, 0)
            attach(made, self._dewarped(buffer))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return self._src.push(made)

    def _dewarped(self, buffer: Gst.Buffer) -> Unbatched:
        if self._picture is None:
            raise StreamError("a buffer came before its caps")
        held, batch = surfaces(buffer, self._picture), batch_of(buffer)
        if len(held) != 1:
            raise StreamError(
                f"a batch of {len(held)} frames cannot be dewarped: put nvdewarper in front of "
                "nvstreammux, one for each camera"
            )
        token = None if batch is None or batch.surfaces is None else batch.surfaces.token
        return Unbatched(
            [self._frame(buffer, index) for index in range(len(self._warps))],
            surfaces=Surfaces([self._made(held[0], warp) for warp in self._warps], token=token),
        )

    def _made(self, surface: Surface, warp: Warp) -> Surface:
        made = warp.apply(surface)
        return made.scale(self._size).convert(self._format)

    def _frame(self, buffer: Gst.Buffer, index: int) -> FrameMeta:
        pts = -1 if buffer.pts == Gst.CLOCK_TIME_NONE else buffer.pts
        frame = FrameMeta(self.setting("source-id"), pts_ns=pts, size=self._size)
        surface = self._surfaces[index]
        frame.surfaces_per_frame = len(self._warps)
        frame.surface_type, frame.surface_index = surface.projection, surface.index
        return frame
