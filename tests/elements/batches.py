"""Visit batches in running pipelines, and look at pixels outside NVMM."""

import numpy as np

from penstock.gst import batch_of, surfaces
from penstock.gst.surfaces import PictureCaps
from penstock.meta import ObjectMeta
from streams import Gst

OK = Gst.PadProbeReturn.OK


def visit(pipeline, name, callback, *, pad="src"):
    """Call `callback(batch)` with each batch on a pad; errors of the callback fail the test."""
    watch(pipeline, name, lambda buffer: callback(batch_of(buffer)), pad=pad)


def watch(pipeline, name, callback, *, pad="src"):
    """Call `callback(buffer)` with each buffer on a pad; errors of the callback reach the bus."""
    _watch(pipeline, name, lambda _at, buffer: callback(buffer), pad)


def _watch(pipeline, name, callback, pad):
    def on_buffer(at, info):
        try:
            for buffer in buffers_of(info):
                callback(at, buffer)
        except BaseException as error:
            element = at.get_parent_element()
            text = f"in the test: {type(error).__name__}: {error}"
            domain, code = Gst.stream_error_quark(), int(Gst.StreamError.FAILED)
            element.message_full(Gst.MessageType.ERROR, domain, code, text, None, __file__, "", 0)
            raise
        return OK

    kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
    pipeline.get_by_name(name).get_static_pad(pad).add_probe(kinds, on_buffer)


def buffers_of(info):
    """The buffers of a probe's info: payloaders push lists."""
    if not info.type & Gst.PadProbeType.BUFFER_LIST:
        return [info.get_buffer()]
    many = info.get_buffer_list()
    return [many.get(n) for n in range(many.length())]


def box(ltwh, *, color=(1.0, 0.0, 0.0, 1.0), width=2, label=""):
    """An object with a border."""
    found = ObjectMeta(ltwh, label=label)
    found.rect.border_width = width
    found.rect.border_color = color
    return found


def pictures(pipeline, name, *, pad="sink"):
    """A list that fills with `(H, W, 3)` RGB pictures, whatever buffers pass the pad."""
    seen = []

    def keep(at, buffer):
        surface = surfaces(buffer, PictureCaps.of(at.get_current_caps()))[0]
        seen.append(surface.planes("RGB")[0].copy())

    _watch(pipeline, name, keep, pad)
    return seen


def planes(buffer, caps):
    """The planes of a system memory buffer, as the caps and the video meta say."""
    picture = PictureCaps.of(caps)
    return tuple(plane.copy() for plane in surfaces(buffer, picture)[0].planes())


def distance(one, other):
    """Mean absolute difference of two pictures' samples, 0 to 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean()) / 256 ** (one.itemsize - 1)
