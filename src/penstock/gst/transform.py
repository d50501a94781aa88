"""Base class of the elements that visit one batch at a time, in place."""

from __future__ import annotations

from penstock.errors import StreamError
from penstock.gst.carrier import batch_of
from penstock.gst.element import Element
from penstock.gst.gi import Gst, GstBase
from penstock.gst.messages import post_error
from penstock.meta import BatchMeta


class BatchTransform(Element, GstBase.BaseTransform):
    """An element whose subclasses write four methods and nothing about GStreamer.

    `open` and `close` bracket the READY-to-PAUSED lifetime; `process` sees each batch in between,
    and `notice` each event. An exception from any of them stops the pipeline with an ERROR message
    on the bus.
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_in_place(True)
        self.set_qos_enabled(False)  # frames drop only where the user asked

    def open(self) -> None:
        """Acquire networks, fonts, connections."""

    def close(self) -> None:
        """Release what `open` acquired."""

    def process(self, batch: BatchMeta) -> None:
        """Read or amend what is known about one batch, and its pixels."""
        raise NotImplementedError

    def notice(self, event: Gst.Event) -> None:
        """What comes between the batches; it goes on afterwards."""

    def do_start(self) -> bool:
        """GStreamer calls this before the first buffer."""
        try:
            self.open()
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return False
        return True

    def do_stop(self) -> bool:
        """GStreamer calls this after the last buffer."""
        try:
            self.close()
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
        return True

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GStreamer calls this for each event from upstream; most come on the streaming thread."""
        try:
            self.notice(event)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GStreamer calls this for each buffer, on the streaming thread."""
        try:
            self.process(batch_in(buffer))
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK


def batch_in(buffer: Gst.Buffer) -> BatchMeta:
    """The batch that a buffer carries, with its pixels.

    Raises:
        StreamError: There is none.
    """
    batch = batch_of(buffer)
    if batch is None or batch.surfaces is None:
        raise StreamError(
            "the buffer carries no batch: nvstreammux must come before this element, "
            "and nothing in between may leave memory:NVMM"
        )
    return batch
