import pytest

from penstock.errors import MissingExtraError, PenstockError, UnknownNameError
from penstock.registry import Registry

TABLE = Registry(
    "parser",
    {"counter": "collections:Counter", "absent": "no_such_module:Thing", "typo": "also_missing:X"},
    extras={"absent": "onnxruntime"},
)


def test_a_name_loads_its_class():
    from collections import Counter

    assert TABLE.load("counter") is Counter
    assert list(TABLE) == ["absent", "counter", "typo"]
    assert "counter" in TABLE
    assert "nothing" not in TABLE


def test_an_unknown_name_lists_what_exists_and_what_was_meant():
    with pytest.raises(
        UnknownNameError, match="no parser is called 'countr'; did you mean 'counter'"
    ) as caught:
        TABLE.load("countr")
    assert "absent, counter, typo" in str(caught.value)
    assert isinstance(caught.value, LookupError)


def test_a_missing_dependency_says_how_to_install_it():
    with pytest.raises(MissingExtraError, match=r"pip install 'penstock\[onnxruntime\]'"):
        TABLE.load("absent")
    with pytest.raises(MissingExtraError, match="pip install also_missing"):
        TABLE.load("typo")


def test_what_is_there_but_broken_says_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    reason = "libGL.so.1: cannot open shared object file"
    (tmp_path / "unloadable.py").write_text(f"raise ImportError({reason!r}, name='cv2')")
    table = Registry("parser", {"lib": "unloadable:Thing", "gone": "collections:Nothing"})
    with pytest.raises(MissingExtraError, match=f"cannot be imported from unloadable:.* {reason}"):
        table.load("lib")
    with pytest.raises(MissingExtraError, match=r"'gone' cannot be imported .*Nothing"):
        table.load("gone")


def test_every_error_has_two_parents():
    from penstock import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, PenstockError)
        assert kind is PenstockError or len(kind.__bases__) == 2
