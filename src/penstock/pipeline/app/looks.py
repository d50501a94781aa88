"""How objects are drawn and called where the application's configuration says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.config import AppConfig, GieGroup, OsdGroup, read_labels
from penstock.meta import BatchMeta, Color, ObjectMeta

_ALL = -1


class Looks:
    """Sets borders, colours and texts just before they are drawn.

    Args:
        config: The groups about the OSD and the networks.
        components: Each network's id in the metadata → its group.
    """

    def __init__(self, config: AppConfig, components: Mapping[int, GieGroup]) -> None:
        self._osd = config.osd or OsdGroup()
        self._components = components

    def apply(self, batch: BatchMeta) -> None:
        """Change all objects of a batch."""
        for frame in batch.frames:
            for obj in frame.objects:
                self._box(obj)
                self._text(obj)

    def _box(self, obj: ObjectMeta) -> None:
        osd, gie = self._osd, self._components.get(obj.component_id)
        if osd.border_width is not None:
            obj.rect.border_width = osd.border_width
        border = osd.border_color
        if gie is not None:
            border = _of_class(gie.border_colors, obj.class_id) or border
            inside = _of_class(gie.bg_colors, obj.class_id)
            if inside is not None:
                obj.rect.has_bg, obj.rect.bg_color = 1, inside
        if border is not None:
            obj.rect.border_color = border

    def _text(self, obj: ObjectMeta) -> None:
        osd, text = self._osd, obj.text
        if osd.text_size is not None:
            text.font_size = osd.text_size
        if osd.font:
            text.font_name = osd.font
        if osd.text_color is not None:
            text.font_color = osd.text_color
        if osd.text_bg_color is not None:
            text.has_bg, text.bg_color = 1, osd.text_bg_color


class Labels:
    """Calls the classes of a network what another file says.

    Args:
        path: One name a line.
        component: The network's id in the metadata.
    """

    def __init__(self, path: str, *, component: int) -> None:
        self._names, self._component = read_labels(Path(path)), component

    def apply(self, batch: BatchMeta) -> None:
        """Rename what the network found, in the text that is drawn too."""
        for frame in batch.frames:
            for obj in frame.objects:
                if obj.component_id != self._component or obj.class_id >= len(self._names):
                    continue
                name = self._names[obj.class_id]
                if obj.text.text and obj.label:
                    obj.text.text = obj.text.text.replace(obj.label, name, 1)
                obj.label = name


def _of_class(colors: Mapping[int, Color], class_id: int) -> Color | None:
    return colors.get(class_id, colors.get(_ALL))
