"""Files of boxes in MOT format."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import ConfigError
from penstock.evaluation import MotRows, read_mot, write_mot

number = st.integers(0, 100000).map(lambda value: value / 100)
line = st.tuples(st.integers(1, 50), st.integers(-1, 9), number, number, number, number)


def rows(*lines):
    """Lines of frame, id, x1, y1, x2, y2."""
    table = np.array(sorted(lines), np.float64).reshape(-1, 6)
    return MotRows(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:].astype(np.float32),
        np.ones(len(table), np.float32),
    )


@given(lines=st.lists(line, max_size=20))
def test_what_is_written_is_read_again(lines, tmp_path_factory):
    file = tmp_path_factory.mktemp("mot") / "rows.txt"
    wanted = rows(*lines)
    write_mot(file, wanted)
    got = read_mot(file)
    np.testing.assert_array_equal(got.frame, wanted.frame)
    np.testing.assert_array_equal(got.track_id, wanted.track_id)
    np.testing.assert_allclose(got.boxes, wanted.boxes, atol=0.02)


def test_ids_that_differ_stay_different_however_large_they_are(tmp_path):
    large = [(1 << 62) + n for n in range(3)]
    (tmp_path / "rows.txt").write_text(
        "".join(f"{n},{i},0,0,5,5\n" for n, i in enumerate(large, 1))
    )
    assert read_mot(tmp_path / "rows.txt").track_id.tolist() == large


def test_frames_are_sorted_and_each_knows_its_rows(tmp_path):
    file = tmp_path / "rows.txt"
    file.write_text("# made by hand\n3,1,0,0,5,5\n1,7,10,20,30,40,0.5,-1,-1,-1\n\n")
    got = read_mot(file)
    assert got.boxes.tolist() == [[10, 20, 40, 60], [0, 0, 5, 5]]
    assert got.confidence.tolist() == [0.5, 1.0]
    assert [got.track_id[part].tolist() for part in got.frames(4)] == [[7], [], [1], []]


def test_truth_that_does_not_count_is_left_out(tmp_path):
    file = tmp_path / "truth.txt"
    file.write_text("1,1,0,0,5,5,1\n1,2,0,0,5,5,0\n")
    assert read_mot(file, truth=True).track_id.tolist() == [1]


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3",
        "1,2,a,4,5,6",
        "0,1,2,3,4,5",
        "1.5,1,2,3,4,5",
        "1,1,nan,3,4,5",
        "99999999999,1,2,3,4,5",
        "1,1.5,2,3,4,5",
        "1,9223372036854775808,2,3,4,5",
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path, text):
    file = tmp_path / "rows.txt"
    file.write_text(f"1,1,2,3,4,5\n{text}\n")
    with pytest.raises(ConfigError, match=r"rows\.txt, line 2: wanted .*got"):
        read_mot(file)


def test_an_identity_that_is_twice_in_a_frame_is_refused(tmp_path):
    file = tmp_path / "truth.txt"
    file.write_text("1,1,0,0,5,5\n2,4,0,0,5,5\n2,4,9,9,5,5\n")
    with pytest.raises(ConfigError, match=r"truth\.txt: id 4 is there more than once in frame 2"):
        read_mot(file, truth=True)


def test_files_that_are_not_there_or_cannot_be_made_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.txt: wanted a file of boxes"):
        read_mot(tmp_path / "none.txt")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_mot(tmp_path / "no" / "rows.txt", rows())
