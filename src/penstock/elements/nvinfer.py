"""`nvinfer`: find objects with a network, tell what they are, or what each pixel is.

gst-launch-1.0 uridecodebin uri=file:///street.mp4 ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=1280 height=720 \
    ! nvinfer config-file-path=config_infer.txt ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from penstock.config import InferConfig
from penstock.gst import (
    GPU_ID,
    EnumType,
    GObject,
    NetworkElement,
    Property,
    gproperties,
    nvmm_caps,
    sink_and_src,
)

PROCESS_MODE = EnumType("GstNvInferProcessModeType", {"primary": 1, "secondary": 2})
_UNUSED = "accepted; without effect here"
_MOST_SKIPPED = 2**31 - 1


class NvInfer(NetworkElement):
    """Runs one network on the frames of a batch, or on the objects in them."""

    FACTORY = "nvinfer"
    PROPERTIES = (
        Property("config-file-path", "string", "", "The configuration file; read when set"),
        Property(
            "batch-size",
            "uint",
            1,
            "Most frames or objects in one run of the network",
            minimum=1,
            maximum=1024,
        ),
        Property("unique-id", "uint", 15, "Names this element in the metadata"),
        Property(
            "process-mode",
            PROCESS_MODE,
            1,
            "primary: whole frames; secondary: objects found before",
        ),
        Property(
            "interval", "uint", 0, "Batches skipped between two inferences", maximum=_MOST_SKIPPED
        ),
        Property(
            "infer-on-gie-id",
            "int",
            -1,
            "secondary: only objects of this element; -1: all",
            minimum=-1,
        ),
        Property(
            "infer-on-class-ids", "string", None, "secondary: only objects of these classes: 0:2"
        ),
        Property("filter-out-class-ids", "string", None, "Drop detections of these classes: 0;2"),
        Property("model-engine-file", "string", None, _UNUSED, accepted_only=True),
        GPU_ID,
        Property("raw-output-file-write", "bool", False, "Write the network's outputs to files"),
        Property("raw-output-generated-callback", "pointer", None, _UNUSED, accepted_only=True),
        Property("raw-output-generated-userdata", "pointer", None, _UNUSED, accepted_only=True),
        Property("output-tensor-meta", "bool", False, "Attach the network's outputs"),
        Property(
            "output-instance-mask", "bool", False, "Add the objects' masks (network-type 3 and 2)"
        ),
        Property("input-tensor-meta", "bool", False, "Take the tensors of nvdspreprocess"),
        Property("clip-object-outside-roi", "bool", True, "Clip boxes at the frame's edges"),
        Property("crop-objects-to-roi-boundary", "bool", False, "Clip boxes at the roi offsets"),
        Property("strongly-typed", "bool", False, _UNUSED, accepted_only=True),
        Property("dynamic-properties", "string", "", _UNUSED, accepted_only=True),
    )
    FROM_FILE = {  # noqa: RUF012 - never changed
        "batch-size": "batch_size",
        "unique-id": "component_id",
        "process-mode": "process_mode",
        "interval": "interval",
        "infer-on-gie-id": "operate_on_gie_id",
        "output-tensor-meta": "output_tensor_meta",
        "output-instance-mask": "output_instance_mask",
        "raw-output-file-write": "raw_output_file_write",
        "input-tensor-meta": "input_tensor_from_meta",
        "crop-objects-to-roi-boundary": "crop_to_roi",
        "gpu-id": "gpu_id",
    }
    OVERRIDES = (
        *FROM_FILE,
        "clip-object-outside-roi",
        "infer-on-class-ids",
        "filter-out-class-ids",
        "model-engine-file",
    )
    __gtype_name__ = "Gstnvinfer"
    __gstmetadata__ = (
        "Penstock inference",
        "Filter/Analyzer/Video",
        "Finds objects with a network, tells what they are, or what each pixel is",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = {  # noqa: RUF012 - PyGObject reads a dict
        "model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str))
    }

    def read(self, path: str) -> InferConfig:
        """Read the configuration file, a key file or YAML."""
        return InferConfig.read(path)
