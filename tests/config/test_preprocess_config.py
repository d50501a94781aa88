"""nvdspreprocess' file: what it says, and what is wrong with it."""

from pathlib import Path

import pytest

from penstock.config import PreprocessConfig
from penstock.config.keys import READ, reference
from penstock.config.preprocess_keys import (
    GROUP_KEYS,
    PROPERTY_KEYS,
    ROI_EFFECT,
    ROI_PREFIX,
    USER_KEYS,
)
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "nvdspreprocess.md"
WHOLE = """\
[property]
enable=1
unique-id=5
target-unique-ids=1;2
process-on-frame=1
operate-on-gie-id=3
gpu-id=0
network-input-order=0
network-input-shape=8;3;352;608
processing-width=608
processing-height=352
scaling-buf-pool-size=6
tensor-buf-pool-size=6
network-color-format=1
tensor-data-type=5   # FP16
tensor-name=input_1
maintain-aspect-ratio=1
symmetric-padding=1
scaling-filter=1
scaling-pool-memory-type=0
scaling-pool-compute-hw=0
custom-lib-path=/opt/lib/libcustom2d_preprocess.so
custom-tensor-preparation-function=CustomTensorPreparation
[user-configs]
pixel-normalization-factor=0.5
offsets=1;2;3
[group-0]
src-ids=0;1
process-on-roi=1
custom-input-transformation-function=CustomAsyncTransformation
draw-roi=1
roi-color=1;0;0;0.5
roi-params-src-0=0;0;100;200;300;0;50;60
roi-params-src-1=10;20;30;40
[group-7]
src-ids=-1
operate-on-class-ids=0;2
process-on-all-objects=1
input-object-min-width=16
input-object-min-height=17
input-object-max-width=100
interval=3
"""
LEAST = "[property]\nnetwork-input-shape=4;3;24;32\n{more}[group-0]\nsrc-ids=0\n{group}"


@pytest.fixture
def read(tmp_path):
    def read(text, name="pre.txt"):
        path = tmp_path / name
        path.write_text(text)
        return PreprocessConfig.read(path)

    return read


def least(more="", group=""):
    return LEAST.format(more=more, group=group)


def refusal(read, text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value).partition("pre.txt")[2]


def test_every_key_reaches_its_setting(read):
    config = read(WHOLE)
    assert config.warnings == ()
    assert (config.component_id, config.target_ids, config.operate_on_gie_id) == (5, {1, 2}, 3)
    assert (config.shape, config.order, config.depth) == ((8, 3, 352, 608), 0, 1)
    assert (config.size, config.color, config.dtype) == ((608, 352), "BGR", "float16")
    assert (config.tensor_name, config.interpolation) == ("input_1", "bilinear")
    assert (config.keep_aspect, config.centred, config.enable, config.on_frame) == (True,) * 4
    assert (config.scale, config.offsets, config.tensor_function) == (0.5, (1, 2, 3), None)
    first, second = config.groups
    assert (first.src_ids, first.on_roi, first.draw_roi) == ({0, 1}, True, True)
    assert first.rois == {0: ((0, 0, 100, 200), (300, 0, 50, 60)), 1: ((10, 20, 30, 40),)}
    assert first.roi_color == (1, 0, 0, 0.5)
    assert (second.src_ids, second.class_ids, second.all_objects) == (None, {0, 2}, True)
    assert (second.min_size, second.max_size, second.interval) == ((16, 17), (100, 0), 3)


def test_yaml_says_the_same(read):
    config = read(
        "property:\n  network-input-shape: [4, 3, 24, 32]\n  target-unique-ids: 1\n"
        "user-configs:\n  offsets: 1;2;3\n"
        "group-0:\n  src-ids: -1\n  process-on-roi: 1\n  roi-params-src-0: 1;2;3;4\n",
        "pre.yml",
    )
    assert (config.shape, config.offsets) == ((4, 3, 24, 32), (1, 2, 3))
    assert config.groups[0].rois == {0: ((1, 2, 3, 4),)}


