"""Keys of nvinfer's configuration in real pipelines, each as a key file and as YAML."""

import numpy as np
import pytest
from batches import visit

from onnx_models import save_model
from streams import Gst, error_text, finish

# Network pixels, 32x24: two that overlap, one in the top left corner, one in the bottom right.
BOXES = [(8, 6, 24, 18), (9, 6, 25, 18), (0, 0, 6, 4), (26, 19, 32, 24)]
SCORES = [(0, 0.9, 0), (0, 0.8, 0), (0.7, 0, 0), (0, 0, 0.6)]
A, B = (1, 80, 60, 160, 120), (1, 90, 60, 160, 120)  # class, ltwh of a frame of 320x240
C, D = (0, 0, 0, 60, 40), (2, 260, 190, 60, 50)
MEAN = (1, 85, 60, 160, 120)
ALL = "class-attrs-all"
CASES = {
    "NMS": ({}, {}, [A, C, D]),
    "a looser NMS": ({}, {"nms-iou-threshold": 0.9}, [A, B, C, D]),
    "topk": ({}, {"nms-iou-threshold": 0.9, "topk": 1}, [A, C, D]),
    "grouped": ({"cluster-mode": 0}, {"group-threshold": 1, "eps": 0.2}, [MEAN]),
    "DBSCAN": ({"cluster-mode": 1}, {"eps": 0.3, "minBoxes": 2}, [MEAN]),
    "hybrid": ({"cluster-mode": 3}, {"eps": 0.3, "minBoxes": 2}, [A]),
    "unclustered": ({"cluster-mode": 4}, {}, [A, B, C, D]),
    "filtered": ({"filter-out-class-ids": "0;2"}, {}, [A]),
    "top": ({}, {"roi-top-offset": 10}, [A, D]),
    "bottom": ({}, {"roi-bottom-offset": 10}, [A, C]),
    "cropped": (
        {"crop-objects-to-roi-boundary": 1},
        {"roi-top-offset": 10, "roi-bottom-offset": 20},
        [A, (0, 0, 10, 60, 30), (2, 260, 190, 60, 30)],
    ),
    "before": ({}, {"pre-cluster-threshold": 0.65}, [A, C]),
    "after": ({}, {"post-cluster-threshold": 0.65}, [A, C]),
    "least": ({}, {"detected-min-w": 61}, [A]),
    "most": ({}, {"detected-max-h": 45}, [C]),
    "INT8": ({"network-mode": 1, "int8-calib-file": "none.bin"}, {}, [A, C, D]),
    "FP16": ({"network-mode": 2, "model-engine-file": "none.engine"}, {}, [A, C, D]),
    "best": ({"network-mode": 3, "workspace-size": 512}, {}, [A, C, D]),
    "output": ({"output-blob-names": "scores;boxes"}, {}, [A, C, D]),
    "parser": ({"parse-bbox-func-name": "boxes-scores"}, {}, [A, C, D]),
}
every_form = pytest.mark.parametrize("form", ["txt", "yml"])


