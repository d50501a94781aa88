"""What a second start of `penstock detect` does without."""

import os
import subprocess
import sys

from footage import penstock

UNUSED = ("onnx", "onnxruntime", "matplotlib", "scipy", "pyds")
RUN = f"""
import sys
from penstock.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end
sys.exit(" ".join(name for name in {UNUSED} if name in sys.modules) or 0)
"""


def test_a_second_start_compiles_nothing(ball, config, tmp_path):
    environment = {**os.environ, "PENSTOCK_CACHE": str(tmp_path), "PENSTOCK_BACKEND": "openvino"}
    kept = []
    for _ in range(2):
        done = penstock("detect", ball, "--model", config, "--frames", 1, env=environment)
        assert done.returncode == 0, done.stderr
        (blob,) = (tmp_path / "compiled").iterdir()
        kept.append((blob.name, blob.stat().st_ino))
    assert kept[0] == kept[1]  # compiling again would have moved a new file there


def test_a_run_loads_no_library_that_it_does_not_use(ball, config):
    arguments = ["detect", ball, "--model", config, "--frames", 1]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)],
        env={**os.environ, "PENSTOCK_BACKEND": "openvino"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
