"""Ctrl-C and SIGTERM on a real process."""

import contextlib
import signal
import socket
import subprocess

import pytest

from footage import clip, command, pictures


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_early_with_a_playable_file(tmp_path, config, number):
    video = clip(tmp_path / "long.mp4", frames=4000)
    output, lines = tmp_path / "out.mp4", tmp_path / "lines.jsonl"
    with subprocess.Popen(
        command("detect", video, "--model", config, "--output", output, "--json", lines),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_lines(process, lines, count=50)
        process.send_signal(number)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    written = len(lines.read_text().splitlines())
    assert 50 <= written < 4000
    assert len(pictures(output)) == written
    assert f"{written} frames of 1 source" in printed


def wait_for_lines(process, path, *, count):
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):  # made, tried and taken away before the start
            if len(path.read_text().splitlines()) >= count:
                return
    pytest.fail(f"it ended by itself: {process.stderr.read()}")


def test_a_source_that_never_answers_does_not_hold_it(tmp_path, config):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with subprocess.Popen(
            command("detect", f"rtsp://127.0.0.1:{port}/live", "--model", config),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = server.accept()  # and it waits for an answer
            process.send_signal(signal.SIGINT)
            printed, said = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 0, said
    assert "0 frames of 1 source" in printed
