"""One measurement of `penstock bench`; run as `python -m penstock.pipeline.bench_worker`."""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import penstock
from penstock.backends import BACKENDS, cache_folder, default_backend
from penstock.config import InferConfig
from penstock.errors import StreamError
from penstock.gst import Gst, MappedBuffer, batch_of
from penstock.surface import PlaneLayout

_SKIPPED = 10
_PATIENCE = 600 * Gst.SECOND


class _Meter:
    """Processor time and frames between the tenth frame and the last."""

    def __init__(self) -> None:
        self._frames = 0
        self._first: tuple[int, float, float] | None = None
        self._last = (0, 0.0, 0.0)

    def count(self, frames: int) -> None:
        """So many more are done."""
        self._frames += frames
        if self._first is None and self._frames >= _SKIPPED:
            self._first = self._now()

    def stop(self) -> None:
        """That was the last one."""
        self._last = self._now()

    def _now(self) -> tuple[int, float, float]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return (self._frames, usage.ru_utime + usage.ru_stime, time.monotonic())

    def result(self, *, backend: str, precision: str) -> dict[str, Any]:
        """What `Sample` takes."""
        if self._first is None or self._last[0] == self._first[0]:
            raise StreamError(f"only {self._frames} frames came; give a longer video")
        frames, cpu, seconds = (b - a for a, b in zip(self._first, self._last, strict=True))
        return {
            "cpu_ms": cpu / frames * 1e3,
            "fps": frames / seconds,
            "frames": frames,
            "backend": backend,
            "precision": precision,
            "resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def main() -> None:
    """Measure what the command line says, and print one line of JSON."""
    kind, video, config, streams, frames = sys.argv[1:]
    measure = _reference if kind == "reference" else _pipeline
    print(  # noqa: T201 - the answer to the parent process
        json.dumps(
            measure(Path(video), Path(config), int(streams), int(frames), drawn=kind == "drawn")
        )
    )


def _finish(pipeline: Gst.Pipeline, meter: _Meter) -> None:
    message = pipeline.get_bus().timed_pop_filtered(
        _PATIENCE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    meter.stop()
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise StreamError(message.parse_error()[0].message if message else "timed out")


def _look_at(video: Path) -> tuple[tuple[int, int], float]:
    """Width and height of a video, pixels, and its frames a second."""
    pipeline = Gst.parse_launch(
        f'uridecodebin uri="{video.resolve().as_uri()}" ! fakesink name=end'
    )
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(20 * Gst.SECOND)
    caps = pipeline.get_by_name("end").get_static_pad("sink").get_current_caps()
    pipeline.set_state(Gst.State.NULL)
    if caps is None:
        raise StreamError(f"{video} has no video that can be decoded here")
    structure = caps.get_structure(0)
    known, numerator, denominator = structure.get_fraction("framerate")
    size = (structure.get_int("width")[1], structure.get_int("height")[1])
    return size, numerator / denominator if known else 0.0


def _sources(video: Path, frames: int, ends: list[str]) -> str:
    uri = video.resolve().as_uri()
    return " ".join(f'uridecodebin uri="{uri}" ! identity eos-after={frames} ! {e}' for e in ends)


def _pipeline(
    video: Path, config: Path, streams: int, frames: int, *, drawn: bool
) -> dict[str, Any]:
    """Penstock's elements to a fakesink; `drawn` also draws and leaves NVMM."""
    penstock.init()
    (width, height), rate = _look_at(video)
    tile = f"nvmultistreamtiler columns={math.ceil(streams**0.5)} ! " if streams > 1 else ""
    tail = f"{tile}nvdsosd ! nvvideoconvert ! video/x-raw,format=I420 ! " if drawn else ""
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size={streams} width={width} height={height} "
        f'! queue max-size-buffers=2 ! nvinfer name=infer config-file-path="{config}" '
        f"batch-size={streams} ! {tail}fakesink name=end sync=false enable-last-sample=false "
        + _sources(video, frames, [f"mux.sink_{n}" for n in range(streams)])
    )
    meter = _Meter()

    def count(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        meter.count(len(batch) if batch is not None else 1)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, count)
    used: dict[str, str] = {}

    def note_engine(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        engine = pipeline.get_by_name("infer").engine
        used.update(backend=engine.backend, precision=engine.precision_used)
        return Gst.PadProbeReturn.REMOVE

    pipeline.get_by_name("infer").get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER, note_engine
    )
    pipeline.set_state(Gst.State.PLAYING)
    _finish(pipeline, meter)
    return meter.result(**used) | {"rate": rate}


def _reference(
    video: Path, config: Path, streams: int, frames: int, *, drawn: bool
) -> dict[str, Any]:
    """Decoders and one inference a frame by hand, as lean as it can be written."""
    del drawn
    network = _Network(InferConfig.read(config))
    pipeline = Gst.parse_launch(
        _sources(
            video,
            frames,
            [
                f"videoconvert ! video/x-raw,format=I420 ! queue max-size-buffers=2 "
                f"! appsink name=sink_{n} sync=false max-buffers=2"
                for n in range(streams)
            ],
        )
    )
    sinks = [pipeline.get_by_name(f"sink_{n}") for n in range(streams)]
    meter = _Meter()
    pipeline.set_state(Gst.State.PLAYING)
    while sinks:
        for sink in list(sinks):
            sample = sink.emit("pull-sample")
            if sample is None:
                sinks.remove(sink)
                continue
            network.infer(sample)
            meter.count(1)
    meter.stop()
    pipeline.set_state(Gst.State.NULL)
    return meter.result(backend=network.backend, precision=network.precision)


class _Network:
    """One network with OpenVINO or ONNX Runtime and OpenCV, one picture at a time."""

    def __init__(self, config: InferConfig) -> None:
        assert config.model_file is not None
        self.backend = default_backend()
        backend = BACKENDS.load(self.backend)(
            config.model_file,
            precision="f32" if config.precision == "f32" else "fastest",
            batch=1,
            cache=cache_folder(),
        )
        self.precision = backend.precision_used
        ((self._name, spec),) = backend.inputs.items()
        _, _, height, width = (side or 0 for side in spec.shape)
        self._size = (width, height)
        self._run = backend.run
        self._tensor = np.zeros((1, 3, height, width), np.float32)
        self._canvas = np.zeros((height, width, 3), np.uint8)
        self._scale = config.scale

    def infer(self, sample: Any) -> None:
        """Letterbox on the planes, convert the small picture, run."""
        import cv2

        structure = sample.get_caps().get_structure(0)
        width, height = structure.get_int("width")[1], structure.get_int("height")[1]
        mapped = MappedBuffer(sample.get_buffer())
        y, u, v = PlaneLayout.default("I420", (width, height)).planes(mapped.memory)
        factor = min(self._size[0] / width, self._size[1] / height)
        w, h = int(width * factor) // 2 * 2, int(height * factor) // 2 * 2
        left, top = (self._size[0] - w) // 2, (self._size[1] - h) // 2
        packed = np.empty((h * 3 // 2, w), np.uint8)
        flat, chroma = packed.reshape(-1), h * w // 4
        cv2.resize(y, (w, h), dst=packed[:h])
        flat[4 * chroma : 5 * chroma] = cv2.resize(u, (w // 2, h // 2)).reshape(-1)
        flat[5 * chroma :] = cv2.resize(v, (w // 2, h // 2)).reshape(-1)
        self._canvas[top : top + h, left : left + w] = cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420)
        np.multiply(self._canvas.transpose(2, 0, 1), np.float32(self._scale), out=self._tensor[0])
        self._run({self._name: self._tensor})


if __name__ == "__main__":
    main()