def network(path, *, boxes=BOXES, scores=SCORES):
    """Finds the same in every picture."""
    save_model(
        path,
        [
            ("ReduceMax", ["image"], ["brightest"], {"keepdims": 0}),
            ("Mul", ["brightest", "zero"], ["nothing"], {}),
            ("Add", ["nothing", "b"], ["boxes"], {}),
            ("Add", ["nothing", "s"], ["scores"], {}),
        ],
        inputs={"image": [1, 3, 24, 32]},
        outputs={"boxes": [1, 4, 4], "scores": [1, 4, 3]},
        constants={
            "zero": np.float32(0),
            "b": np.array([boxes], np.float32),
            "s": np.array([scores], np.float32),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a network, its labels and a configuration in one of the two forms."""
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "compiled"))
    network(tmp_path / "net.onnx")
    (tmp_path / "labels.txt").write_text("one\ntwo\nthree\n")

    def write(form, keys, **groups):
        path = tmp_path / f"infer.{form}"
        settings = {
            "onnx-file": "net.onnx",
            "labelfile-path": "labels.txt",
            "num-detected-classes": 3,
            "cluster-mode": 2,
            **keys,
        }
        head, line = ("[{}]", "{}={}") if form == "txt" else ("{}:", "  {}: {}")
        lines = []
        for name, group in {"property": settings, **groups}.items():
            lines += [head.format(name), *(line.format(*item) for item in group.items())]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def found(path, *, properties="", height=240, frames=1):
    """Class and box of each object of each frame, and the warnings."""
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size=1 width=320 height={height} "
        f"! nvinfer name=infer config-file-path={path} {properties} ! fakesink "
        f"videotestsrc num-buffers={frames} ! video/x-raw,width=320,height=240 "
        "! nvvideoconvert ! mux.sink_0"
    )
    seen, warned = [], []
    visit(pipeline, "infer", lambda batch: seen.extend(map(objects, batch.frames)))
    pipeline.get_bus().set_sync_handler(note_warning, warned)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen, warned


def objects(frame):
    return sorted((o.class_id, *map(round, o.ltwh)) for o in frame.objects)


def note_warning(_bus, message, texts):
    if message.type == Gst.MessageType.WARNING:
        texts.append(message.parse_warning()[0].message)
    return Gst.BusSyncReply.PASS


@every_form
@pytest.mark.parametrize("case", CASES)
def test_a_key_has_its_effect_and_no_warning(write, case, form):
    keys, attributes, expected = CASES[case]
    limits = {"nms-iou-threshold": 0.5, **attributes}
    assert found(write(form, keys, **{ALL: limits})) == ([sorted(expected)], [])


@every_form
def test_a_class_has_settings_of_its_own(write, form):
    attributes = {ALL: {"roi-top-offset": 10}, "class-attrs-0": {"roi-top-offset": 0}}
    attributes["class-attrs-2"] = {"pre-cluster-threshold": 0.65}
    assert found(write(form, {}, **attributes))[0] == [sorted([A, C])]


@every_form
@pytest.mark.parametrize(
    ("centred", "expected"),
    [
        (0, [(0, 0, 0, 80, 53), (1, 107, 80, 213, 160)]),
        (1, [(0, 0, 0, 27, 53), (1, 53, 80, 213, 160), (2, 293, 253, 27, 67)]),
    ],
)
def test_bars_lie_where_they_are_asked_for(write, form, centred, expected):
    keys = {"maintain-aspect-ratio": 1, "symmetric-padding": centred}
    path = write(form, keys, **{ALL: {"nms-iou-threshold": 0.5}})
    assert found(path, height=320)[0] == [expected]


@every_form
def test_properties_win_over_either_file(write, form):
    path = write(form, {"interval": 4, "filter-out-class-ids": 1, "cluster-mode": 4})
    assert found(path, frames=3)[0] == [sorted([C, D]), [], []]
    seen, _ = found(path, properties="interval=1 filter-out-class-ids=0;1", frames=3)
    assert seen == [[D], [], [D]]


@every_form
def test_a_parser_that_raises_is_one_sentence_with_everything_one_needs(write, form, tmp_path):
    parser = "def parse(outputs, context):\n    return outputs['bboxes']\n"
    (tmp_path / "mine.py").write_text(parser)
    path = write(form, {"custom-lib-path": "mine.py", "parse-bbox-func-name": "parse"})
    with pytest.raises(AssertionError, match="infer: ") as caught:
        found(path)
    said = str(caught.value)
    for culprit in ("net.onnx", "mine.py, line 2, in parse", "source 0 frame 0", "'bboxes'"):
        assert culprit in said


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf, 1e30])
def test_numbers_that_mean_nothing_cost_only_their_own_box(write, rubbish, tmp_path):
    network(
        tmp_path / "net.onnx",
        boxes=[*BOXES[:3], (26, 19, rubbish, 24)],
        scores=[*SCORES[:2], (rubbish, 0, 0), SCORES[3]],
    )
    path = write("txt", {}, **{ALL: {"nms-iou-threshold": 0.5}})
    (seen,), _ = found(path)
    assert [one for one in seen if one[0] == 1] == [A]
    assert all(0 <= value <= 320 for one in seen for value in one)
    assert len(seen) == (2 if rubbish == 1e30 else 1)  # a number, and above the threshold
