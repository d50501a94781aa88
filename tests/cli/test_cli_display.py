"""`penstock detect --display` on a screen that exists only in memory."""

import os
import subprocess

import numpy as np
import pytest

from footage import clip, command, gst

SCREEN = (640, 480)


@pytest.fixture
def screen(monkeypatch):
    reads, writes = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-noreset", "-displayfd", str(writes), "-screen", "0", "{}x{}x24".format(*SCREEN)],
        pass_fds=[writes],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writes)
        with os.fdopen(reads) as told:
            display = f":{told.readline().strip()}"
        monkeypatch.setenv("DISPLAY", display)
        yield display
        server.terminate()


def shot(display, path):
    gst(
        f"ximagesrc display-name={display} num-buffers=1 use-damage=false ! videoconvert "
        f"! video/x-raw,format=RGB ! filesink location={path}"
    )
    return np.frombuffer(path.read_bytes(), np.uint8).reshape(SCREEN[1], SCREEN[0], 3)


def test_a_window_shows_the_video_with_its_objects(screen, config, tmp_path):
    video = clip(tmp_path / "white.mp4", frames=2000, pattern="ball")
    with subprocess.Popen(
        command("detect", video, "--display", "--model", config),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while process.poll() is None:
                red, green, blue = np.moveaxis(shot(screen, tmp_path / "shot").astype(int), 2, 0)
                boxes = (red > 150) & (green < 100) & (blue < 100)
                if boxes.sum() > 100:
                    break
            assert process.poll() is None, process.communicate()[1]
            rows, columns = boxes.nonzero()
            assert rows.max() <= 180
            assert columns.max() <= 320
        finally:
            process.terminate()
            printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "of 1 source in" in printed
