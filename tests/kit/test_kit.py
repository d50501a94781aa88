"""The kit as people use it: real packages, through the index this machine is configured for."""

import configparser
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from package_index import make_sdist

from penstock import kit
from penstock.errors import PenstockError, UnknownNameError


def read_config(path):
    parser = configparser.ConfigParser()
    parser.read(path)
    return parser


def test_the_default_model_arrives_converted_with_labels_and_configuration(tmp_path):
    told = []
    path = kit.get("yolov4-tiny", cache=tmp_path, progress=lambda *report: told.append(report))
    assert path.name == "yolov4-tiny.onnx"
    assert told[-1][1] == told[-1][2] > 20_000_000
    labels = path.with_name("labels.txt").read_text().splitlines()
    assert (len(labels), labels[:3]) == (80, ["person", "bicycle", "car"])
    config = read_config(kit.config_of("yolov4-tiny", cache=tmp_path))["property"]
    assert path.with_name(config["onnx-file"]) == path
    assert path.with_name(config["labelfile-path"]).is_file()
    session = onnxruntime.InferenceSession(str(path))
    (images,) = session.get_inputs()
    assert ["batch", *map(int, config["infer-dims"].split(";"))] == images.shape


def test_the_default_video_is_the_file_the_catalogue_promises(cache):
    path = kit.get("crowd", cache=cache)
    (asset,) = (asset for asset in kit.catalogue() if asset.name == "crowd")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == asset.members[0].sha256
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 341
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == 1920


@pytest.mark.parametrize("name", ["age", "gender"])
def test_a_model_that_is_onnx_already_runs_with_its_configuration(cache, name):
    config = read_config(kit.config_of(name, cache=cache))["property"]
    session = onnxruntime.InferenceSession(str(kit.get(name, cache=cache)))
    (images,) = session.get_inputs()
    shape = [1, *map(int, config["infer-dims"].split(";"))]
    session.run(None, {images.name: np.zeros(shape, np.float32)})


def test_the_picture_comes_out_of_the_archive_already_there(cache):
    kit.get("yolov4-tiny", cache=cache)
    told = []
    picture = cv2.imread(str(kit.get("bus", cache=cache, progress=lambda *r: told.append(r))))
    assert picture.shape == (1080, 810, 3)
    assert told == []


def test_every_row_of_the_catalogue_is_complete():
    names = [asset.name for asset in kit.catalogue()]
    assert len(set(names)) == len(names)
    for asset in kit.catalogue():
        assert asset.description
        assert asset.licence
        for member in asset.members:
            assert re.fullmatch("[0-9a-f]{64}", member.sha256)
        if asset.kind == "model":
            assert asset.classes > 0
            assert len(asset.labels) in (0, asset.classes)


def test_an_unknown_name_lists_what_there_is_and_guesses():
    with pytest.raises(UnknownNameError, match=r"no 'croud'; did you mean 'crowd'\? It has: yolo"):
        kit.get("croud")
    with pytest.raises(UnknownNameError, match=r"the kit has no 'xyz'\. It has: yolov4-tiny, eff"):
        kit.config_of("xyz")


def test_a_video_has_no_configuration():
    with pytest.raises(UnknownNameError, match=r"'crowd' is a video; only models have .*: yolov4"):
        kit.config_of("crowd")


def test_a_real_name_served_with_other_content_is_refused(index, tmp_path):
    member = "supertracker-0.2.0/docs/examples/vid.mp4"
    index.add("supertracker", "supertracker-0.2.0.tar.gz", make_sdist({member: b"not the crowd"}))
    with pytest.raises(PenstockError, match=rf"member {member}: the sha256 should be 822671fb"):
        kit.get("crowd", cache=tmp_path)


def test_listing_the_catalogue_loads_no_heavy_library():
    script = (
        "import sys, json, penstock.kit as kit; kit.catalogue();"
        "print(json.dumps([m for m in ('numpy', 'onnx', 'cv2', 'pip') if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_no_index_address_is_written_in_the_source():
    for file in Path(kit.__file__).parent.glob("*.py"):
        assert not re.search(r"https?://\w", file.read_text()), file
