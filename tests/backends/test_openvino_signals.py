"""Ctrl-C, after networks have come and gone."""

import subprocess
import sys
import textwrap

from onnx_models import convolution

SCRIPT = """
    import os, signal, sys, threading, time
    from pathlib import Path
    from penstock.backends.openvino import OpenVinoBackend

    networks = [OpenVinoBackend(Path(sys.argv[1]))]

    def let_go():
        networks.pop().close()

    thread = threading.Thread(target=let_go)
    thread.start()
    thread.join()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        time.sleep(30)
    except KeyboardInterrupt:
        sys.exit(5)
"""


def test_ctrl_c_is_heard_where_another_thread_let_the_last_network_go(tmp_path):
    model = tmp_path / "model.onnx"
    convolution(model)
    script = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(model)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 5, done.stderr
