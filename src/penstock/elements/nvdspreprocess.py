"""`nvdspreprocess`: make tensors of regions, for `nvinfer input-tensor-meta=true`.

gst-launch-1.0 filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvdspreprocess config-file=config_preprocess.txt \
    ! nvinfer config-file-path=config_infer.txt input-tensor-meta=true ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from penstock.config import PreprocessConfig
from penstock.errors import ConfigError
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.gst.nvevents import PAD_DELETED, STREAM_RESET, source_event_of, update_of
from penstock.meta import BatchMeta, UserMeta

if TYPE_CHECKING:
    from penstock.inference import Preprocessor

_ROI_UPDATE = "nv-roi-update"
_FIELDS = ("left", "top", "width", "height")
_IDS = re.compile(r"\s*([0-9]{1,9}\s*[;,:]\s*)*([0-9]{1,9}\s*)?")
_FROM_FILE = {
    "unique-id": "component_id",
    "enable": "enable",
    "process-on-frame": "on_frame",
    "operate-on-gie-id": "operate_on_gie_id",
}
"""Properties that the file sets too, and the setting they show."""


class NvDsPreProcess(BatchTransform):
    """Attaches tensors to batches, one or more of each."""

    FACTORY = "nvdspreprocess"
    PROPERTIES = (
        Property("unique-id", "uint", 15, "Names this element in the metadata"),
        Property("enable", "bool", True, "Off: everything passes untouched"),
        GPU_ID,
        Property("process-on-frame", "bool", True, "Frames and regions of them; else objects"),
        Property(
            "operate-on-gie-id",
            "int",
            -1,
            "On objects: only those found by this element; -1: all",
            minimum=-1,
        ),
        Property(
            "target-unique-ids",
            "string",
            "",
            "The nvinfer elements that the tensors are for: 1;2",
        ),
        Property("config-file", "string", "", "Regions and tensors; required"),
    )
    __gtype_name__ = "Gstnvdspreprocess"
    __gstmetadata__ = (
        "Penstock preprocessing",
        "Filter/Video",
        "Makes tensors of regions for networks",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self._config: PreprocessConfig | None = None
        self._preprocessor: Preprocessor | None = None
        self._warned: set[str] = set()

    def changed(self, name: str, value: Any) -> None:
        """Read the file at once; a file named while playing holds from the next start on."""
        if name != "config-file":
            return
        self._warned.clear()
        self._config = PreprocessConfig.read(value) if value else None
        for prop in self.PROPERTIES:
            if prop.name in _FROM_FILE and prop.name not in self.explicit:
                said = getattr(self._config, _FROM_FILE[prop.name], prop.default)
                self._settings[prop.name] = said
        if "target-unique-ids" not in self.explicit:
            ids = self._config.target_ids if self._config is not None else ()
            self._settings["target-unique-ids"] = ";".join(map(str, sorted(ids)))

    def ready(self) -> None:
        """Settings must be complete."""
        for text in self._effective().warnings:
            self._warn(text)

    def open(self) -> None:
        """Load the mean picture and the functions."""
        from penstock.inference import Preprocessor

        self._preprocessor = Preprocessor(self._effective())

    def close(self) -> None:
        """Let what was collected go."""
        preprocessor, self._preprocessor = self._preprocessor, None
        if preprocessor is not None and preprocessor.untracked:
            self._warn(
                f"{preprocessor.untracked} object(s) without a track were left out: tensors "
                "several frames deep need to know which object is which; put nvtracker before this "
                "element"
            )

    def _effective(self) -> PreprocessConfig:
        """The file's settings under those set explicitly on the element."""
        if self._config is None:
            raise ConfigError("config-file must name a configuration file, got nothing")
        targets = self.setting("target-unique-ids") or ""
        if not _IDS.fullmatch(targets):
            raise ConfigError(f"property target-unique-ids: wanted 1;2;…, got {targets!r}")
        return dataclasses.replace(
            self._config,
            target_ids=frozenset(map(int, re.findall("[0-9]+", targets))),
            **{setting: self.setting(name) for name, setting in _FROM_FILE.items()},
        )

    def _warn(self, text: str) -> None:
        """Say each thing once, however often the element starts."""
        if text not in self._warned:
            self._warned.add(text)
            post_warning(self, text)

    def notice(self, event: Gst.Event) -> None:
        """Sources end or begin anew; an application sends other regions."""
        kind, pad = source_event_of(event) or (0, 0)
        if kind in (PAD_DELETED, STREAM_RESET) and self._preprocessor is not None:
            self._preprocessor.forget(pad)
        name, fields = update_of(event) or ("", {})
        if name == _ROI_UPDATE:
            self._update(fields)

    def _update(self, fields: dict[str, Any]) -> None:
        """Replace all regions of a source; what is wrong leaves them as they are."""
        text, count = str(fields.get("stream_id", "")), fields.get("roi-count", 0)
        try:
            boxes = [
                [float(fields.get(f"{name}_{n}", 0)) for name in _FIELDS] for n in range(count)
            ]
        except (TypeError, ValueError):  # whoever made the event may have put anything into it
            boxes = []
        if self._preprocessor is None:
            return
        if not text.isdecimal():
            wrong = "stream_id must be a source's number"
        elif not boxes or not all(width >= 1 and height >= 1 for _, _, width, height in boxes):
            wrong = f"wanted roi-count={count} regions with left, top, width and height"
        else:
            wrong = self._preprocessor.set_rois(int(text), [(a, b, c, d) for a, b, c, d in boxes])
        if wrong:
            post_warning(self, f"{_ROI_UPDATE} for stream {text!r} is ignored: {wrong}")

    def process(self, batch: BatchMeta) -> None:
        """Attach the tensors of one batch."""
        preprocessor = self._preprocessor
        if preprocessor is None or not self.setting("enable"):
            return
        for meta in preprocessor.prepare(batch):
            batch.user.append(UserMeta(meta, meta_type=meta.META_TYPE, copy_data=type(meta).copy))
        for source in preprocessor.outside:
            self._warn(f"a region of source {source} lies outside its frame and is left out")
