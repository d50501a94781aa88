"""docs/messages.md is true."""

import doctest
import json
import re
from pathlib import Path

import jsonschema
import pytest
from message_making import writer

from penstock.config import MessagesConfig
from penstock.config.keys import reference
from penstock.config.messages_keys import GROUP_KEYS
from penstock.messages import schema
from penstock.meta import EventMessage, FrameMeta, ObjectMeta

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_examples_work():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 1
    assert result.failed == 0


@pytest.mark.parametrize(("number", "name"), [(0, "full"), (1, "minimal")])
def test_the_messages_shown_follow_their_schemas(number, name):
    jsonschema.validate(json.loads(blocks("json")[number]), schema(name))


@pytest.mark.parametrize("kind", GROUP_KEYS)
def test_every_key_has_its_row(kind):
    assert f"`[{kind}N]`\n\n{reference(GROUP_KEYS[kind])}\n" in PAGE.read_text()


def test_the_configuration_shown_is_read(tmp_path):
    (path := tmp_path / "config.txt").write_text(blocks("ini")[0])
    config = MessagesConfig.read(path)
    assert (config.sensors[0].id, config.places[0].name) == ("dock-7", "Depot")
    assert config.warnings == ()


def test_the_function_and_the_event_shown_work(tmp_path):
    frame = FrameMeta(3)
    names = {"obj": frame.add(ObjectMeta((1, 2, 3, 4), track_id=5)), "frame": frame}
    exec(next(block for block in blocks("python") if "EventMessage(" in block), names)
    (event,) = frame.user.of(EventMessage)
    (file := tmp_path / "own.py").write_text(
        next(block for block in blocks("python") if "def nvds" in block)
    )
    (payload,) = writer("custom", file=file).from_events([event], frame)
    assert payload.data == b"3;5;Depot"
