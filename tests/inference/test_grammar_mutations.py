"""Twenty accidents in each kind of file that a configuration consists of or names."""

import random

import numpy as np
import pytest
from pictures import RED, bright_box_network, make_rois

from penstock.config import InferConfig
from penstock.errors import PenstockError
from penstock.inference import Engine

ONE = ((32, 24), (4, 6, 10, 8), RED, 1.0)
KEYS = """\
onnx-file net.onnx
labelfile-path labels.txt
num-detected-classes 3
batch-size 2
net-scale-factor 0.00392156862745098
mean-file mean.ppm
custom-network-config yolo.cfg
cluster-mode 2
"""
CLASSES = """\
[class-attrs-all]
pre-cluster-threshold=0.2
nms-iou-threshold=0.5
border-color=0;1;0;1
[class-attrs-0]
topk=20
detected-max-w=30
[class-attrs-1]
pre-cluster-threshold=0.4
eps=0.2
"""
LINES = [line.split() for line in KEYS.splitlines()]
PROPERTY = "[property]\n" + "".join(f"{key}={value}\n" for key, value in LINES)
YAML = "property:\n" + "".join(f"  {key}: {value}\n" for key, value in LINES)
YAML += "class-attrs-all:\n  topk: 20\n  border-color: [0, 1, 0, 1]\n"
FILES = {
    "config.txt": (PROPERTY + CLASSES).encode(),
    "config.yml": YAML.encode(),
    "labels.txt": b"red\ngreen\nblue\n",
    "mean.ppm": b"P6\n# none\n32 24\n255\n" + bytes(32 * 24 * 3),
    "yolo.cfg": b"[net]\nwidth=32\n\n[yolo]\nmask = 0,1\nanchors = 10,14, 23,27\nclasses=3\n",
}


@pytest.fixture
def folder(tmp_path):
    bright_box_network(tmp_path / "net.onnx")
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def look(path):
    config = InferConfig.read(path)
    engine = Engine(config, backend="onnxruntime")
    (found,) = engine.infer(make_rois(ONE))
    engine.close()
    return found, (*config.warnings, *engine.warnings)


def mutated(content, *, seed):
    """Lines lost, doubled, swapped, bytes changed, Windows' line ends, the end cut."""
    chance = random.Random(seed)
    lines = content.split(b"\n")
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        accident = chance.randrange(6)
        if accident == 0:
            lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
        elif accident == 1:
            lines.insert(to, lines[at])
        elif accident == 2:
            lines[at], lines[to] = lines[to], lines[at]
        elif accident == 3 and len(lines) > 1:
            del lines[at]
        elif accident == 4:
            line = bytearray(lines[at])
            for _ in range(chance.randint(1, 3)):
                line.insert(chance.randint(0, len(line)), chance.randrange(256))
            lines[at] = bytes(line)
        else:
            lines[at] = lines[at].replace(b"=", b" ").replace(b": ", b":")
    return chance.choice([b"\n", b"\r\n"]).join(lines)


@pytest.mark.parametrize("config", ["config.txt", "config.yml"])
def test_the_files_without_accidents_work(folder, config):
    (found,), warnings = look(folder / config)
    assert found.label == "red"
    assert warnings == ()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", FILES)
def test_a_mutated_file_works_or_is_refused_by_name(folder, name, seed):
    (folder / name).write_bytes(mutated(FILES[name], seed=seed))
    config = name if name.startswith("config") else "config.txt"
    try:
        found, warnings = look(folder / config)
    except PenstockError as error:
        said = str(error)
        assert config in said or name in said, said
        assert name in said or "labels.txt" in said or "num-detected-classes" in said, said
        assert said.isprintable(), said
    else:
        assert all(np.isfinite([one.confidence, *one.ltwh]).all() for one in found)
        assert all(folder.name in one or config in one for one in warnings), warnings


def test_of_a_key_that_stands_twice_the_last_counts_and_both_lines_are_named(folder):
    path = folder / "config.txt"
    text = f"{PROPERTY}num-detected-classes=2\n".replace("\n", "\r\n")
    path.write_bytes(text.encode("latin-1") + b"# d\xe9tecteur\r\n")
    (found,), warnings = look(path)
    assert found.class_id == RED
    told = "\n".join(warnings)
    assert f"{path}, line 10, [property] num-detected-classes: set before on line 4" in told
    assert f"{path}, line 11: not UTF-8, read as Latin-1" in told
