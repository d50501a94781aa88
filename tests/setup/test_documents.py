"""The pages of the project: links that lead somewhere, and the two commands."""

import re

import pytest
from checkout import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page):
    links = re.findall(r"\]\((?!\w+:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_sets_a_machine_up_with_two_commands_that_make_knows(machine):
    section = (ROOT / "README.md").read_text().partition("## Two commands")[2].partition("##")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S)[1]
    commands = [line.partition("#")[0].strip() for line in block.splitlines()]
    assert commands == ["make demo", "make test"]
    for command in commands:
        planned = machine.run(*command.split(), "--dry-run", cwd=ROOT)
        assert planned.stdout.splitlines()[0] == "scripts/setup.sh"
