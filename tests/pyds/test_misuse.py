"""Whatever a function or a member is given, it answers or raises, in words that say why."""

import inspect
import logging
import random

import numpy as np
import pytest

import pyds
from penstock.gst import Gst
from penstock.meta import TensorLayer, TensorMeta, UserMeta
from pyds.views import View

FUNCTIONS = [name for name in pyds.__all__ if inspect.isroutine(getattr(pyds, name))]
STRUCTS = [
    kind
    for kind in dict.fromkeys(getattr(pyds, name) for name in pyds.__all__)
    if isinstance(kind, type)
    and issubclass(kind, View)
    and kind not in (pyds.NvOFFlowVector, pyds.NvDsOpticalFlowMeta)
]
TRIES = 150


@pytest.fixture
def things(batch, frame, car, buffer, core, tmp_path, monkeypatch):
    """Right, wrong and wild values."""
    monkeypatch.chdir(tmp_path)  # some functions write files
    tensors = UserMeta(TensorMeta([TensorLayer("a", np.zeros(4, np.float32))]), meta_type=12)
    element = Gst.ElementFactory.make("fakesink", None)
    numbers = [0, 1, -1, 2**31, 2**40, 2**64 - 1, 2**70, 0xDEADBEEF, 1.5, float("nan"), True]
    others = [None, "x", "", b"x", [], {}, object(), np.zeros(3), np.float32(1), int, repr]
    made = [kind() for kind in sorted(STRUCTS, key=lambda kind: kind.__name__)]
    nodes = [frame.obj_meta_list, batch.frame_meta_list, frame.frame_user_meta_list]
    addresses = [hash(buffer), hash(element), hash(car), pyds.get_ptr(car), pyds.alloc_buffer(9)]
    cores = [core, core.frames[0], tensors, tensors.data]
    known = [batch, frame, car, car.rect_params, buffer, element, pyds.NVDS_USER_META]
    return [*numbers, *others, *made, *nodes, *addresses, *cores, *known]


def unless_refused(function, *arguments, by=()):
    """What a call gives; None where it raises TypeError, ValueError, or one of `by`."""
    try:
        return function(*arguments)
    except (TypeError, ValueError, *by) as error:
        if len(str(error)) < 10:
            raise
    return None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_answers_or_raises_with_words(name, things, caplog):
    caplog.set_level(logging.CRITICAL)  # callbacks that raise are logged
    function = getattr(pyds, name)
    count = len(inspect.signature(function).parameters)
    chance = random.Random(name)
    tried = [[thing] for thing in things]
    if count != 1:
        tried = [[chance.choice(things) for _ in range(count)] for _ in range(TRIES)]
    for arguments in tried:
        assert repr(unless_refused(function, *arguments, by=(IndexError, RuntimeError)))
    pyds.unset_callback_funcs()


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # counts count by themselves
def test_a_member_takes_a_value_or_refuses_it_with_words(kind, things):
    for name in [name for name in dir(kind) if isinstance(getattr(kind, name), property)]:
        for thing in things:
            struct = kind()
            unless_refused(setattr, struct, name, thing, by=[AttributeError])
            assert repr((struct, unless_refused(getattr, struct, name)))
            if hasattr(struct._core, "copy"):
                struct._core.copy()
