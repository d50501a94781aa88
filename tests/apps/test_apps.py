"""One application for each of DeepStream's sample applications, run as its users run it.

Each is judged by what it prints and writes: most end with 0 whatever happens.
"""

import re

from ports import free_port

STREAMS = "/opt/nvidia/deepstream/deepstream/samples/streams"
FRAMES = 300  # of sample_720p, sample_qHD and sample_1080p
QHD, HD = f"{STREAMS}/sample_qHD", f"{STREAMS}/sample_720p"


def numbers(pattern, text):
    return [int(number) for number in re.findall(pattern, text)]


def test_deepstream_test1_of_the_threads_init_era_with_a_caffe_configuration(run_app):
    done = run_app("apps/deepstream-test1/deepstream_test_1.py", f"{QHD}.h264")
    assert numbers(r"Frame Number=(\d+) Number", done.stdout) == list(range(FRAMES))
    vehicles, people = (numbers(rf"{n}_count=(\d+)", done.stdout) for n in ("Vehicle", "Person"))
    inferred = slice(0, None, 5)  # interval=4
    assert sum(n > 0 for n in people[inferred]) > 50
    assert max(vehicles) > 0
    assert done.stdout.endswith("Got EOS from stream 0\nEnd-of-stream\n")


def test_deepstream_test2_tracks_classifies_and_tells_past_frames(run_app):
    done = run_app("apps/deepstream-test2/deepstream_test_2.py", f"{QHD}.h264")
    assert numbers(r"Frame Number=(\d+) Number", done.stdout) == list(range(FRAMES))
    last = done.stdout.rsplit("Frame Number=299", 1)[1]
    assert re.search(r"'\d+:2=[^']+'", last)  # a make or its stand-in, of sgie1
    assert re.search(r"'\d+:3=[^']+'", last)  # a type, of sgie2
    assert re.search(r"numobj= \d+\nuniqueId= \d+\nobjLabel= \w+\nframeNum: \d+", done.stdout)


def test_deepstream_test3_finds_its_decoders_by_name_and_prints_rates(run_app):
    uris = [f"file://{STREAMS}/{name}" for name in ("sample_walk.mov", "sample_720p_mjpeg.mp4")]
    done = run_app("apps/deepstream-test3/deepstream_test_3.py", "-i", *uris)
    assert sorted(numbers(r"Frame Number= (\d+) ", done.stdout)) == sorted([*range(100)] * 2)
    assert re.search(r"\*\*PERF:  \{'stream0': \d+\.\d+, 'stream1': \d+\.\d+\}", done.stdout)
    assert "nvv4l2decoder0" in done.stdout  # two threads print: the words before it may stand apart
    assert "did not pick nvidia decoder" not in done.stderr


def test_deepstream_test3_runs_a_model_of_a_triton_repository(run_app):
    uris = [f"file://{STREAMS}/{name}" for name in ("sample_walk.mov", "sample_cam5.mp4")]
    done = run_app(
        "apps/deepstream-test3/deepstream_test_3.py", "-i", *uris, "--no-display",
        "-g", "nvinferserver", "-c", "config_triton_infer_primary_peoplenet.txt",
    )  # fmt: skip
    lines = re.findall(r"Frame Number= (\d+) Number of Objects= (\d+)", done.stdout)
    assert sorted(int(number) for number, _ in lines) == sorted([*range(100)] * 2)
    assert max(int(objects) for _, objects in lines) > 1


def test_deepstream_custom_binding_test_reads_what_it_attached(run_app):
    path = "apps/deepstream-custom-binding-test/deepstream_custom_binding_test.py"
    done = run_app(path, f"{HD}.h264")
    assert done.stdout.count("adding user meta") == FRAMES
    assert numbers(r"structId::  (\d+)", done.stdout) == list(range(FRAMES))
    assert numbers(r"msg::  test message (\d+)", done.stdout) == list(range(FRAMES))


def test_deepstream_demux_gives_each_source_a_branch_of_its_own(run_app):
    path = "apps/deepstream-demux-multi-in-multi-out/deepstream_demux_multi_in_multi_out.py"
    done = run_app(path, "-i", f"file://{QHD}.mp4", f"file://{STREAMS}/sample_cam5.mp4")
    said = "branch {} frames {} in order True sources and batches {{({}, 1)}}"
    assert said.format(0, FRAMES, 0) in done.stdout
    assert said.format(1, 100, 1) in done.stdout


def test_deepstream_nvdsanalytics_prints_zones_lines_crowds_and_directions(run_app):
    done = run_app("apps/deepstream-nvdsanalytics/deepstream_nvdsanalytics.py", f"file://{HD}.mp4")
    assert len(numbers(r"Frame Number= (\d+) ", done.stdout)) == FRAMES
    assert max(numbers(r"Objs in ROI: \{'RF': (\d+)\}", done.stdout)) > 1
    assert "Linecrossing Cumulative: {'Entry': " in done.stdout
    assert "Overcrowding status: {'OC': True}" in done.stdout
    assert re.search(r"Object \d+ moving in direction: (North|South)", done.stdout)


def test_runtime_source_add_delete_starts_and_stops_every_source(run_app):
    path = "apps/runtime_source_add_delete/deepstream_rt_src_add_del.py"
    done = run_app(path, f"file://{STREAMS}/sample_1080p_h264.mp4")
    started, stopped = (
        sorted(numbers(rf"Calling {n} (\d)", done.stdout)) for n in ("Start", "Stop")
    )
    ended = {*numbers(r"Got EOS from stream (\d)", done.stdout)}
    assert started == [1, 2, 3]
    assert {*stopped, *ended} == {0, 1, 2, 3}
    assert re.search("All sources stopped|End-of-stream", done.stdout)  # whichever comes first
    assert "STATE CHANGE FAILURE" not in done.stdout


def test_deepstream_preprocess_test_finds_objects_in_its_regions_only(run_app):
    path = "apps/deepstream-preprocess-test/deepstream_preprocess_test.py"
    ports = ["--rtsp-port", str(free_port()), "--udp-port", str(free_port())]
    done = run_app(path, "-i", f"file://{STREAMS}/sample_cam5.mp4", *ports)
    assert numbers(r"Frame Number=(\d+) ", done.stdout) == list(range(100))
    assert max(numbers(r"Number of Objects=(\d+)", done.stdout)) > 0
    assert set(numbers(r"outside=(\d+)", done.stdout)) == {0}
    assert done.stdout.endswith("End-of-stream\n")
