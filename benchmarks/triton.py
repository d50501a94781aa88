"""nvinferserver against a real Triton: the same boxes, a restart in mid-stream, time-outs.

Usage: python benchmarks/triton.py [VIDEO] [--frames 120]

NVIDIA's package `nvidia-pytriton` carries the server with its Python backend. It is installed into
an environment of its own in Penstock's cache folder, 440 MB and about a minute, once. The server
runs the kit's `ssd-mobilenet` by ONNX Runtime.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import penstock
from penstock import kit
from penstock.backends import cache_folder
from penstock.gst import Gst, batch_of

PACKAGES = ("nvidia-pytriton==0.7.0", "onnxruntime")
MODEL = "ssd-mobilenet"
CONFIG = """
infer_config {{
  unique_id: 1 max_batch_size: 4
  backend {{ triton {{ model_name: "ssd-mobilenet" version: -1 {where} }} }}
  preprocess {{
    network_format: IMAGE_FORMAT_RGB
    normalize {{ scale_factor: 0.00784313725490196 channel_offsets: [127.5, 127.5, 127.5] }}
  }}
  postprocess {{
    labelfile_path: "{labels}"
    detection {{
      num_detected_classes: 80
      custom_parse_bbox_func: "boxes-scores"
      nms {{ confidence_threshold: 0.3 iou_threshold: 0.5 topk: 200 }}
    }}
  }}
}}
"""
TOLERANCE_PX = 0.5
SLOW_S = 3


def environment() -> Path:
    """The interpreter of an environment with a Triton in it; makes it where it is missing."""
    folder = cache_folder().parent / "triton"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        start = time.monotonic()
        # The server's own Python takes its library from here: pyenv's newer ones do not fit it.
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "complete").touch()
        print(f"Triton installed in {time.monotonic() - start:.0f} s")
    return python


class Server:
    """A Triton in a process of its own."""

    def __init__(self, model: Path, folder: Path) -> None:
        self.port, self.slow = free_ports(), folder / "slow"
        script = Path(__file__).with_name("triton_server.py")
        self._command = [str(one) for one in (environment(), script, model, self.port, self.slow)]
        self._log = (folder / "server.log").open("wb")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready some seconds later."""
        self._process = subprocess.Popen(
            self._command, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def restart(self) -> None:
        """As after a crash."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """End it as a crash does; asked kindly, PyTriton hangs over questions in flight."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)


def free_ports() -> int:
    """The first of three free ports in a row."""
    while True:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            for number in (1, 2):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port + number))
            return int(port)


