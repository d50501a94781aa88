"""samples/deepstream-test3: many streams, one wall."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from footage import clip, detector
from rtsp import RtspServer

FOLDER = Path(__file__).parents[2] / "samples" / "deepstream-test3"
SAMPLE = FOLDER / "deepstream_test_3.py"
FRAMES = (40, 20, 30)
SERVED = """
infer_config {{
  backend {{ triton {{ model_name: "detector" model_repo {{ root: "repository" }} }} }}
  preprocess {{ normalize {{ scale_factor: 0.00392156862745098 }} }}
  postprocess {{
    labelfile_path: "{labels}"
    detection {{ num_detected_classes: 4 nms {{ confidence_threshold: 0.5 iou_threshold: 0.3 }} }}
  }}
}}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Three streams of different sizes, lengths and containers: a white ball on black."""
    folder = tmp_path_factory.mktemp("clips")
    sizes, suffixes = ((320, 180), (160, 120), (640, 360)), ("mp4", "mkv", "h264")
    return [
        clip(folder / f"ball.{suffix}", frames=frames, size=size).as_uri()
        for frames, size, suffix in zip(FRAMES, sizes, suffixes, strict=True)
    ]


def words(*arguments):
    return [sys.executable, *map(str, (SAMPLE, *arguments))]


def run(*arguments):
    return subprocess.run(
        words(*arguments), capture_output=True, text=True, timeout=60, check=False
    )


def numbers(pattern, text):
    return [int(number) for number in re.findall(pattern, text)]


def test_every_frame_of_every_stream_is_counted(clips, config):
    done = run("-i", *clips, "-c", config, "--no-display")
    assert done.returncode == 0, done.stderr
    for source, frames in enumerate(FRAMES):
        seen = numbers(
            rf"Frame Number=(\d+) Source={source} Number of Objects=[1-9]\d* "
            r"Vehicle_count=0 Person_count=[1-9]",
            done.stdout,
        )
        assert seen == list(range(frames))
        assert f"Got EOS from stream {source}\n" in done.stdout
    assert done.stdout.endswith("End-of-stream\n")


@pytest.mark.parametrize("option", ["--silent", "--disable-probe"])
def test_no_line_a_frame_where_none_is_wanted(clips, config, option):
    done = run("-i", clips[1], "-c", config, option)
    assert (done.returncode, done.stdout) == (0, "Got EOS from stream 0\nEnd-of-stream\n")


def test_files_that_loop_tell_the_rate_of_each(clips, config):
    command = words("-i", *clips[:2], "-c", config, "--no-display", "--file-loop", "-s")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    rates = dict(re.findall(r"FPS_(\d) \((\d+\.\d\d)\)", said))
    assert said.startswith("**PERF : ")
    assert rates.keys() == {"0", "1"}
    assert all(float(rate) > 0 for rate in rates.values())


def test_a_camera_and_a_file_go_together(clips, config):
    with RtspServer(width=320, height=180) as camera:
        command = words("-i", clips[1], camera.url, "-c", config, "--no-display")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            printed = ""
            while not ("Got EOS from stream 0" in printed and "Number=30 Source=1 " in printed):
                line = process.stdout.readline()
                assert line, printed
                printed += line
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert numbers(r"Number=(\d+) Source=0 ", printed) == list(range(FRAMES[1]))


def test_a_missing_file_ends_it_with_a_sentence_and_exit_code_1(clips, config):
    done = run("-i", clips[0], "file:///nowhere/nothing.mp4", "-c", config, "--no-display")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Resource not found.\n")
    assert done.stderr.endswith('No such file "/nowhere/nothing.mp4"\n')


def test_a_model_of_a_triton_repository_infers_too(clips, config, tmp_path):
    version = tmp_path / "repository" / "detector" / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").symlink_to(config.with_name("detector.onnx"))
    served = tmp_path / "served.txt"
    served.write_text(SERVED.format(labels=config.with_name("labels.txt")))
    done = run("-i", clips[0], "-g", "nvinferserver", "-c", served, "--no-display")
    assert done.returncode == 0, done.stderr
    people = numbers(r"Vehicle_count=0 Person_count=(\d+)", done.stdout)
    assert len(people) == FRAMES[0]
    assert min(people) > 0


def test_a_model_of_a_triton_repository_wants_its_own_configuration(clips):
    done = run("-i", clips[0], "-g", "nvinferserver-grpc")
    assert done.returncode == 1
    said = "Error: -g nvinferserver-grpc takes its own configuration: name it with -c\n"
    assert done.stderr == said


def test_the_readme_names_every_option():
    readme = (FOLDER / "README.md").read_text()
    assert f"python {SAMPLE.name} -i " in readme
    for option in options():
        assert f"`{option}`" in readme, option


def options():
    text = run("--help").stdout
    return set(re.findall(r"^  .*?(--[\w-]+)", text, re.M)) - {"--help"}
