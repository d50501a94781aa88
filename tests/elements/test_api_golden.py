"""What applications can rely on: pads, properties, signals and ranks of every element.

`api.json` holds it. A difference is either a mistake or a change that users must hear of; to take
it over, run `python tests/elements/test_api_golden.py` and put the changed file into the commit.
"""

import difflib
import json
import sys
from pathlib import Path

import pytest

import penstock
from penstock.elements import TABLE
from penstock.gst import GObject, Gst

GOLDEN = Path(__file__).with_name("api.json")
TO_CHANGE = "if this is meant: python tests/elements/test_api_golden.py"


def api_of(factory):
    """One element as applications see it."""
    found = Gst.ElementFactory.find(factory)
    element = found.create(None)
    return {
        "type": element.__gtype__.name,
        "rank": found.get_rank(),
        "class": found.get_metadata("klass"),
        "pads": {pad.name_template: pad_of(pad) for pad in found.get_static_pad_templates()},
        "properties": {
            spec.name: property_of(spec)
            for spec in sorted(element.list_properties(), key=lambda spec: spec.name)
            if is_ours(spec.owner_type)
        },
        "signals": {
            name: signal_of(name, element.__gtype__)
            for name in sorted(GObject.signal_list_names(element.__gtype__))
        },
    }


def is_ours(kind):
    """Whether a type is written in Python, here."""
    return kind.pytype is not None and kind.pytype.__module__.startswith("penstock.")


def pad_of(template):
    caps = template.get_caps()
    return {
        "direction": template.direction.value_nick,
        "presence": template.presence.value_nick,
        "caps": [Gst.Caps.to_string(one) for one in structures(caps)],
    }


def structures(caps):
    for index in range(caps.get_size()):
        one = Gst.Caps.new_empty()
        features = caps.get_features(index)
        one.append_structure_full(caps.get_structure(index).copy(), features and features.copy())
        yield one


def property_of(spec):
    kind = spec.value_type
    facts = {"type": kind.name}
    if kind.is_a(GObject.TYPE_ENUM):
        values = spec.enum_class.__enum_values__
        facts["values"] = {value.value_nick: number for number, value in sorted(values.items())}
        facts["default"] = spec.default_value.value_nick
    else:
        facts["default"] = spec.default_value
        for limit in ("minimum", "maximum"):
            if hasattr(spec, limit):
                facts[limit] = getattr(spec, limit)
    assert spec.flags & GObject.ParamFlags.READABLE
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        facts["access"] = "read only"
    return facts


def signal_of(name, kind):
    query = GObject.signal_query(name, kind)
    return {
        "parameters": [parameter.name for parameter in query.param_types],
        "returns": query.return_type.name,
    }


def written(api):
    return json.dumps(api, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture(scope="module")
def golden():
    penstock.init()
    return json.loads(GOLDEN.read_text())


def test_every_element_is_in_the_golden_file_and_nothing_else(golden):
    assert sorted(golden) == sorted(TABLE), TO_CHANGE


@pytest.mark.parametrize("factory", TABLE)
def test_an_element_is_what_the_golden_file_says(factory, golden):
    said, found = written(golden.get(factory)), written(api_of(factory))
    changes = "\n".join(
        difflib.unified_diff(
            said.splitlines(), found.splitlines(), "api.json", factory, lineterm="", n=2
        )
    )
    assert not changes, f"{changes}\n{TO_CHANGE}"


@pytest.mark.parametrize("factory", TABLE)
def test_the_table_of_properties_is_what_gobject_shows(factory):
    penstock.init()
    element = Gst.ElementFactory.make(factory)
    shown = {spec.name for spec in element.list_properties() if is_ours(spec.owner_type)}
    assert shown == {prop.name for prop in element.PROPERTIES}
    for prop in element.PROPERTIES:
        assert prop.blurb
        assert element.get_property(prop.name) == prop.default


if __name__ == "__main__":
    penstock.init()
    GOLDEN.write_text(written({factory: api_of(factory) for factory in sorted(TABLE)}))
    sys.stdout.write(f"{GOLDEN} says what {len(TABLE)} elements are now\n")
