"""Which frames become messages, and of what."""

from __future__ import annotations

from penstock.messages.base import PayloadWriter
from penstock.meta import EventMessage, FrameMeta, Payload


class Converter:
    """Makes the messages of one frame after the other; see `docs/messages.md`.

    Args:
        writer: What messages look like.
        component_id: Only events for this component count, unless it is 0; payloads get it.
        new_api: Plain metadata becomes messages, not events.
        frame_interval: With `new_api`: only frames whose number it divides.
        empty_frames: Frames without events become messages too, where one tells of a whole frame.
    """

    def __init__(
        self,
        writer: PayloadWriter,
        *,
        component_id: int = 0,
        new_api: bool = False,
        frame_interval: int = 1,
        empty_frames: bool = False,
    ) -> None:
        self._writer = writer
        self._component_id = component_id
        self._new_api = new_api
        self._interval = frame_interval
        self._empty_frames = empty_frames

    def convert(self, frame: FrameMeta) -> list[Payload]:
        """The messages of one frame.

        Raises:
            ModelError: A function of the user's own failed.
        """
        if self._new_api:
            due = frame.frame_num % self._interval == 0
            payloads = self._writer.from_objects(frame) if due else []
        else:
            events = self._events(frame)
            wanted = events or self._empty_frames
            payloads = self._writer.from_events(events, frame) if wanted else []
        for payload in payloads:
            payload.component_id = self._component_id
        return payloads

    def _events(self, frame: FrameMeta) -> list[EventMessage]:
        wanted = self._component_id
        return [
            event
            for event in frame.user.of(EventMessage)
            if not wanted or event.component_id == wanted
        ]
