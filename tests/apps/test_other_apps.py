"""Applications of other shapes than DeepStream's samples: as third parties write them."""

import json
import re
import subprocess
import sys

import pytest

from broker_servers import HOST, Mosquitto
from footage import penstock
from penstock.brokers import listener_at

STREAMS = "file:///opt/nvidia/deepstream/deepstream/samples/streams"


def test_one_launch_string_configured_by_yaml_with_paths_of_another_version(run_app):
    done = run_app("others/launch.py")
    assert int(re.fullmatch(r"objects (\d+)\n", done.stdout)[1]) > 10


def test_a_thread_runs_the_loop_and_hands_results_to_the_main_thread(run_app):
    done = run_app("others/thread.py")
    assert int(re.fullmatch(r"frames True seen (\d+)\n", done.stdout)[1]) >= 5


def test_pipelines_beside_each_other_and_after_each_other_in_one_process(run_app):
    *ended, first, second, third = run_app("others/two.py").stdout.splitlines()
    assert sorted(ended) == ["ended first", "ended second", "ended third"]
    assert first.startswith("first 100 ")
    assert second.startswith("second 100 ")
    assert third == first.replace("first", "third")
    assert int(first.split()[-1]) > 0


def test_uridecodebin3_takes_decoders_that_a_handler_sets_up(run_app):
    uris = [f"{STREAMS}/sample_walk.mov", f"{STREAMS}/sample_cam5.mp4"]
    done = run_app("others/decodebin3.py", *uris)
    # drop-frame-interval=2
    assert done.stdout.splitlines() == ["memory memory:NVMM"] * 2 + ["eos [(0, 50), (1, 50)]"]


def test_frames_of_opencv_go_in_by_appsrc_and_are_seen_as_numpy_arrays(run_app):
    done = run_app("others/from_opencv.py")
    assert int(re.fullmatch(r"frames 20 green (\d+)\n", done.stdout)[1]) > 240


def test_an_appsink_gets_pixels_in_system_memory_and_metadata(run_app):
    done = run_app("others/to_appsink.py")
    objects = re.fullmatch(rf"samples 100 bytes {640 * 360 * 4} objects (\d+)\n", done.stdout)[1]
    assert int(objects) > 0


def test_a_secondary_detector_works_on_objects_and_a_classifier_on_what_it_found(run_app):
    *lines, last = run_app("others/cascade.py").stdout.splitlines()
    assert last.strip() == "eos"
    faces = [line for line in lines if "by 2 label" in line]
    assert faces
    for line in faces:
        assert re.search(r"by 2 label (Face|Person|Bag) inside True labels \[\(3, '\w+'\)\]$", line)
    others = [line for line in lines if "by 1 label" in line]
    assert others
    assert all(line.endswith("labels []") for line in others)  # operate-on-gie-id=2


def test_the_wall_shows_one_source_and_all_again_while_it_runs(run_app):
    assert run_app("others/switch.py").stdout.splitlines() == [
        "shown red green blue white",
        "show-source 2",
        "shown blue blue blue blue",
        "show-source 0",
        "shown red red red red",
        "show-source -1",
        "shown red green blue white",
    ]


def check_edited(line):
    """Two ids: that of objects without a track, and the one that the tracker gave."""
    found, removed, ours = map(
        int,
        re.fullmatch(r"eos found (\d+) removed (\d+) people 0 ours (\d+) ids [12]", line).groups(),
    )
    assert found > removed > 0
    assert ours >= 10


def test_probes_take_objects_away_and_add_their_own_which_are_tracked(run_app):
    check_edited(run_app("others/edit_objects.py").stdout.strip())


def test_an_error_that_nobody_prints_is_printed_and_in_the_exit_code(run_app):
    done = run_app("others/swallow.py", code=1)
    assert done.stdout == "all is well\n"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("penstock: a pipeline had an error: pgie: ")
    assert "not_there.txt" in last


def test_tracks_in_zones_go_to_a_broker(run_app, tmp_path):
    with Mosquitto(tmp_path / "mqtt") as server:
        listener = listener_at(f"mqtt://{HOST}:{server.port}/#")
        listener.connect()
        library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_mqtt_proto.so"
        done = run_app("others/everything.py", library, server.conn_str, "yard")
        found = []
        while len(found) < 10:
            found += listener.receive(10.0)
        listener.close()
    tracks, inside = map(int, re.search(r"tracks (\d+) in the yard (\d+)", done.stdout).groups())
    assert tracks > 1
    assert inside > 10
    assert {message.topic for message in found} == {"yard"}
    messages = [json.loads(message.payload) for message in found]
    assert [int(message["id"]) for message in messages] == list(range(0, 100, 10))
    assert {message["sensorId"] for message in messages} == {"GATE-7"}
    assert any(line for message in messages for line in message["objects"])


@pytest.mark.usefixtures("sdk")
def test_a_notebook_runs_cell_by_cell(placed):
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--quick", "cells.ipy"],
        cwd=placed / "others", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    most, edited = done.stdout.splitlines()
    assert most == "most person"
    check_edited(edited)


def test_service_maker_says_in_one_sentence_that_it_is_not_there(placed):
    done = penstock("run", "service_maker.py", cwd=placed / "others")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: No module named 'pyservicemaker': Penstock has no Service Maker yet: "
        "it runs scripts that use pyds"
    )
