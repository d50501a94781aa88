"""JPEG files of objects and frames: on disk, and in the metadata."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.meta import EncodedImage, FrameMeta, ObjectMeta, UserMeta
from penstock.surface import Surface
from pyds.attaching import argument
from pyds.casters import instance, whole
from pyds.encoding import NvDsObjEncUsrArgs
from pyds.fields import INT32
from pyds.nvdsmeta import NvDsFrameMeta, NvDsObjectMeta
from pyds.strings import address_argument
from pyds.surfaces import surfaces_at

_DEFAULT_QUALITY = 80
_contexts: dict[int, _Context] = {}
_numbers = itertools.count(1)


@dataclass
class _Job:
    """One picture on its way.

    Attributes:
        image: Its bytes, once encoded.
        owner: What it is attached to, if it is.
        path: The file to write, if one is.
    """

    image: Future[NDArray[np.uint8]]
    owner: FrameMeta | ObjectMeta | None
    path: Path | None

    def complete(self) -> Exception | None:
        """Wait for the bytes; write and attach them. Returns what went wrong."""
        try:
            data = self.image.result()
            if self.path is not None:
                self.path.write_bytes(data.tobytes())
        except Exception as error:  # one picture's fault must not cost the others
            return error
        if self.owner is not None:
            self.owner.user.append(
                UserMeta(
                    EncodedImage(data),
                    meta_type=EncodedImage.META_TYPE,
                    copy_data=EncodedImage.copy,
                )
            )
        return None


@dataclass
class _Context:
    pool: ThreadPoolExecutor
    jobs: list[_Job] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def nvds_obj_enc_create_context(gpu_id: int, /) -> int:
    """Start encoding JPEGs.

    Args:
        gpu_id: Not used: the CPU encodes.

    Returns:
        A number for the other functions; destroy it after the last use.
    """
    whole(gpu_id, *INT32, "pyds.nvds_obj_enc_create_context: gpu_id")
    number = next(_numbers)
    _contexts[number] = _Context(ThreadPoolExecutor(min(4, os.cpu_count() or 1), "penstock-jpeg"))
    return number


def nvds_obj_enc_process(
    ctx: int,
    args: NvDsObjEncUsrArgs,
    gst_buffer: int,
    obj_meta: NvDsObjectMeta | None,
    frame_meta: NvDsFrameMeta,
) -> bool:
    """Begin to encode an object's box, or a whole frame.

    `nvds_obj_enc_finish` waits for it. The picture is what the frame shows now, whatever is drawn
    on it later.

    Args:
        ctx: What `nvds_obj_enc_create_context` gave.
        args: `isFrame`: the whole frame; `scaleImg`: to `scaledWidth` x `scaledHeight` pixels;
            `quality`: 1 to 100, 0 for 80; `saveImg`: into `fileNameImg`, or a name made of frame,
            source, `objNum`, label and size; `attachUsrMeta`: as `NVDS_CROP_IMAGE_META` on the
            object, or on the frame.
        gst_buffer: The buffer's C address: `hash(info.get_buffer())`.
        obj_meta: The object; None with `isFrame`.
        frame_meta: Its frame.

    Returns:
        False where `ctx` or `gst_buffer` is 0, or no pixel of the frame is inside the box.

    Raises:
        ValueError: A size or quality that cannot be, or a context that does not exist.
        RuntimeError: The buffer carries no pixels in memory:NVMM, or is gone.
    """
    name = "nvds_obj_enc_process"
    if not ctx or not gst_buffer:
        what = "gst_buffer" if ctx else "ctx"
        print(f"pyds.{name}: {what} is {ctx and gst_buffer}", file=sys.stderr)  # noqa: T201
        return False
    context = _context(ctx, name)
    wanted = instance(args, NvDsObjEncUsrArgs, f"pyds.{name}: args")
    frame = argument(frame_meta, NvDsFrameMeta, name, "frame_meta")
    obj = None if wanted.isFrame else argument(obj_meta, NvDsObjectMeta, name, "obj_meta")
    surfaces = surfaces_at(address_argument(gst_buffer, name), name)
    if not frame.batch_id < len(surfaces):
        raise ValueError(f"pyds.{name}: {frame!r} has no pixels in this buffer")
    surface = _picture(surfaces[frame.batch_id], obj, wanted)
    if surface is None:
        return False
    path = _path(wanted, frame, obj, surface.size) if wanted.saveImg else None
    image = context.pool.submit(_encode, surface, _quality(wanted), timed=wanted.calcEncodeTime)
    owner = (obj or frame) if wanted.attachUsrMeta else None
    with context.lock:
        context.jobs.append(_Job(image, owner, path))
    return True


def nvds_obj_enc_finish(ctx: int) -> None:
    """Wait for all that was begun; afterwards files are written and metadata attached.

    Raises:
        OSError: A file could not be written; the other pictures are complete all the same.
        ValueError: A context that does not exist.
    """
    context = _context(ctx, "nvds_obj_enc_finish")
    with context.lock:
        jobs, context.jobs = context.jobs, []
    failed = [error for job in jobs if (error := job.complete()) is not None]
    if failed:
        raise failed[0]


def nvds_obj_enc_destroy_context(ctx: int) -> None:
    """End encoding; what was not finished is lost.

    Raises:
        ValueError: A context that does not exist.
    """
    context = _context(ctx, "nvds_obj_enc_destroy_context")
    del _contexts[ctx]
    context.pool.shutdown(wait=False, cancel_futures=True)


def _context(number: object, function: str) -> _Context:
    found = _contexts.get(address_argument(number, function, what="a context"))
    if found is None:
        raise ValueError(
            f"pyds.{function}: no encoding context is called {number}, or it was destroyed: create "
            "one with nvds_obj_enc_create_context"
        )
    return found


def _picture(surface: Surface, obj: ObjectMeta | None, args: NvDsObjEncUsrArgs) -> Surface | None:
    """What is to be seen; none where nothing of it is in the frame."""
    if obj is not None:
        try:
            surface = surface.crop(obj.ltwh)
        except ValueError:
            return None
    if not args.scaleImg:
        return surface.share()
    size = (args.scaledWidth, args.scaledHeight)
    if min(size) < 1:
        raise ValueError(
            f"pyds.nvds_obj_enc_process: scaleImg needs scaledWidth and scaledHeight, got {size}"
        )
    return surface.scale(size)


def _quality(args: NvDsObjEncUsrArgs) -> int:
    quality = args.quality or _DEFAULT_QUALITY
    if not 1 <= quality <= 100:
        raise ValueError(f"pyds.nvds_obj_enc_process: quality is from 1 to 100, got {args.quality}")
    return quality


def _path(
    args: NvDsObjEncUsrArgs, frame: FrameMeta, obj: ObjectMeta | None, size: tuple[int, int]
) -> Path:
    if args.fileNameImg:
        return Path(args.fileNameImg)
    label = "frame" if obj is None else obj.label.replace("/", "_")
    width, height = size
    return Path(f"{frame.frame_num}_{frame.source_id}_{args.objNum}_{label}_{width}x{height}.jpg")


def _encode(surface: Surface, quality: int, *, timed: bool) -> NDArray[np.uint8]:
    from penstock.surface.jpeg import encode_jpeg

    began = time.perf_counter()
    data = encode_jpeg(surface, quality=quality)
    if timed:
        print(f"Encode time = {(time.perf_counter() - began) * 1e3:.3f} ms")  # noqa: T201
    return data
