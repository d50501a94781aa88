"""Find the camera of a pipeline that is to record."""

from __future__ import annotations

from penstock.errors import StreamError
from penstock.gst.gi import Gst
from penstock.gst.lookup import elements_in

_FACTORY = "nvurisrcbin"


def record(beside: Gst.Element, source_id: int, *, before_s: int, duration_s: int) -> None:
    """Start a recording of a source of the same pipeline.

    Args:
        beside: Any element of the pipeline.
        source_id: As the source's property says.
        before_s: Seconds wanted from before now.
        duration_s: Seconds wanted from now on; 0: the source's default.

    Raises:
        StreamError: There is no such source.
    """
    _source(beside, source_id).emit("start-sr", None, before_s, duration_s, None)


def stop_recording(beside: Gst.Element, source_id: int) -> None:
    """Stop the recording of a source of the same pipeline.

    Args:
        beside: Any element of the pipeline.
        source_id: As the source's property says.

    Raises:
        StreamError: There is no such source.
    """
    _source(beside, source_id).emit("stop-sr", 0)


def _source(beside: Gst.Element, source_id: int) -> Gst.Element:
    top: Gst.Object = beside
    while (parent := top.get_parent()) is not None:
        top = parent
    sources = []
    for element in elements_in(top) if isinstance(top, Gst.Bin) else ():
        factory = element.get_factory()
        if factory is not None and factory.get_name() == _FACTORY:
            sources.append(element)
    for source in sources:
        if source.get_property("source-id") == source_id:
            return source
    known = sorted(source.get_property("source-id") for source in sources)
    raise StreamError(f"no {_FACTORY} has source-id {source_id}; those of the pipeline: {known}")
