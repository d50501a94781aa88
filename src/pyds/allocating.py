"""New structs for what travels in messages. Each lives as long as it is referenced."""

from __future__ import annotations

from pyds.attaching import argument
from pyds.custom import copy_of
from pyds.nvdsmeta import NvDsUserMeta
from pyds.schema import (
    NvDsEvent,
    NvDsEventMsgMeta,
    NvDsFaceObject,
    NvDsPayload,
    NvDsPersonObject,
    NvDsVehicleObject,
)


def alloc_nvds_event_msg_meta(user_meta: NvDsUserMeta | None = None, /) -> NvDsEventMsgMeta:
    """A new event message.

    Args:
        user_meta: The attachment that is to carry it, which will copy it deeply with the metadata.
            Left out, as before version 1.1.10, copies share it until a copy function is set.
    """
    if user_meta is not None:
        core = argument(user_meta, NvDsUserMeta, "alloc_nvds_event_msg_meta", "user_meta")
        core.copy_data = copy_of
    return NvDsEventMsgMeta()


def alloc_nvds_vehicle_object() -> NvDsVehicleObject:
    """A new vehicle, for `extMsg`."""
    return NvDsVehicleObject()


def alloc_nvds_person_object() -> NvDsPersonObject:
    """A new person, for `extMsg`."""
    return NvDsPersonObject()


def alloc_nvds_face_object() -> NvDsFaceObject:
    """A new face, for `extMsg`."""
    return NvDsFaceObject()


def alloc_nvds_event() -> NvDsEvent:
    """A new event."""
    return NvDsEvent()


def alloc_nvds_payload() -> NvDsPayload:
    """A new payload."""
    return NvDsPayload()
