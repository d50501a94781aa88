"""How the comparison with other pipelines measures and judges."""

import json
import sys

import pytest
from compare import Program, Sample, agreement, measure, table

BOX = {"class_id": 1, "confidence": 0.9, "left": 10, "top": 10, "width": 20, "height": 20}
SCRIPT = """
import sys
print("some library says hello")
for frame in range(int(sys.argv[1])):
    sum(range(100_000))
    print('{"frame_num": %d, "objects": []}' % frame, flush=True)
print("and something at the end", file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""


def line(*objects):
    return json.dumps({"frame_num": 0, "objects": objects}).encode()


def program(frames, code=0, name="it"):
    return Program(name, [sys.executable, "-c", SCRIPT, str(frames), str(code)])


@pytest.mark.parametrize(
    ("mine", "theirs", "share"),
    [
        ([BOX], [BOX], 1.0),
        ([BOX], [BOX | {"left": 11}], 1.0),  # a pixel beside
        ([BOX], [BOX | {"left": 25}], 0.0),
        ([BOX], [BOX | {"class_id": 2}], 0.0),
        ([BOX], [], 0.0),
        ([], [], 0.0),  # who finds nothing agrees on nothing
        ([BOX, BOX | {"left": 200}], [BOX], 2 / 3),
        ([BOX, BOX | {"left": 200, "confidence": 0.26}], [BOX], 1.0),  # hardly above the threshold
    ],
)
def test_agreement_is_the_share_of_clear_objects_that_both_have(mine, theirs, share):
    assert agreement([line(*mine)], [line(*theirs)]) == pytest.approx(share)
    assert agreement([line(*theirs)], [line(*mine)]) == pytest.approx(share)


def test_only_lines_of_json_count_and_all_are_kept():
    sample = measure(program(30), 30)
    assert [json.loads(line)["frame_num"] for line in sample.lines] == list(range(30))
    assert sample.cpu_ms >= 0
    assert min(sample.fps, sample.first_s, sample.resident_mb) > 0


@pytest.mark.parametrize(("frames", "code"), [(29, 0), (30, 3)])
def test_a_program_that_fails_or_stops_early_is_named_with_its_last_words(frames, code):
    with pytest.raises(RuntimeError, match=rf"it: {frames} frames; and something at the end"):
        measure(program(frames, code), 30)


def test_the_table_has_medians_and_medians_of_ratios_in_the_same_round():
    rows = [Program("ours", []), Program("theirs", [])]
    for cpu_ms, factor in ((10, 2), (20, 3), (90, 2)):  # a machine whose speed drifts
        rows[0].samples.append(Sample(cpu_ms, 50, 1, 100, 0, []))
        rows[1].samples.append(Sample(cpu_ms * factor, 25, 2, 200, 0, []))
    ours, theirs = table(rows).splitlines()[2:4]
    assert ours == "| ours | 20.0 | 1.00 | 50.0 | 1.00 | 1.00 | 100 | 1.000 |"
    assert theirs == "| theirs | 60.0 | 2.00 | 25.0 | 0.50 | 2.00 | 200 | 1.000 |"
