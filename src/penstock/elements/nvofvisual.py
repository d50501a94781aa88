"""`nvofvisual`: the optical flow that `nvof` found as pictures, a quarter of the frames' size.

gst-launch-1.0 videotestsrc pattern=ball num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvof ! nvofvisual \
    ! nvvideoconvert ! nvdsosd ! fakesink
"""

from __future__ import annotations

import numpy as np

import penstock.surface as pixels
from penstock.flow import BLOCK_PX, color_wheel
from penstock.geometry import Affine
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    Gst,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.meta import BatchMeta, FrameMeta, OpticalFlowMeta, Surfaces
from penstock.surface import Colorimetry, Surface

_MADE = "RGBA"


class NvOfVisual(BatchTransform):
    """Replaces frames by pictures of how they move: direction as hue, speed as brightness."""

    FACTORY = "nvofvisual"
    PROPERTIES = (GPU_ID,)
    __gtype_name__ = "Gstnvofvisual"
    __gstmetadata__ = (
        "Penstock optical flow visualiser",
        "Filter/Converter/Video",
        "Shows optical flow as colours",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"), src=nvmm_caps(_MADE))
    __gproperties__ = gproperties(PROPERTIES)

    _lacks_flow = True

    def open(self) -> None:
        """Nobody has missed the flow yet."""
        self._lacks_flow = True

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, only: Gst.Caps | None
    ) -> Gst.Caps:
        """One pixel for each block of the frame."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            structure = caps.get_structure(index).copy()
            for name in ("width", "height"):
                known, size = structure.get_int(name)
                structure.remove_field(name)
                if known and direction == Gst.PadDirection.SINK:
                    structure.set_value(name, _blocks(size))
            structure.remove_field("format")
            if direction == Gst.PadDirection.SINK:
                structure.set_value("format", _MADE)
            features = caps.get_features(index)
            result.append_structure_full(structure, features.copy() if features else None)
        if direction == Gst.PadDirection.SRC:
            result = result.intersect(self.get_pad_template("sink").get_caps())
        return result if only is None else result.intersect(only)

    def process(self, batch: BatchMeta) -> None:
        """Replace the frames' surfaces, and move what was found in them to their pixels."""
        assert batch.surfaces is not None
        made = [self._picture(frame) for frame in batch.frames]
        for frame in batch.frames:
            size = (_blocks(frame.width), _blocks(frame.height))
            frame.rescale(Affine.fit((0, 0, frame.width, frame.height), size), size)
        batch.surfaces = Surfaces(made, token=batch.surfaces.token)

    def _picture(self, frame: FrameMeta) -> Surface:
        size = (_blocks(frame.width), _blocks(frame.height))
        flow = frame.user.get(OpticalFlowMeta)
        if flow is None:
            self._miss(frame)
            vectors = np.zeros((size[1], size[0], 2), np.int16)
        else:
            self._lacks_flow, vectors = False, flow.vectors
        surface = pixels.CpuSurface.from_planes(
            (color_wheel(vectors),), _MADE, colorimetry=Colorimetry(), exclusive=True
        )
        return surface if surface.size == size else surface.scale(size)

    def _miss(self, frame: FrameMeta) -> None:
        """A source's first frame has no flow."""
        if self._lacks_flow and frame.frame_num > 0:
            self._lacks_flow = False
            post_warning(
                self, "the frames carry no optical flow, so they stay black: put nvof in front"
            )


def _blocks(size_px: int) -> int:
    return -(-size_px // BLOCK_PX)
