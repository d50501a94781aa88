"""`penstock check` reads notebooks: cell by cell, without running them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footage import penstock
from penstock.checking import SUPPORTED, UNSUPPORTED, check
from penstock.checking.notebooks import Notebook
from penstock.errors import ConfigError

CELLS = [
    """\
%load_ext penstock
!pip install nothing
import gi
files = !ls
files_too = %who_ls
Gst?
from gi.repository import Gst
import no_such_module
""",
    "%%bash\nfor x in 1 2; do echo $x; done\n",
    """\
%%time

GIE = "nvinfer"
with open("was_run", "w"): pass
print("%s and %s"
      % (GIE, GIE))
if GIE:
    %matplotlib inline
    typo = Gst.ElementFactory.make("nvinferr")
""",
    'gie = Gst.ElementFactory.make(GIE, "g")\n\ngie.set_property("intervall", 1)\n'
    'gie.set_property("config-file-path", "gie.txt")\nawait something()\n',
]


def written(path, cells, **metadata):
    """A notebook file with a heading before each cell of code."""
    made = []
    for cell in cells:
        made.append({"cell_type": "markdown", "source": "# 1 +", "metadata": {}})
        made.append({"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []})
    path.write_text(json.dumps({"cells": made, "metadata": metadata, "nbformat": 4}))
    return path


def test_what_a_notebook_uses_is_named_with_cell_and_line(tmp_path):
    path = written(tmp_path / "app.ipynb", CELLS)
    (tmp_path / "gie.txt").write_text("[property]\nbatchsize=3\n")
    report = check([path])
    found = [(one.cell, one.line, one.name, one.state) for one in report.findings]
    assert [one for one in found if one[0]] == [
        (1, 3, "gi", SUPPORTED),
        (1, 7, "gi.repository", SUPPORTED),
        (1, 8, "no_such_module", UNSUPPORTED),
        (3, 3, "nvinfer", SUPPORTED),
        (3, 9, "nvinferr", UNSUPPORTED),
        (4, 3, "nvinfer.intervall", UNSUPPORTED),
        (4, 4, "nvinfer.config-file-path", SUPPORTED),
    ]
    assert (0, 2, "[property] batchsize", UNSUPPORTED) in found
    assert not (tmp_path / "was_run").exists()


def test_the_command_says_the_cell(tmp_path):
    path = written(tmp_path / "app.ipynb", CELLS)
    done = penstock("check", "--problems", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"unsupported {path}, cell 4:3: property nvinfer.intervall" in done.stdout
    told = json.loads(penstock("check", "--json", path, cwd=tmp_path).stdout)["findings"]
    assert {"cell": 4, "line": 3}.items() <= next(
        one for one in told if one["name"] == "nvinfer.intervall"
    ).items()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["x = 1\n", "a\nb = = 2\n"], r"app.ipynb, cell 2, line 2: wanted Python"),
        (["x = '\0'\n"], r"app.ipynb, cell 1.*: wanted Python"),
    ],
)
def test_a_cell_that_is_no_python_is_named(cells, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        check([written(tmp_path / "app.ipynb", cells)])


@pytest.mark.parametrize(
    "text", ["[1]", "{", '{"cells": [1]}', '{"cells": [{"cell_type": "code"}]}']
)
def test_a_file_that_only_says_to_be_a_notebook_is_refused(text, tmp_path):
    path = tmp_path / "app.ipynb"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"app.ipynb is no notebook of format 4"):
        check([path])


LINES = st.sampled_from(["x = 1", "", "%magic", "y = !ls", "print(x)"])


@given(st.lists(st.lists(LINES), min_size=1))
def test_every_line_has_the_place_that_it_had(cells):
    data = json.dumps(
        {"cells": [{"cell_type": "code", "source": "\n".join(lines)} for lines in cells]}
    )
    notebook = Notebook.read(data.encode(), name="app.ipynb")
    places = [notebook.place(n) for n in range(1, len(notebook.source.split("\n")) + 1)]
    assert places == [
        (cell, line)
        for cell, lines in enumerate(cells, 1)
        for line in range(1, max(1, len(lines)) + 1)
    ]
