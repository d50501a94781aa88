"""What events say beside the usual, and copies of it."""

import numpy as np
import pytest

from penstock.meta import CustomMessage, EventExtras, EventMessage, Payload, Product


@pytest.mark.parametrize(
    ("data", "name", "other"),
    [(Product("b", "t", "s"), "brand", "x"), (CustomMessage("hello"), "text", "bye")],
)
def test_a_copy_is_independent(data, name, other):
    twin, before = data.copy(), getattr(data, name)
    assert getattr(twin, name) == before
    setattr(twin, name, other)
    assert getattr(data, name) == before


def test_a_copied_event_has_its_own_details_and_shares_the_extras():
    event = EventMessage(
        object_type=11, details=Product("b"), extras=EventExtras(embedding=np.ones(2, np.float32))
    )
    twin = event.copy()
    assert twin.details is not event.details
    assert twin.details.brand == "b"
    assert twin.extras is event.extras


def test_a_copied_payload_is_still_the_same_message():
    payload = Payload(b"data", 3, "id", "dock-7", "text/plain")
    twin = payload.copy()
    assert twin is not payload
    assert twin.data is payload.data
    assert (twin.component_id, twin.message_id, twin.sensor_id, twin.content_type) == (
        3,
        "id",
        "dock-7",
        "text/plain",
    )