class Run:
    """One pass over the video."""

    def __init__(self, config: Path, video: Path, *, frames: int, timeout_ms: int = 60_000) -> None:
        self.boxes: list[NDArray[np.float64]] = []
        self.warnings: list[str] = []
        self.on_frame: dict[int, Callable[[], object]] = {}
        self.frames = frames
        self._pipeline = Gst.parse_launch(
            "nvstreammux name=mux batch-size=1 width=768 height=576 "
            f"! nvinferserver name=infer config-file-path={config} server-timeout={timeout_ms} "
            f'! fakesink name=end uridecodebin uri="{video.resolve().as_uri()}" ! mux.sink_0'
        )
        pad = self._pipeline.get_by_name("infer").get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER, self._look)

    def play(self) -> str:
        """Play to the end; how it ended, `""` if well."""
        self._pipeline.set_state(Gst.State.PLAYING)
        try:
            for message in self._messages():
                if message.type == Gst.MessageType.WARNING:
                    self.warnings.append(message.parse_warning()[0].message)
                elif message.type == Gst.MessageType.ERROR:
                    return str(message.parse_error()[0].message)
                else:
                    return ""
        finally:
            self._pipeline.set_state(Gst.State.NULL)
        return "the pipeline hung"

    def _messages(self) -> Iterator[Gst.Message]:
        kinds = Gst.MessageType
        wanted = kinds.EOS | kinds.ERROR | kinds.WARNING
        bus = self._pipeline.get_bus()
        while message := bus.timed_pop_filtered(120 * Gst.SECOND, wanted):
            yield message

    def _look(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        assert batch is not None
        for frame in batch.frames:
            rows = sorted((obj.class_id, *obj.ltwh) for obj in frame.objects)
            self.boxes.append(np.array(rows, np.float64).reshape(-1, 5))
            action = self.on_frame.get(len(self.boxes))
            if action is not None:
                action()
        if len(self.boxes) == self.frames:
            self._pipeline.send_event(Gst.Event.new_eos())
        return Gst.PadProbeReturn.OK


def same(some: Run, others: Run) -> str:
    """How two runs differ; `""` if they do not."""
    if min(len(some.boxes), len(others.boxes)) < some.frames:
        return f"{len(some.boxes)} and {len(others.boxes)} frames"
    if not sum(map(len, some.boxes)):
        return "nothing was found"
    for number, (one, other) in enumerate(zip(some.boxes, others.boxes, strict=False)):
        if one.shape != other.shape or np.abs(one - other).max(initial=0) > TOLERANCE_PX:
            return f"frame {number}: {len(one)} and {len(other)} boxes, or others"
    return ""


def report(what: str, problem: str) -> bool:
    """Print one line of the result."""
    print(f"{what}: {problem or 'good'}", flush=True)
    return not problem


def checks(video: Path, frames: int, folder: Path) -> Iterator[bool]:
    """Each thing that must hold."""
    model = kit.get(MODEL)
    repository = folder / "repository" / MODEL / "1"
    repository.mkdir(parents=True)
    (repository / "model.onnx").symlink_to(model)
    labels = model.with_name("labels.txt")
    here, there = folder / "here.txt", folder / "there.txt"
    root = f'model_repo {{ root: "{repository.parent.parent}" }}'
    here.write_text(CONFIG.format(where=root, labels=labels))
    server = Server(model, folder)
    grpc = f'grpc {{ url: "127.0.0.1:{server.port}" }}'
    there.write_text(CONFIG.format(where=grpc, labels=labels))
    try:
        local = Run(here, video, frames=frames)
        yield report("in this process", local.play())
        yield from whole(server, Run(there, video, frames=frames), local)
        yield from interrupted(server, Run(there, video, frames=frames), local)
        yield from failures(server, lambda: Run(there, video, frames=frames, timeout_ms=1000))
    finally:
        server.kill()


def whole(server: Server, run: Run, local: Run) -> Iterator[bool]:
    """The server's boxes are those of this process."""
    server.start()
    start = time.monotonic()
    yield report("waits for a server that starts", run.play())
    print(f"  {run.frames} frames in {time.monotonic() - start:.1f} s, the server's start included")
    yield report("the same boxes", same(local, run))


def interrupted(server: Server, run: Run, local: Run) -> Iterator[bool]:
    """A restart costs nothing but time."""
    run.on_frame[run.frames // 2] = server.restart
    yield report("survives a restart", run.play())
    yield report("  and loses nothing", same(local, run))
    told = [text for text in run.warnings if "went away" in text]
    yield report("  and warns once", "" if len(told) == 1 else str(run.warnings))


def failures(server: Server, run_of: Callable[[], Run]) -> Iterator[bool]:
    """What takes longer than server-timeout is an error."""
    late = run_of()
    late.on_frame[5] = lambda: server.slow.write_text(str(SLOW_S))
    text = late.play()
    yield report("a slow answer is an error", "" if "no answer within 1 s" in text else repr(text))
    server.slow.unlink(missing_ok=True)
    time.sleep(SLOW_S)  # until the server has done what nobody waits for any more
    gone = run_of()
    gone.on_frame[5] = server.kill
    text = gone.play()
    yield report("so is a server that stays away", "" if "not back within" in text else repr(text))


def main() -> int:
    """Run all; 1 if something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path, nargs="?")
    parser.add_argument("--frames", type=int, default=120)
    arguments = parser.parse_args()
    penstock.init()
    video = arguments.video or kit.get("vtest")
    with tempfile.TemporaryDirectory() as folder:
        return int(not all(list(checks(video, arguments.frames, Path(folder)))))


if __name__ == "__main__":
    sys.exit(main())
