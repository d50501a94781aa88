"""The member `object` of a full message about an object of plain metadata."""

from __future__ import annotations

from typing import Final

from penstock.messages.full_event import RESERVED, box_text, free_key
from penstock.messages.json_text import members, quoted, real
from penstock.messages.numbers import unsigned
from penstock.meta import ObjectMeta

_CONFIDENCE: Final = frozenset({"confidence"})


def plain_object_text(obj: ObjectMeta) -> str:
    """An object and what classifiers say about it, as JSON.

    The box is in whole frame pixels, cut towards 0.
    """
    label = str(obj.label or "")
    return (
        f'{{\n    "id" : "{unsigned(obj.track_id)}",\n    "speed" : 0.0,\n'
        f'    "direction" : 0.0,\n    "orientation" : 0.0,\n'
        f"    {quoted(free_key(label, RESERVED))} : {_said(obj)},\n"
        f'    "bbox" : {box_text(obj.ltwh)},\n'
        f'    "location" : {{  }},\n    "coordinate" : {{  }}\n  }}'
    )


def _said(obj: ObjectMeta) -> str:
    found = {"confidence": real(obj.confidence)}
    for answer in obj.classifiers:
        if answer.classifier_type:
            key = free_key(str(answer.classifier_type), _CONFIDENCE)
            found.update((key, quoted(info.label)) for info in answer.labels)
    return members(found.items(), 2)
