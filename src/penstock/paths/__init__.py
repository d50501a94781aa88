"""Where files really lie: those that a configuration names, and Penstock's own cache."""

from penstock.paths.cache import cache_dir
from penstock.paths.resolving import resolve
from penstock.paths.sdk import SDK_PARENT, advice, found, found_uri, onnx_of, place_in_sdk, sdk_dir

__all__ = [
    "SDK_PARENT",
    "advice",
    "cache_dir",
    "found",
    "found_uri",
    "onnx_of",
    "place_in_sdk",
    "resolve",
    "sdk_dir",
]
