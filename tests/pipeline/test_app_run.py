"""deepstream-app's configurations as running pipelines, judged by what they leave."""

import re

import numpy as np
import pytest

from footage import clip, detector, gst, pictures
from penstock.config import AppConfig
from penstock.errors import ConfigError
from penstock.pipeline.app import run_app
from penstock.pipeline.app.graph import build
from streams import Gst, play

GREEN = np.array([[[0, 255, 0]]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two clips and a network that calls dark places persons; the first clip is a real street."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def sources(folder, data_dir):
    detector(folder, name="net.txt")
    gst(
        f"filesrc location={data_dir}/video/car-detection.mp4 ! qtdemux ! h264parse "
        f"! identity eos-after=26 ! mp4mux ! filesink location={folder}/clip_0.mp4"
    )
    clip(folder / "clip_1.mp4", frames=15)
    return f"[source0]\nenable=1\ntype=3\nnum-sources=2\nuri=file://{folder}/clip_%d.mp4\n"


@pytest.fixture
def run(tmp_path, folder, sources):
    """Run a configuration; gives what was said and how it ended."""

    def run_text(text, *, base=None):
        path = tmp_path / "app.txt"
        path.write_text(
            f"{sources if base is None else base}[streammux]\nwidth=320\nheight=180\n"
            f"batched-push-timeout=40000\n[primary-gie]\nenable=1\ngie-unique-id=1\n"
            f"config-file={folder}/net.txt\nbatch-size=2\n{text}"
        )
        said = []
        outcome = run_app(AppConfig.read(path), say=said.append, keys=False)
        return said, outcome

    return run_text


TILED = "[tiled-display]\nenable=1\nrows=1\ncolumns=2\nwidth=640\nheight=180\n"
ONE = "[source0]\nenable=1\ntype=2\nuri=file://{}/clip_1.mp4\n"


def rgb_of(path, decoder="decodebin ! nvvideoconvert"):
    """Every picture of a video, `(H, W, 3)`."""
    found = []

    def keep(buffer):
        caps = pad.get_current_caps().get_structure(0)
        size = caps.get_int("height")[1], caps.get_int("width")[1]
        data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
        rows = data.reshape(size[0], -1)[:, : size[1] * 3]
        found.append(rows.reshape(*size, 3))

    pipeline = Gst.parse_launch(
        f"filesrc location={path} ! {decoder} ! videoconvert ! video/x-raw,format=RGB "
        "! fakesink name=end"
    )
    pad = pipeline.get_by_name("end").get_static_pad("sink")
    message, _ = play(pipeline, probe=keep, at="end", pad="sink")
    assert message.type == Gst.MessageType.EOS, message.parse_error()
    return found


def test_tiles_go_to_a_file_and_numbers_to_folders_and_lines(run, tmp_path):
    said, outcome = run(
        f"{TILED}[application]\nenable-perf-measurement=1\ngie-kitti-output-dir=found\n"
        "kitti-track-output-dir=deep/tracks\n[tracker]\nenable=1\n"
        "ll-lib-file=/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so\n"
        "[osd]\nenable=1\n[sink0]\nenable=1\ntype=3\noutput-file=out.mp4\n"
        "[sink1]\nenable=1\ntype=1\n"
    )
    assert (outcome.failures, outcome.warnings) == ({}, [])
    assert set(pictures(tmp_path / "out.mp4")) == {(640, 180)}
    names = [f"00_000_{n:06d}.txt" for n in range(25)] + [f"00_001_{n:06d}.txt" for n in range(15)]
    for where in ("found", "deep/tracks"):
        assert sorted(path.name for path in (tmp_path / where).iterdir()) == names
    line = (tmp_path / "found" / "00_001_000003.txt").read_text().splitlines()[0]
    label, _, _, _, left, top, right, bottom, *zeros, confidence = line.split()
    assert (label, zeros) == ("person", ["0.0"] * 7)
    assert 0 <= float(left) < float(right) <= 320
    assert 0 <= float(top) < float(bottom) <= 180
    lines = (tmp_path / "found" / "00_001_000003.txt").read_text().splitlines()
    boxes = np.array([line.split()[4:8] for line in lines], float)
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert (boxes[:, 2:] - boxes[:, :2]).max() < 36  # no larger than the network's, frame px
    assert 0.5 < float(confidence) <= 1
    tracked = [
        line.split()
        for line in (tmp_path / "deep" / "tracks" / "00_001_000009.txt").read_text().splitlines()
    ]
    assert {len(fields) for fields in tracked} == {17}
    assert len({fields[1] for fields in tracked}) == len(tracked)  # ids
    assert said[-2] == "\n**PERF:  FPS 0 (Avg)\tFPS 1 (Avg)\t" or said[0].startswith("\n**PERF:")
    assert re.fullmatch(r"\*\*PERF:  (\d+\.\d\d \(\d+\.\d\d\)\t){2}", said[-1])


def test_what_else_the_tracker_tells_goes_to_folders_of_its_own(run, tmp_path, folder):
    encode = "videorate ! video/x-raw,framerate=125/1 ! x264enc key-int-max=5"
    clip(tmp_path / "clip_1.mp4", frames=4, pattern="blink", encode=encode)  # five of each colour
    (tmp_path / "tracker.yml").write_text(
        "%YAML:1.0\nBaseConfig:\n  trackerType: NvDeepSORT\nTargetManagement:\n"
        "  probationAge: 0\n  maxShadowTrackingAge: 2\n  outputTerminatedTracks: 1\n"
        "  outputShadowTracks: 1\nReID:\n  reidType: 1\n  outputReidTensor: 1\n"
    )
    run(
        "[tracker]\nenable=1\nll-config-file=tracker.yml\n[sink0]\nenable=1\ntype=1\n"
        "[application]\nterminated-track-output-dir=ended\nshadow-track-output-dir=shadows\n"
        "reid-track-output-dir=vectors\n",
        base=ONE.format(tmp_path),
    )
    lines = {
        name: [
            line.split()
            for path in sorted((tmp_path / name).iterdir())
            for line in path.read_text().splitlines()
        ]
        for name in ("ended", "shadows", "vectors")
    }
    for name in ("ended", "shadows"):
        assert lines[name], name
        assert {(fields[0], len(fields)) for fields in lines[name]} == {("person", 18)}
        assert all(0 <= int(fields[-1]) < 20 for fields in lines[name])  # the box's own frame
    assert lines["vectors"]
    lengths = {len(fields) for fields in lines["vectors"]}
    assert len(lengths) == 1
    numbers = np.array([fields[1:] for fields in lines["vectors"]], float)
    assert np.isfinite(numbers).all()
    assert numbers.any()


def test_without_tiles_each_sink_gets_its_own_source(run, tmp_path):
    run(
        "[osd]\nenable=1\n[sink0]\nenable=1\ntype=3\noutput-file=a.mkv\ncontainer=2\nenc-type=1\n"
        "[sink1]\nenable=1\ntype=3\nsource-id=1\noutput-file=b.mp4\ncodec=2\n"
        "[sink2]\nenable=1\ntype=3\nsource-id=1\noutput-file=c.mp4\ncodec=3\n"
        "[sink3]\nenable=1\ntype=2\n"
    )
    first, second = rgb_of(tmp_path / "a.mkv"), rgb_of(tmp_path / "b.mp4")
    assert (len(first), len(second), len(rgb_of(tmp_path / "c.mp4"))) == (25, 15, 15)
    assert first[0].shape == second[0].shape == (180, 320, 3)
    assert first[5].mean() > 2 * second[5].mean()  # a street by day, a ball on black
    assert (tmp_path / "a.mkv").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"


def test_beside_tiles_a_sink_may_get_a_single_source(run, tmp_path):
    run(
        f"{TILED.replace('enable=1', 'enable=2')}[sink0]\nenable=1\ntype=3\noutput-file=all.mp4\n"
        "[sink1]\nenable=1\ntype=3\noutput-file=one.mp4\nsource-id=1\nlink-to-demux=1\n"
    )
    assert set(pictures(tmp_path / "all.mp4")) == {(640, 180)}
    assert pictures(tmp_path / "one.mp4") == [(320, 180)] * 15


def test_the_size_of_the_frames_is_asked_for_where_the_mux_scales(tmp_path, folder, sources):
    path = tmp_path / "app.txt"
    path.write_text(f"{sources}[streammux]\nheight=180\n[sink0]\nenable=1\ntype=1\n")
    with pytest.raises(ConfigError, match=r"line 6, \[streammux\]: wanted width of the frames"):
        run_app(AppConfig.read(path), say=print, keys=False)


def test_no_sink_waits_for_a_source_that_is_not_there_yet(tmp_path, folder, sources):
    path = tmp_path / "app.txt"
    path.write_text(
        f"{sources}[streammux]\nwidth=320\nheight=180\n[sink0]\nenable=1\ntype=1\nsync=1\n"
        "[sink1]\nenable=1\ntype=2\nsource-id=1\n"
    )
    ends = [end.get_by_name(end.get_name()) for _, end in build(AppConfig.read(path)).ends]
    assert [(end.get_property("async"), end.get_property("sync")) for end in ends] == [
        (False, True),
        (False, False),
    ]


def test_a_sink_for_a_source_that_is_not_there_is_refused(run):
    with pytest.raises(ConfigError, match=r"\[sink0\]: source-id 2 names no source: there are 2"):
        run("[sink0]\nenable=1\ntype=1\nsource-id=2\n")


def test_boxes_have_the_colour_of_their_class(run, tmp_path, folder):
    run(
        "bbox-border-color=1;0;0;1\nbbox-border-color2=0;1;0;1\n"
        "[osd]\nenable=1\nborder-width=4\ndisplay-text=0\n"
        "[sink0]\nenable=1\ntype=3\noutput-file=out.mp4\nbitrate=8000000\n",
        base=ONE.format(folder),
    )
    picture = rgb_of(tmp_path / "out.mp4")[8].astype(int)
    green = (picture[..., 1] > 120) & (picture[..., 0] < 90) & (picture[..., 2] < 90)
    red = (picture[..., 0] > 120) & (picture[..., 1] < 90) & (picture[..., 2] < 90)
    assert green.mean() > 0.05
    assert not red.any()


def test_classes_are_called_what_the_applications_own_file_says(run, tmp_path, folder):
    (tmp_path / "names.txt").write_text("a\nb\nmoving thing\nd\n")
    run(
        "labelfile-path=names.txt\n[application]\ngie-kitti-output-dir=found\n"
        "[sink0]\nenable=1\ntype=1\n",
        base=ONE.format(folder),
    )
    labels = {
        line.split()[0]
        for path in (tmp_path / "found").iterdir()
        for line in path.read_text().splitlines()
    }
    assert labels == {"moving_thing"}  # KITTI's fields are separated by blanks


def test_pictures_of_frames_and_objects_are_saved_now_and_then(run, tmp_path, folder):
    run(
        "[img-save]\nenable=1\noutput-folder-path=saved\nsave-img-full-frame=1\n"
        "save-img-cropped-obj=1\nsecond-to-skip-interval=600\nmin-box-width=12\n"
        "[sink0]\nenable=1\ntype=1\n",
        base=ONE.format(folder),
    )
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names[0] == "00_000000.jpg"  # of 15 frames only the first: the next is due later
    assert len(names) > 1
    assert all(re.fullmatch(r"00_000000_\d{3}_person\.jpg", name) for name in names[1:])
    whole = rgb_of(tmp_path / "saved" / names[0], "jpegdec")[0]
    crop = rgb_of(tmp_path / "saved" / names[1], "jpegdec")[0]
    assert whole.shape == (180, 320, 3)
    assert crop.shape[1] >= 12


def test_secondary_networks_and_analytics_see_what_was_found(run, tmp_path, folder):
    clip(tmp_path / "clip_1.mp4", frames=4)
    (tmp_path / "lines.txt").write_text(
        "[property]\nconfig-width=320\nconfig-height=180\n[roi-filtering-stream-0]\nenable=1\n"
        "roi-all=0;0;320;0;320;180;0;180\nclass-id=-1\n"
    )
    _, outcome = run(
        "[tracker]\nenable=1\n[nvds-analytics]\nenable=1\nconfig-file=lines.txt\n"
        f"[secondary-gie0]\nenable=1\nconfig-file={folder}/net.txt\ngie-unique-id=2\n"
        "operate-on-gie-id=1\n[application]\nkitti-track-output-dir=tracks\n"
        "gie-kitti-output-dir=found\n[sink0]\nenable=1\ntype=1\n",
        base=ONE.format(tmp_path),
    )
    assert outcome.warnings == []
    first, both = (
        len((tmp_path / name / "00_000_000003.txt").read_text().splitlines())
        for name in ("found", "tracks")
    )
    assert both > first > 0


def test_straight_pictures_prepared_regions_and_colours_of_classes_fit_in(run, tmp_path, folder):
    (tmp_path / "lens.txt").write_text(
        "[property]\n[surface0]\nprojection-type=3\nfocal-length=300\nwidth=320\nheight=180\n"
    )
    (tmp_path / "regions.txt").write_text(
        "[property]\ntarget-unique-ids=1\nnetwork-input-shape=2;3;272;480\n[user-configs]\n"
        "pixel-normalization-factor=0.00392\n[group-0]\nsrc-ids=0\nprocess-on-roi=1\n"
        "roi-params-src-0=0;0;160;180\n"
    )
    _, outcome = run(
        "input-tensor-meta=1\n[dewarper]\nenable=1\nconfig-file=lens.txt\n"
        "[pre-process]\nenable=1\nconfig-file=regions.txt\n[segvisual]\nenable=1\nwidth=160\n"
        "height=96\n[application]\ngie-kitti-output-dir=found\n[osd]\nenable=1\n"
        "[sink0]\nenable=1\ntype=3\noutput-file=out.mp4\n",
        base=ONE.format(folder),
    )
    assert outcome.warnings == []
    assert pictures(tmp_path / "out.mp4") == [(160, 96)] * 15
    lines = (tmp_path / "found" / "00_000_000003.txt").read_text().splitlines()
    assert lines
    assert all(float(line.split()[6]) <= 160 for line in lines)  # within the region


def test_sources_in_a_list_come_and_go(run, tmp_path, folder):
    base = (
        f"[source-list]\nlist=file://{folder}/clip_0.mp4;file://{folder}/clip_1.mp4\n"
        "use-nvmultiurisrcbin=1\nhttp-port=0\nmax-batch-size=3\n"
    )
    run("[application]\ngie-kitti-output-dir=found\n[sink0]\nenable=1\ntype=1\n", base=base)
    names = [path.name[:6] for path in (tmp_path / "found").iterdir()]
    assert (names.count("00_000"), names.count("00_001")) == (25, 15)


def test_a_source_that_fails_is_told_and_the_others_go_on(run, tmp_path, sources):
    (tmp_path / "noise.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40)
    more = "[source1]\nenable=1\ntype=2\nuri=file://noise.mp4\n"
    _, outcome = run(
        "[application]\ngie-kitti-output-dir=found\n[sink0]\nenable=1\ntype=1\nsource-id=0\n",
        base=sources + more,
    )
    assert list(outcome.failures) == [1]
    names = [path.name[:6] for path in (tmp_path / "found").iterdir()]
    assert (names.count("00_000"), names.count("00_002")) == (25, 15)


def test_a_second_file_that_is_not_there_is_named_too(run, folder):
    """What was built for the first dies while the exception passes."""
    with pytest.raises(ConfigError, match=r"app.txt, line 5, \[source1\]: source .*none"):
        run("", base=ONE.format(folder) + "[source1]\nenable=1\ntype=2\nuri=file://none.mp4\n")


def test_what_an_element_does_not_take_is_refused_with_its_group(run):
    said = r"\[tiled-display\]: wanted width from 16 to \d+, got 3"
    with pytest.raises(ConfigError, match=said):
        run("[tiled-display]\nenable=1\nwidth=3\nheight=90\n[sink0]\nenable=1\ntype=1\n")


def test_a_file_that_is_not_there_is_named_with_its_group(run):
    with pytest.raises(
        ConfigError, match=r"app.txt, line 1, \[source0\]: source .*none.mp4: there"
    ):
        run(
            "[sink0]\nenable=1\ntype=1\n", base="[source0]\nenable=1\ntype=2\nuri=file://none.mp4\n"
        )


def test_an_output_in_a_folder_that_is_not_there_is_refused(run):
    with pytest.raises(ConfigError, match=r"\[sink0\]: output-file .*x.mp4 cannot be written"):
        run("[sink0]\nenable=1\ntype=3\noutput-file=none/x.mp4\n")
