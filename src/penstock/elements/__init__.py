"""The elements, one file each."""

import os

from penstock.gst import GObject, Gst

TABLE = {
    "nvv4l2decoder": "Nvv4l2Decoder",
    "nvv4l2h264enc": "NvV4l2H264Enc",
    "nvv4l2h265enc": "NvV4l2H265Enc",
    "nvjpegdec": "NvJpegDec",
    "nvjpegenc": "NvJpegEnc",
    "nvimagedec": "NvImageDec",
    "nvimageenc": "NvImageEnc",
    "nvurisrcbin": "NvUriSrcBin",
    "nvmultiurisrcbin": "NvMultiUriSrcBin",
    "nvstreammux": "NvStreamMux",
    "nvdspreprocess": "NvDsPreProcess",
    "nvinfer": "NvInfer",
    "nvinferserver": "NvInferServer",
    "nvtracker": "NvTracker",
    "nvvideoconvert": "NvVideoConvert",
    "nvvidconv": "NvVidConv",
    "nvdsanalytics": "NvDsAnalytics",
    "nvof": "NvOf",
    "nvofvisual": "NvOfVisual",
    "nvdsosd": "NvDsOsd",
    "nvsegvisual": "NvSegVisual",
    "nvmultistreamtiler": "NvMultiStreamTiler",
    "nvstreamdemux": "NvStreamDemux",
    "nvdewarper": "NvDewarper",
    "nvmsgconv": "NvMsgConv",
    "nvmsgbroker": "NvMsgBroker",
    "nvdspostprocess": "NvDsPostProcess",
    "nvdsmetamux": "NvDsMetaMux",
    "nvdsmetainsert": "NvDsMetaInsert",
    "nvdsmetaextract": "NvDsMetaExtract",
    "nvdslogger": "NvDsLogger",
    "nvdsxfer": "NvDsXfer",
    "nvegltransform": "NvEglTransform",
    "nveglglessink": "NvEglGlesSink",
    "nv3dsink": "Nv3dSink",
    "nvdrmvideosink": "NvDrmVideoSink",
    "nvoverlaysink": "NvOverlaySink",
}
"""Factory name to class; the module has the factory's name."""

__all__ = ["TABLE", "load", "rank_of", "register", "register_all"]


def load(factory: str) -> type:
    """The class behind a factory name; `USE_NEW_NVSTREAMMUX=yes` chooses another mux."""
    from importlib import import_module

    module, name = factory, TABLE[factory]
    if factory == "nvstreammux" and os.environ.get("USE_NEW_NVSTREAMMUX") == "yes":
        module, name = "nvstreammux2", "NvStreamMux2"
    found: type = getattr(import_module(f"penstock.elements.{module}"), name)
    return found


def rank_of(element: type) -> int:
    """How eagerly `decodebin` and its like choose the element."""
    return int(getattr(element, "RANK", Gst.Rank.NONE))


def register_all() -> None:
    """Make every element available in this process under its factory name."""
    for factory in TABLE:
        register(factory)


def register(factory: str) -> None:
    """Make one of them available, in the place of one that had its name."""
    element = load(factory)
    GObject.type_register(element)
    Gst.Element.register(None, factory, rank_of(element), element)