@pytest.mark.parametrize(
    ("shape", "order", "function", "size", "depth"),
    [
        ("4;3;24;32", 0, "", (32, 24), 1),
        ("4;24;32;3", 1, "", (32, 24), 1),
        ("4;3;16;24;32", 2, "", (32, 24), 16),
        ("4;48;24;32", 2, "CustomSequenceTensorPreparation", (32, 24), 16),
    ],
)
def test_the_tensors_shape_says_how_large_and_deep_they_are(
    read, shape, order, function, size, depth
):
    config = read(
        f"[property]\nnetwork-input-shape={shape}\nnetwork-input-order={order}\n"
        + (f"custom-tensor-preparation-function={function}\n" if function else "")
        + "[group-0]\nsrc-ids=0\n"
    )
    assert (config.size, config.depth) == (size, depth)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[group-0]\nsrc-ids=0\n", ": wanted a [property] group, got none"),
        ("[property]\nenable=1\n", ": wanted a group [group-0] with src-ids, got none"),
        (
            "[property]\nenable=1\n[group-0]\nsrc-ids=0\n",
            ", [property] network-input-shape: wanted N;C;H;W, got no key",
        ),
        (
            least().replace("4;3;24;32", "3;24;32"),
            ", line 2, [property] network-input-shape: wanted four numbers N;C;H;W, or five for "
            "tensors several frames deep, N;C;D;H;W, got '3;24;32'",
        ),
        (
            least("network-color-format=2\n"),
            ", line 2, [property] network-input-shape: wanted 1 channel(s) for GRAY "
            "(network-color-format), got '4;3;24;32'",
        ),
        (
            least("network-input-order=2\n"),
            ", line 2, [property] network-input-shape: wanted N;C;D;H;W, or N;S;H;W with S = C·D "
            "and custom-tensor-preparation-function=CustomSequenceTensorPreparation, as "
            "network-input-order is 2, got '4;3;24;32'",
        ),
        (
            least("processing-width=64\n"),
            ", line 3, [property] processing-width: regions would be scaled to 64x24, but "
            "network-input-shape wants 32x24; only a function of your own may change their size",
        ),
        (
            least("custom-tensor-preparation-function=mine\n"),
            ", line 3, [property] custom-tensor-preparation-function: wanted custom-lib-path to "
            "name the Python file that has mine, got no key",
        ),
        (
            least("[user-configs]\noffsets=1;2\n"),
            ", line 4, [user-configs] offsets: wanted 3 number(s), one for each channel, got '1;2'",
        ),
        (
            least().replace("src-ids=0\n", ""),
            ", line 3, [group-0]: wanted src-ids=0;1;… (or -1 for all sources), got no key",
        ),
        (
            least(group="roi-params-src-0=1;2;3\n"),
            ", line 5, [group-0] roi-params-src-0: wanted regions x;y;width;height;…, got "
            "'1;2;3': that is 3 number(s)",
        ),
        (
            least(group="roi-params-src-0=1;2;3;4;5;6;0;8\n"),
            ", line 5, [group-0] roi-params-src-0: wanted regions x;y;width;height inside the "
            "frame, a pixel wide and high or more, got '1;2;3;4;5;6;0;8': 5;6;0;8 is none",
        ),
        (
            least(group="roi-params-src-x=1;2;3;4\n"),
            ", line 5, [group-0] roi-params-src-x: wanted a source's number behind "
            "roi-params-src-, got '1;2;3;4', 'x'",
        ),
        (
            least(group="[group-1]\nsrc-ids=3;0\n"),
            ", line 6, [group-1] src-ids: source 0 belongs to [group-0] already; wanted one "
            "group for each source",
        ),
        (
            least().replace("src-ids=0", "src-ids=-1") + "[group-1]\nsrc-ids=-1\n",
            ", line 6, [group-1] src-ids: -1 (any source) belongs to [group-0] already; wanted one "
            "group for each source",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_line_group_and_key(read, text, message):
    assert refusal(read, text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            least("tensor-nam=x\n"),
            ", line 3, [property] tensor-nam: unknown key, ignored; did you mean tensor-name?",
        ),
        (
            least("offsets=1;2;3\n"),
            ", line 3, [property] offsets: unknown key, ignored; it belongs in [user-configs]",
        ),
        (least("[user-configs]\nmine=3\n"), ", line 4, [user-configs] mine: unknown key, ignored"),
        (
            least("[user-configs]\nstride=3\n"),
            ", line 4, [user-configs] stride: only for tensors several frames deep (N;C;D;H;W); "
            "without effect",
        ),
        (
            least("custom-lib-path=/opt/libmine.so\n"),
            ", line 3, [property] custom-lib-path: C libraries are not loaded; the built-in "
            "preparation works in its place (a Python file with functions may be named)",
        ),
        (least("[groups-1]\nsrc-ids=1\n"), ", line 3: unknown group [groups-1], ignored"),
        (
            least(group="process-on-roi=1\n"),
            ", line 3, [group-0]: roi-params-src-0 is missing: nothing of source 0 is prepared "
            "until an event brings regions",
        ),
        (
            least(group="roi-params-src-4=1;2;3;4\n"),
            ", line 5, [group-0] roi-params-src-4: src-ids does not list source 4; ignored",
        ),
    ],
)
def test_what_has_no_effect_is_one_warning(read, text, message):
    (warning,) = read(text).warnings
    assert warning.partition("pre.txt")[2].startswith(message)


def test_a_python_file_may_be_told_anything(read, tmp_path):
    config = read(
        least(
            "custom-lib-path=mine.py\ncustom-tensor-preparation-function=make\n"
            "processing-width=64\n[user-configs]\nanything=goes\n"
        )
    )
    assert config.warnings == ()
    assert config.python_file == tmp_path.resolve() / "mine.py"
    assert (config.tensor_function, config.size) == ("make", (64, 24))
    assert config.user_configs == {"anything": "goes"}


@pytest.mark.parametrize("table", [PROPERTY_KEYS, USER_KEYS, GROUP_KEYS])
def test_the_page_has_the_reference(table):
    assert reference(table) in PAGE.read_text(), f"put this into {PAGE}:\n{reference(table)}"
    for key in table.values():
        assert key.status == READ or key.status.startswith("accepted, ignored because ")


def test_the_page_has_the_keys_that_are_named_by_source(read):
    text = PAGE.read_text()
    assert f"| `{ROI_PREFIX}N` | {ROI_EFFECT} | none | read |" in text
    examples = text.split("```ini\n")[1:]
    for example in examples:
        (config,) = [read(example.split("```")[0])]
        assert config.warnings == ()
