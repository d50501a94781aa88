"""Files of DeepStream's own tree, and what stands in for them where they are not.

A configuration that was written beside the SDK names its files by where they lie there, as
`/opt/nvidia/deepstream/deepstream-7.1/samples/models/…` or `../../../../samples/models/…`. Where
nothing lies there, the tree that `penstock kit sdk` makes is asked for the same file.
"""

from __future__ import annotations

import logging
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from penstock.paths.cache import cache_dir
from penstock.paths.families import family_member

_log = logging.getLogger(__name__)

SDK_PARENT = Path("/opt/nvidia/deepstream")
"""The folder that DeepStream is installed in: `deepstream-7.1`, and `deepstream` for the newest."""

_VERSION = re.compile(r"deepstream[^/]*")
_SAMPLES = frozenset({"configs", "models", "streams", "triton_model_repo", "trtis_model_repo"})
_PLAN = re.compile(r"(.+?)(?:_b\d+_(?:gpu|dla)\d+_\w+)?\.(?:engine|plan)")


def sdk_dir() -> Path:
    """Where the look-alike of the SDK's tree is; it may not exist yet.

    `$PENSTOCK_SDK`, else `sdk` in the cache folder.
    """
    own = os.environ.get("PENSTOCK_SDK")
    return Path(own).expanduser().absolute() if own else cache_dir() / "sdk"


def place_in_sdk(path: str | Path) -> Path | None:
    """Where a file lies in the SDK's tree, such as `samples/streams/sample_720p.h264`.

    That is anything below an installation, and anything that lies as the samples do: below
    `samples/models` and the like. `None` for any other path.
    """
    parts = Path(os.path.abspath(path)).parts
    depth = len(SDK_PARENT.parts)
    if parts[:depth] == SDK_PARENT.parts and len(parts) > depth + 1:
        return Path(*parts[depth + 1 :]) if _VERSION.fullmatch(parts[depth]) else None
    for index in range(len(parts) - 2, 0, -1):
        if parts[index] == "samples" and parts[index + 1] in _SAMPLES:
            return Path(*parts[index:])
    return None


def found(path: str | Path) -> Path:
    """The path as it is where something lies there, else what stands in for it, if anything.

    That is the same file of the kit's tree. A network of NVIDIA's and its labels are known by
    their names, wherever they are expected.
    """
    named = Path(path)
    if os.path.lexists(named):
        return named
    for place in (place_in_sdk(named), family_member(named)):
        if place is not None and os.path.lexists(stand_in := sdk_dir() / place):
            _tell(named, stand_in)
            return stand_in
    return named


def found_uri(uri: str) -> str:
    """The same for a `file://` URI; any other stays as it is."""
    scheme, _, rest = uri.partition("://")
    if scheme.lower() != "file":
        return uri
    path = Path(unquote(rest))
    instead = found(path)
    return uri if instead == path else instead.as_uri()


def onnx_of(path: Path) -> Path | None:
    """The ONNX network that stands in for a model of another format, if there is one.

    For `name.caffemodel`, `.uff`, `.etlt` and so on that is `name.caffemodel.onnx`, beside it or
    in the kit's tree. A plan made of a model, `name.onnx_b1_gpu0_int8.engine`, stands for that
    model, so `name.onnx` or `name.caffemodel.onnx` does.
    """
    plan = _PLAN.fullmatch(path.name)
    model = plan[1] if plan else path.name
    onnx = found(path.with_name(model if model.endswith(".onnx") else f"{model}.onnx"))
    if not os.path.isfile(onnx):
        return None
    _tell(path, onnx)
    return onnx


def advice(path: str | Path) -> str:
    """What to do about a missing file of the SDK, to be put behind a message, or nothing."""
    model = Path(f"{path}.onnx")
    place = place_in_sdk(path) or family_member(Path(path)) or family_member(model)
    if place is None:
        return ""
    if sdk_dir().is_dir():
        return f"; {sdk_dir()} has no stand-in for it (`penstock kit sdk --explain` lists them)"
    return "; `penstock kit sdk` makes stand-ins for the files of DeepStream's samples"


@cache
def _tell(named: Path, instead: Path) -> None:
    _log.info("%s is not here or cannot be read; taking %s", named, instead)
