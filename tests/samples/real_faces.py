"""A real video in which a woman turns her face, what detectors find in it, and videos as arrays."""

import tempfile

import cv2
import numpy as np

import penstock
from footage import gst
from penstock import kit
from streams import Gst, play

FRAMES = (680, 692)  # of the video
SIZE = (1920, 1080)


def cut(video, path, *, frames=FRAMES):
    """Write some frames of a video as an MP4."""
    reader = cv2.VideoCapture(str(video))
    reader.set(cv2.CAP_PROP_POS_FRAMES, frames[0])
    return written([reader.read()[1] for _ in range(*frames)], path)


def written(pictures, path):
    """Write BGR pictures as an MP4, 10 frames a second."""
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(pictures):
            cv2.imwrite(f"{folder}/{number}.png", picture)
        gst(
            f"multifilesrc location={folder}/%d.png caps=image/png,framerate=10/1 ! pngdec "
            "! videoconvert ! video/x-raw,format=I420 ! x264enc pass=quant quantizer=15 "
            f"speed-preset=ultrafast ! mp4mux ! filesink location={path}"
        )
    return path


def shown(path, *, size=SIZE):
    """The frames of a video scaled as the mux scales them, `(N, H, W, 3)` uint8 RGB."""
    return np.stack(_seen(path, lambda frame: frame.image, size=size))


def found(path, model, *, label):
    """What a model of the kit finds: a list of boxes, ltwh, pixels of `SIZE`, for each frame."""

    def boxes(frame):
        return [obj.rect.ltwh for obj in frame.objects if obj.label == label]

    infer = f'! nvinfer config-file-path="{kit.config_of(model)}"'
    return _seen(path, boxes, size=SIZE, element=infer)


def _seen(path, look, *, size, element=""):
    pipeline = Gst.parse_launch(
        f'uridecodebin uri="{path.as_uri()}" ! nvvideoconvert ! mux.sink_0 nvstreammux name=mux '
        f"batch-size=1 width={size[0]} height={size[1]} {element} ! fakesink name=end sync=false"
    )

    def probe(buffer):
        (frame,) = penstock.metadata(buffer)
        return look(frame)

    message, seen = play(pipeline, probe=probe, at="end", pad="sink")
    assert message.type == Gst.MessageType.EOS, message.parse_error()
    return seen


def area(box, *, scale=1.0, grow_px=0):
    """The rows and columns of a box, ltwh, scaled and then grown (or shrunk) on each side."""
    left, top, width, height = (scale * value for value in box)
    x1, y1 = max(int(np.ceil(left)) - grow_px, 0), max(int(np.ceil(top)) - grow_px, 0)
    x2, y2 = int(left + width) + grow_px, int(top + height) + grow_px
    return slice(y1, max(y2, 0)), slice(x1, max(x2, 0))
