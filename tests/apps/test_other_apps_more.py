"""More shapes: tensors, crops, pictures, processes, relinking, asyncio, elements."""

import re

STREAMS = "file:///opt/nvidia/deepstream/deepstream/samples/streams"


def test_layers_are_read_through_ctypes_and_become_objects(run_app):
    done = run_app("others/tensors.py")
    made, seen, layers = re.fullmatch(r"made (\d+) seen (\d+) (.*)\n", done.stdout).groups()
    assert int(made) == int(seen) == 10  # interval=9
    assert layers == "output_bbox(16, 34, 60) output_cov(4, 34, 60)"


def test_objects_are_encoded_into_files_and_metadata(run_app, placed):
    done = run_app("others/crops.py")
    files, attached = re.fullmatch(r"files (\d+) attached (\d+)\n", done.stdout).groups()
    assert int(files) == int(attached) > 10
    heads = {path.read_bytes()[:2] for path in (placed / "others/crops").iterdir()}
    assert heads == {b"\xff\xd8"}


def test_numbered_pictures_are_drawn_on_one_by_one(run_app):
    done = run_app("others/images.py")
    objects = re.fullmatch(r"pictures 6 drawn on 6 objects (\d+)\n", done.stdout)[1]
    assert int(objects) > 0


def test_a_process_for_each_camera_is_forked_from_one_that_has_imported_everything(run_app):
    uris = [f"{STREAMS}/sample_walk.mov", f"{STREAMS}/sample_cam5.mp4"]
    lines = run_app("others/processes.py", *uris).stdout.splitlines()
    assert [line.split()[:3] for line in lines[:2]] == [
        ["process", "0", "100"],
        ["process", "1", "100"],
    ]
    assert all(int(line.split()[-1]) > 0 for line in lines[:2])
    assert lines[2:] == ["exit 0"] * 2


def test_a_pipeline_is_relinked_while_it_plays_and_starts_again_by_a_seek(run_app):
    lines = run_app("others/relink.py").stdout.splitlines()
    assert lines[0] == "seek True"
    drawn = re.fullmatch(r"frames 200 drawn (\d+) eos 2 flush 1", lines[1])[1]
    assert int(drawn) in (180, 181)  # behind the twentieth frame


def test_an_asyncio_program_records_in_parts(run_app):
    done = run_app("others/on_asyncio.py")
    most, parts = re.fullmatch(r"frames 100 most (\d+) parts (\d+)\n", done.stdout).groups()
    assert int(most) > 0
    assert int(parts) >= 3


def test_an_element_of_the_scripts_own_counts_what_any_way_of_setting_properties_brought(run_app):
    assert run_app("others/own_element.py").stdout.splitlines() == [
        "success",
        "frames 400 sure True",
    ]
