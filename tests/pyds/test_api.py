"""The whole API against a golden list: names, types, access, values, signatures.

`api.json` says for each member its type and its access: `rw`, or `r`. Types are those of C where
Python's would say less: `int16` to `uint64`, `char[n]`, `string` (reads as an address, takes a
str), `address`, `float *` (reads as the first number), `int32[n]` (an array whose elements can be
assigned), `pointer` (to anything), `opaque` (DeepStream refuses to read it).
"""

import ast
import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import pyds
from penstock.meta import OpticalFlowMeta

GOLDEN = json.loads(Path(__file__).with_name("api.json").read_text())
CLASSES = GOLDEN["classes"]
FIELDS = [
    (kind, name, *about)
    for kind, found in CLASSES.items()
    for name, about in found["fields"].items()
]
METHODS = [(kind, *found) for kind in CLASSES for found in CLASSES[kind]["methods"].items()]
WHOLE = ("int16", "uint16", "int32", "uint32", "uint64")
PLAIN = {"string": "int", "address": "int", "opaque": "Any", **dict.fromkeys(WHOLE, "int")}
FOLLOWS = {
    *("num_frames_in_batch", "num_obj_meta", "num_labels", "num_rects", "num_lines", "num_arrows"),
    *("num_circles", "num_empty_elements", "num_full_elements", "numObj", "numFilled"),
    *(
        "numAllocated",
        "featureSize",
        "size",
        "extMsgSize",
        "payloadSize",
        "rows",
        "cols",
        "mv_size",
    ),
}
"""Numbers that count something, and so do not keep what is written to them."""


def test_the_golden_list_is_whole():
    assert len(GOLDEN["classes"]) == 66
    assert sum(len(found["fields"]) for found in GOLDEN["classes"].values()) == 380
    assert sum(len(found["methods"]) for found in GOLDEN["classes"].values()) == 74
    assert len(GOLDEN["enums"]) == 13
    assert len(GOLDEN["functions"]) == 106
    assert GOLDEN["version"] == pyds.__version__


@pytest.mark.parametrize("name", GOLDEN["constants"])
def test_a_constant_has_its_number(name):
    assert getattr(pyds, name) == GOLDEN["constants"][name]


@pytest.mark.parametrize("name", GOLDEN["enums"])
def test_an_enum_has_its_members(name):
    kind = getattr(pyds, name)
    for member, value in GOLDEN["enums"][name].items():
        assert kind.__members__[member] is getattr(pyds, member)
        assert value is None or getattr(pyds, member) == value


@pytest.mark.parametrize("name", GOLDEN["functions"])
def test_a_function_takes_its_parameters(name):
    parameters = inspect.signature(getattr(pyds, name)).parameters
    assert list(parameters) == GOLDEN["functions"][name]


@pytest.mark.parametrize(("kind", "name", "parameters"), METHODS)
def test_a_method_takes_its_parameters(kind, name, parameters):
    found = inspect.signature(getattr(getattr(pyds, kind), name)).parameters
    assert [key for key in found if key != "self"] == parameters


def made(kind):
    """A struct of that name, as new as possible."""
    if kind == "NvDsOpticalFlowMeta":
        return pyds.NvDsOpticalFlowMeta.cast(OpticalFlowMeta(np.zeros((2, 3, 2), np.int16)))
    if kind == "NvOFFlowVector":
        return pyds.NvOFFlowVector.cast(np.zeros((2, 3, 2), np.int16))
    return getattr(pyds, kind)()


@pytest.mark.parametrize("kind", CLASSES)
def test_a_struct_can_be_made_where_deepstream_lets_it_be_made(kind):
    if CLASSES[kind]["constructible"]:
        getattr(pyds, kind)()
    else:
        with pytest.raises(TypeError, match="cannot be made"):
            getattr(pyds, kind)()


@pytest.mark.parametrize("kind", sorted(set(CLASSES) - {"GList", "NvOFFlowVector"}))
def test_a_struct_can_be_copied_whole(kind):
    source, target = made(kind), made(kind)
    for name, (wanted, access) in CLASSES[kind]["fields"].items():
        if access == "rw" and wanted in (*WHOLE, "float") and name not in FOLLOWS:
            setattr(source, name, 1)
    source._copy_into(target._core)
    for name, (wanted, access) in CLASSES[kind]["fields"].items():
        if access == "rw" and wanted in (*WHOLE, "float") and name != "reserved":
            assert getattr(target, name) == getattr(source, name)


