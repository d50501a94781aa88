"""A parser of one's own in a Python file: what it may return, and what is said when it may not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parser_cases import make_context

from penstock.errors import ConfigError, ModelError
from penstock.parsers import PythonFileParser

WHERE = ("config.txt, line 8, [property] custom-lib-path", "config.txt, line 7, [property] parse")
OUTPUTS = {"rows": np.array([[4, 5, 12, 25, 0.75, 1], [8, 0, 16, 8, 0.6, 0]], np.float32)}
GOOD = "def parse(outputs, context):\n    return outputs['rows']\n"


@pytest.fixture
def load(tmp_path):
    def load(source, function="parse"):
        file = tmp_path / "mine.py"
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        return PythonFileParser(file, function, where=WHERE)

    return load


def run(parser, *, outputs=OUTPUTS, thresholds=(0.5, 0.5, 0.5), **options):
    return parser.parse(outputs, make_context(*thresholds, size=(64, 32), **options))


def returning(expression):
    return (
        "import numpy as np\nfrom penstock.parsers import Parsed\n\n"
        f"def parse(outputs, context):\n    return {expression}\n"
    )


PARSED = "Parsed(np.array([[4, 5, 12, 25]]), np.array([1]), np.array([0.75]){})"


@pytest.mark.parametrize(
    "expression",
    [
        "outputs['rows'][:1]",
        "[(4, 5, 12, 25, 0.75, 1)]",
        "[[np.float64(4), 5, 12, 25, 0.75, np.int8(1)]]",
        "((4, 5, 12, 25, 0.75, c) for c in [1])",
        "map(tuple, [[4, 5, 12, 25, 0.75, 1]])",
        PARSED.format(""),
    ],
)
def test_rows_of_any_kind_or_a_parsed_are_welcome(load, expression):
    found = run(load(returning(expression)))
    assert found.boxes.tolist() == [[4, 5, 12, 25]]
    assert found.class_ids.tolist() == [1]
    assert found.confidences.tolist() == [0.75]
    assert (found.boxes.dtype, found.class_ids.dtype) == (np.float32, np.int32)


@pytest.mark.parametrize(
    "nothing", ["[]", "()", "iter(())", "outputs['rows'][:0]", "np.zeros((0, 6))"]
)
def test_nothing_found_is_nothing(load, nothing):
    found = run(load(returning(nothing)))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


def test_it_sees_the_layers_the_size_the_classes_and_the_labels(load):
    parser = load(
        "def parse(outputs, context):\n"
        "    assert type(outputs) is dict and list(outputs) == ['rows']\n"
        "    assert context.size == (64, 32) and context.num_classes == 3\n"
        "    assert context.thresholds.tolist() == [0.5, 0.5, 0.5]\n"
        "    assert context.labels == ('car', 'bus', 'van')\n"
        "    return outputs['rows']\n"
    )
    assert len(run(parser, labels=("car", "bus", "van"))) == 2


def test_what_does_not_count_is_dropped_afterwards(load):
    rows = [
        (4, 5, 12, 25, 0.75, 1),
        (4, 5, 12, 25, 0.45, 1),  # below the threshold
        (4, 5, 12, 25, 0.75, 3),  # no such class
        (4, 5, 12, 25, 0.75, -1),
        (float("nan"), 5, 12, 25, 0.75, 1),
        (4, 5, 12, 25, float("inf"), 1),
        (80, 5, 90, 25, 0.75, 1),  # outside
        (12, 5, 4, 25, 0.75, 1),  # inside out
    ]
    found = run(load(returning(repr(rows).replace("nan", "np.nan").replace("inf", "np.inf"))))
    assert found.boxes.tolist() == [[4, 5, 12, 25]]


def test_masks_keypoints_and_labels_stay_with_their_boxes(load):
    found = run(
        load(
            returning(
                "Parsed(np.array([[0, 0, 4, 4], [4, 5, 12, 25]]), np.array([0, 1]), "
                "np.array([0.1, 0.75]), masks=np.stack([np.zeros((2, 2)), np.ones((2, 2))]), "
                "keypoints=np.array([[[1, 1, 1]], [[6, 7, 0.5]]]), labels=('a', 'b'))"
            )
        )
    )
    assert found.labels == ("b",)
    assert found.keypoints.tolist() == [[[6, 7, 0.5]]]
    (mask,) = found.masks.over(found.boxes)
    assert (mask == 1).all()


def test_dataclasses_and_imports_work_in_it(load):
    source = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Box:\n"
        "    row: tuple[float, ...]\n"
        "def parse(outputs, context):\n"
        "    return [Box(tuple(row)).row for row in outputs['rows']]\n"
    )
    assert len(run(load(source))) == 2


def test_a_changed_file_counts_at_once_and_leaves_nothing_beside_it(load, tmp_path):
    assert len(run(load(GOOD))) == 2
    assert len(run(load(GOOD.replace("['rows']", "['rows'][:1]")))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_two_parsers_of_one_file_share_nothing(load):
    source = (
        "seen = []\ndef parse(outputs, context):\n    seen.append(1)\n    assert len(seen) == 1\n"
    )
    source += "    return []\n"
    for _ in range(2):
        run(load(source))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("    return 1 / 0\n", r"mine\.py, line 2, in parse: ZeroDivisionError: division by zero"),
        (
            "    return helper(outputs)\n\ndef helper(outputs):\n    return outputs['boxes']\n",
            r"mine\.py, line 5, in parse: KeyError: 'boxes'",
        ),
        ("    import sys\n    sys.exit(3)\n", r"mine\.py, line 3, in parse: SystemExit: 3"),
        (
            "    import json\n    return json.loads('{')\n",
            r"mine\.py, line 3, in parse: JSONDecodeError: ",
        ),
        (
            "    for row in outputs['rows']:\n        yield row['x']\n",
            r"mine\.py, line 3, in parse: IndexError: ",
        ),
        ("    return None\n", r"mine\.py, line 1: parse returned NoneType; expected rows \(x1, y1"),
        ("    return 5\n", r"mine\.py, line 1: parse returned int; expected rows"),
        ("    return 'abcdef'\n", r"mine\.py, line 1: parse returned str; expected rows"),
        ("    return {'a': 1}\n", r"mine\.py, line 1: parse returned dict; expected rows"),
        ("    return [(1, 2, 3)]\n", r"line 1: parse returned \(1, 2, 3\) as row 0; expected rows"),
        ("    return outputs['rows'].T\n", r"line 1: parse returned array\(.* as row 0; expected"),
        ("    return ['abcdef']\n", r"line 1: parse returned 'abcdef' as row 0; expected"),
        (
            "    return [('a', 'b', 'c', 'd', 'e', 'f')]\n",
            r"line 1: parse returned rows that are not numbers \(could not convert",
        ),
    ],
)
def test_what_it_does_wrong_is_named_with_file_line_and_function(load, body, complaint):
    with pytest.raises(ModelError, match=complaint):
        run(load("def parse(outputs, context):\n" + body))


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("Parsed(np.zeros((2, 5)), np.zeros(2), np.ones(2))", r"boxes \(2, 5\) of float64 for 2"),
        ("Parsed(np.zeros((2, 4)), np.zeros(3), np.ones(2))", r"class_ids \(3,\) of float64 for 2"),
        ("Parsed(np.zeros((2, 4)), np.zeros(2), np.ones((2, 1)))", r"confidences \(2, 1\) of flo"),
        ("Parsed([['a'] * 4], [0], [1])", r"boxes \(1, 4\) of <U1 for 1 boxes"),
        ("Parsed(None, None, None)", r"boxes \(\) of object for 0 boxes"),
        (PARSED.format(", masks=np.zeros((2, 4, 4))"), r"2 masks for 1 boxes"),
        (PARSED.format(", keypoints=np.zeros((3, 4, 3))"), r"3 keypoints for 1 boxes"),
        (PARSED.format(", keypoints=np.zeros((1, 4))"), r"keypoints \(1, 4\) of float64, not"),
        (PARSED.format(", labels=('a', 'b')"), r"2 labels for 1 boxes"),
    ],
)
def test_a_parsed_of_the_wrong_shapes_is_named(load, expression, complaint):
    with pytest.raises(ModelError, match=r"mine\.py, line 4: parse returned " + complaint):
        run(load(returning(expression)))


def test_the_wrong_number_of_arguments_is_named_with_the_functions_line(load):
    with pytest.raises(ModelError, match=r"mine\.py, line 3, in parse: TypeError: parse\(\) takes"):
        run(load("\n\ndef parse(outputs):\n    return []\n"))


def test_a_callable_without_code_can_fail_too(load):
    parser = load(
        "class Parser:\n    def __call__(self, outputs):\n        pass\nparse = Parser()\n"
    )
    with pytest.raises(ModelError, match=r"mine\.py, line 1, in parse: TypeError: "):
        run(parser)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def parse(:\n", r"mine\.py, line 1: SyntaxError: "),
        ("import nothing_of_this_name\n", r"mine\.py, line 1: ModuleNotFoundError: No module nam"),
        ("\n\nraise ValueError('mine')\n", r"mine\.py, line 3: ValueError: mine"),
        ("import sys\nsys.exit('bye')\n", r"mine\.py, line 2: SystemExit: bye"),
        (b"\xff\xfe\x00", r"mine\.py: SyntaxError: invalid or missing encoding"),
        (b"x = 1\x00\n", r"mine\.py.*: (SyntaxError|ValueError): "),
    ],
)
def test_a_file_that_cannot_be_run_is_named_with_the_setting_and_the_line(load, source, complaint):
    with pytest.raises(ConfigError, match=r"line 8, \[property\] custom-lib-path: .*" + complaint):
        load(source)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"custom-lib-path: cannot read .*gone\.py: No such file"):
        PythonFileParser(tmp_path / "gone.py", "parse", where=WHERE)


@pytest.mark.parametrize(
    ("function", "wanted"), [("prase", r"no function 'prase' in"), (None, "no function is named")]
)
def test_a_missing_function_is_named_with_those_there_are(load, function, wanted):
    source = "import os\nfrom math import sqrt\nx = 1\ndef parse(o, c): ...\ndef other(o, c): ...\n"
    expected = rf"line 7, \[property\] parse: {wanted}.*mine\.py has other, parse$"
    with pytest.raises(ConfigError, match=expected):
        load(source, function=function)


def test_a_file_without_functions_says_so(load):
    with pytest.raises(ConfigError, match=r"mine\.py has none"):
        load("parse = 7\n")


junk = st.recursive(
    st.none() | st.floats() | st.integers() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=7) | st.tuples(inner, inner, inner, inner, inner, inner),
    max_leaves=30,
)


@given(returned=junk)
def test_whatever_it_returns_is_read_or_refused_by_name(tmp_path_factory, returned):
    file = tmp_path_factory.getbasetemp() / "junk.py"
    file.write_text("import builtins\ndef parse(outputs, context):\n    return outputs['junk']\n")
    parser = PythonFileParser(file, "parse", where=WHERE)
    try:
        found = run(parser, outputs={"junk": returned})
    except ModelError as error:
        assert "junk.py, line " in str(error)  # noqa: PT017
    else:
        assert found.boxes.shape == (len(found), 4)
