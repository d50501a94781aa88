"""The page on pyds runs."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "pyds.md").read_text()


def test_the_examples_of_the_page_run(buffer, core):
    probe, extension = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {"__name__": "page"}
    exec(probe, names)
    assert names["count_people"](buffer) == 2
    assert core.frames[0].display[0].texts[0].text == "2 people"
    exec(extension, names)
    assert names["disc"].xc == 6


def test_the_page_lists_every_struct_there_is():
    import pyds
    from pyds.views import View

    structs = [name for name in pyds.__all__ if isinstance(getattr(pyds, name), type)]
    structs = [name for name in structs if issubclass(getattr(pyds, name), (View, pyds.GList))]
    assert [name for name in structs if f"`{name}`" not in PAGE] == []