def fits(value, kind):
    """Whether a value read from a member is what the golden type says."""
    base, _, rest = kind.rstrip("]").partition("[")
    if kind in ("pointer", "opaque") or (value is None and kind.endswith(("| None", "*"))):
        return True
    if kind in WHOLE or kind in ("string", "address"):
        return isinstance(value, int)
    if base in ("list", "dict", "char"):
        return isinstance(value, {"list": list, "dict": dict, "char": str}[base])
    if base.endswith(("int32", "int64")):
        return value.dtype == base and len(value) == int(rest)
    if rest:
        return isinstance(value[0], getattr(pyds, base)) and len(value) == int(rest)
    name = base.split()[0]
    plain = {"float": float, "int": int, "bool": bool, "str": str}
    return isinstance(value, plain.get(name) or getattr(pyds, name))


@pytest.mark.parametrize(("kind", "name", "wanted", "access"), FIELDS)
def test_a_member_reads_as_its_type_and_takes_it_back(kind, name, wanted, access):
    struct = made(kind)
    if wanted == "opaque" and kind == "NvDsMeta":
        with pytest.raises(TypeError, match=r"NvDsMeta.meta is a GstMeta of C"):
            getattr(struct, name)
        return
    value = getattr(struct, name)
    assert fits(value, wanted)
    if access == "r":
        with pytest.raises((AttributeError, TypeError), match=rf"\w+\.{name} .*(read-only|cannot)"):
            setattr(struct, name, value)
    elif wanted == "string":
        setattr(struct, name, "text")
        assert pyds.get_string(getattr(struct, name)) == "text"
        with pytest.raises(TypeError, match=rf"{name} takes a str, got .* write pyds.get_string"):
            setattr(struct, name, getattr(struct, name))
    else:
        setattr(struct, name, value)
        assert np.array_equal(getattr(struct, name), value)


@pytest.mark.parametrize(
    ("kind", "name", "wanted"), [(*f[:3],) for f in FIELDS if f[2] in WHOLE and f[3] == "rw"]
)
def test_a_whole_number_holds_what_the_c_type_holds_and_nothing_else(kind, name, wanted):
    struct, limits = made(kind), np.iinfo(wanted)
    for value in (limits.min - 1, limits.max + 1, 1.5, "1", None):
        with pytest.raises((TypeError, AttributeError), match=rf"{name} (takes|follows|cannot)"):
            setattr(struct, name, value)
    if name not in FOLLOWS:
        for value in (limits.min, limits.max):
            setattr(struct, name, value)
            assert getattr(struct, name) in (value, bool(value))


@pytest.mark.parametrize(
    ("kind", "name", "wanted"), [(*f[:3],) for f in FIELDS if f[2].startswith("char[")]
)
def test_a_text_in_an_array_is_cut_to_it(kind, name, wanted):
    struct = made(kind)
    setattr(struct, name, "x" * 2000)
    assert len(getattr(struct, name)) == int(wanted[5:-1]) - 1


def stubbed():
    """What the stub says: class, member, type it reads as, type it takes."""
    members = {}
    for kind in ast.parse(Path(pyds.__file__).with_suffix(".pyi").read_text()).body:
        if not isinstance(kind, ast.ClassDef):
            continue
        for item in kind.body:
            if isinstance(item, ast.AnnAssign):
                members[kind.name, item.target.id] = (ast.unparse(item.annotation),) * 2
            elif (
                isinstance(item, ast.FunctionDef) and len(item.args.args) == 2
            ):  # a setter, or cast
                reads = members.get((kind.name, item.name), ("",))[0]
                takes = item.args.args[1].annotation
                members[kind.name, item.name] = (reads, ast.unparse(takes))
            elif isinstance(item, ast.FunctionDef) and item.decorator_list:
                members[kind.name, item.name] = (ast.unparse(item.returns), "")
    return members


STUBBED = stubbed()


@pytest.mark.parametrize(("kind", "name", "wanted", "access"), FIELDS)
def test_the_stub_says_the_type(kind, name, wanted, access):
    reads, takes = STUBBED[kind, name]
    assert bool(takes) == (access == "rw") or wanted == "opaque"
    if wanted in ("pointer", "opaque"):
        return
    base, _, rest = wanted.rstrip("]").partition("[")
    if base.endswith(("int32", "int64")) and rest:
        assert reads == f"NDArray[np.{base}]"
    elif base == "char":
        assert (reads, takes) == ("str", "str")
    elif base.startswith("Nv") and rest:
        assert reads == f"list[{base}]"
    elif wanted == "string":
        assert (reads, takes) == ("int", "str")
    else:
        wanted = PLAIN.get(wanted, wanted.replace(" *", " | None"))
        assert reads in (wanted, wanted.removesuffix(" | None"))  # pools are never None
