"""Roboflow's InferencePipeline. Usage: with_roboflow.py VIDEO MODEL FRAMES.

Models of Roboflow's own come from its servers, for a key; a local network is run by a function of
the user, which here is the one that the supervision script uses.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.update(TELEMETRY_OPT_OUT="True", METRICS_ENABLED="False", DISABLE_WARNINGS="True")

from onnx_detector import OnnxDetector, line

from inference import InferencePipeline


def main() -> None:
    """Find objects, frame by frame."""
    video, model, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
    detect = OnnxDetector(model)
    done = 0

    def look(batch: list[Any]) -> list[Any]:
        return [detect(frame.image) for frame in batch]

    def tell(found: Any, frame: Any) -> None:
        nonlocal done
        if done < frames:
            picture = frame.image
            print(line(done, picture, found.xyxy, found.confidence, found.class_id), flush=True)
        done += 1
        if done == frames:
            pipeline.terminate()

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=video, on_video_frame=look, on_prediction=tell
    )
    pipeline.start()
    pipeline.join()


if __name__ == "__main__":
    main()
