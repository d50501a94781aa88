"""User metadata: copied by its copy function, released exactly once."""

import gc
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

import pyds
from streams import play

NVMM = "video/x-raw(memory:NVMM),format=NV12,width=64,height=48"
SOURCE = (
    f"videotestsrc num-buffers=8 ! nvvideoconvert ! {NVMM} ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 "
)


class Ledger:
    """Callbacks that count, for data named after where it came from."""

    def __init__(self):
        self.copied, self.released, self.made = Counter(), Counter(), 0

    def attach(self, batch, owner, add, *, meta_type=pyds.NvDsMetaType.NVDS_USER_META):
        user = pyds.nvds_acquire_user_meta_from_pool(batch)
        user.base_meta.meta_type = meta_type
        user.user_meta_data = f"data{self.made}"
        self.made += 1
        pyds.user_copyfunc(user, self.copy)
        pyds.user_releasefunc(user, self.release)
        add(owner, user)
        return user

    def copy(self, data, user_data):
        assert user_data is None
        user = pyds.NvDsUserMeta.cast(data)
        assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_USER_META
        self.copied[user.user_meta_data] += 1
        return f"{user.user_meta_data}/{self.copied[user.user_meta_data]}"

    def release(self, data, user_data):
        assert user_data is None
        self.released[pyds.NvDsUserMeta.cast(data).user_meta_data] += 1

    def check(self):
        """Everything that was made or copied was released exactly once."""
        gc.collect()
        assert set(self.released.values()) <= {1}
        assert self.released.total() == self.made + self.copied.total()


@pytest.fixture
def ledger():
    return Ledger()


def attach_everywhere(ledger, buffer):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
    obj.rect_params.width = obj.rect_params.height = 10
    pyds.nvds_add_obj_meta_to_frame(frame, obj, None)
    ledger.attach(batch, batch, pyds.nvds_add_user_meta_to_batch)
    ledger.attach(batch, frame, pyds.nvds_add_user_meta_to_frame)
    ledger.attach(batch, obj, pyds.nvds_add_user_meta_to_obj)


def test_a_copied_buffer_has_copies_of_its_own(ledger, buffer, batch, core):
    ledger.attach(batch, batch, pyds.nvds_add_user_meta_to_batch)
    twin = buffer.copy_deep()
    copied = pyds.gst_buffer_get_nvds_batch_meta(hash(twin))
    user = pyds.NvDsUserMeta.cast(copied.batch_user_meta_list.data)
    assert user.user_meta_data == "data0/1"
    assert core.user[0].data == "data0"
    del user, copied, twin
    assert ledger.released == {"data0/1": 1}
    core.user.clear()
    ledger.check()


def test_each_branch_of_a_tee_copies_and_releases_once(ledger):
    tail = f"queue ! nvvideoconvert ! {NVMM.replace('NV12', 'RGBA')} ! fakesink sync=false"
    message, seen = play(
        f"{SOURCE} ! identity name=here ! tee name=t t. ! {tail} t. ! {tail}",
        probe=lambda buffer: attach_everywhere(ledger, buffer),
        at="here",
    )
    del message
    assert len(seen) == 8
    assert ledger.made == 24
    # A branch that finds the other one gone writes in place: then one copy is enough.
    assert set(ledger.copied.values()) <= {1, 2}
    assert ledger.copied.total() >= 24
    ledger.check()


def test_thousands_of_batches_through_a_tee_leave_nothing_behind():
    """The soak, small: `make soak` runs it with 100,000."""
    script = Path(__file__).parents[2] / "benchmarks" / "user_meta.py"
    numbers = ["--batches", "3000", "--settled", "1500", "--limit", "0.1"]
    done = subprocess.run(
        [sys.executable, str(script), *numbers],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9000 attached, 18000 copied, 27000 released, 0 wrong calls, 0 left" in done.stdout


def test_leaving_nvmm_copies_and_releases_once(ledger):
    _, seen = play(
        f"{SOURCE} ! identity name=here ! nvvideoconvert ! video/x-raw,format=I420,width=32,"
        "height=24 ! videoconvert ! fakesink",
        probe=lambda buffer: attach_everywhere(ledger, buffer),
        at="here",
    )
    assert len(seen) == 8
    ledger.check()


@pytest.mark.parametrize("behind_a_tee", [False, True])
def test_streams_that_come_apart_again_release_once(ledger, behind_a_tee):
    """The demultiplexer moves frames with what is attached to them; behind a `tee` it copies."""
    other = "! tee name=t t. ! queue ! fakesink t. ! queue " if behind_a_tee else ""
    source = f"videotestsrc num-buffers=8 ! nvvideoconvert ! {NVMM} ! "
    message, _ = play(
        "nvstreammux name=mux batch-size=2 width=64 height=48 ! identity name=here "
        f"{other} ! nvstreamdemux name=demux "
        "demux.src_0 ! queue ! nvvideoconvert ! video/x-raw,format=RGBA ! fakesink "
        "demux.src_1 ! queue ! nvdsosd ! fakesink "
        f"{source} mux.sink_0 {source} mux.sink_1",
        probe=lambda buffer: attach_everywhere(ledger, buffer),
        at="here",
    )
    assert message.type.first_value_nick == "eos"
    assert ledger.made >= 24
    ledger.check()


def test_removing_releases_at_once_and_never_again(ledger, batch, frame):
    user = ledger.attach(batch, frame, pyds.nvds_add_user_meta_to_frame)
    pyds.nvds_remove_user_meta_from_frame(frame, user)
    assert ledger.released == {"data0": 1}
    assert user.user_meta_data == "data0"  # still readable
    del user
    ledger.check()


def test_what_is_being_copied_is_released_by_another_thread_only_afterwards(batch, frame, buffer):
    log, removing = [], threading.Event()
    user = pyds.nvds_acquire_user_meta_from_pool(batch)

    def remove():
        removing.set()
        pyds.nvds_remove_user_meta_from_frame(frame, user)

    thread = threading.Thread(target=remove)

    def copy(data, _):
        if not thread.ident:
            thread.start()
            removing.wait(10)
            thread.join(0.2)  # it cannot end yet
            log.append("copied")

    pyds.user_copyfunc(user, copy)
    pyds.user_releasefunc(user, lambda data, _: log.append("released"))
    pyds.nvds_add_user_meta_to_frame(frame, user)
    twin = buffer.copy_deep()
    thread.join(10)
    assert log == ["copied", "released"]
    del twin
    assert log == ["copied", "released", "released"]


def test_every_attachment_has_callbacks_of_its_own(batch, buffer, frame, core):
    core.frames[0].user.clear()
    log = []
    for name in "ab":
        user = pyds.nvds_acquire_user_meta_from_pool(batch)
        user.user_meta_data = name
        pyds.set_user_copyfunc(user, lambda data, _, name=name: log.append(f"copy {name}") or name)
        pyds.set_user_releasefunc(user, lambda data, _, name=name: log.append(f"free {name}"))
        pyds.nvds_add_user_meta_to_frame(frame, user)
    del user
    twin = buffer.copy_deep()
    assert log == ["copy a", "copy b"]
    del twin
    assert sorted(log[2:]) == ["free a", "free b"]


def test_one_pair_of_functions_for_all_attachments_works_the_same(ledger, batch, buffer, frame):
    pyds.register_user_copyfunc(ledger.copy)
    pyds.register_user_releasefunc(ledger.release)
    for _ in range(3):
        ledger.attach(batch, frame, pyds.nvds_add_user_meta_to_frame)
    twin = buffer.copy_deep()
    assert ledger.copied == {"data0": 1, "data1": 1, "data2": 1}
    del twin
    assert ledger.released.total() == 3


def test_functions_that_were_unset_are_not_called_and_new_ones_are(ledger, batch, frame, buffer):
    frame._core.user.clear()
    ledger.attach(batch, frame, pyds.nvds_add_user_meta_to_frame)
    pyds.unset_callback_funcs()
    twin = buffer.copy_deep()
    copied = pyds.gst_buffer_get_nvds_batch_meta(hash(twin))
    first = pyds.NvDsFrameMeta.cast(copied.frame_meta_list.data)
    assert pyds.NvDsUserMeta.cast(first.frame_user_meta_list.data).user_meta_data == "data0"
    frame._core.user.clear()
    assert (ledger.copied, ledger.released) == ({}, {})

    ledger.attach(batch, frame, pyds.nvds_add_user_meta_to_frame)
    frame._core.user.clear()
    assert ledger.released == {"data1": 1}


def test_a_copy_function_that_raises_shares_the_data_and_says_so(batch, buffer, frame, caplog):
    frame._core.user.clear()
    released = []
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    user.user_meta_data = "data"
    pyds.user_copyfunc(user, lambda data, _: 1 / 0)
    pyds.user_releasefunc(user, lambda data, _: released.append(data))
    pyds.nvds_add_user_meta_to_frame(frame, user)
    twin = buffer.copy_deep()
    assert "the copy function of a user meta raised" in caplog.text
    del twin
    assert released == []
    pyds.nvds_remove_user_meta_from_frame(frame, user)
    assert len(released) == 1


def test_what_cannot_be_called_is_refused():
    user = pyds.NvDsUserMeta()
    for register in (pyds.user_copyfunc, pyds.user_releasefunc, pyds.set_user_copyfunc):
        with pytest.raises(TypeError, match=rf"{register.__name__}: func must be callable, got 7"):
            register(user, 7)
    for register in (pyds.register_user_copyfunc, pyds.register_user_releasefunc):
        with pytest.raises(TypeError, match=rf"{register.__name__}: func must be callable"):
            register(None)
    with pytest.raises(TypeError, match=r"user_copyfunc: meta takes a pyds.NvDsUserMeta"):
        pyds.user_copyfunc("meta", print)


def test_an_event_message_copies_itself_deeply(batch, buffer, frame):
    frame._core.user.clear()
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    message = pyds.alloc_nvds_event_msg_meta(user)
    message.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(message.ts, 32)
    message.sensorStr, message.extMsgSize = "sensor-0", sys.getsizeof(pyds.NvDsVehicleObject)
    vehicle = pyds.alloc_nvds_vehicle_object()
    vehicle.type = "sedan"
    message.extMsg = vehicle
    user.user_meta_data, user.base_meta.meta_type = message, pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    pyds.nvds_add_user_meta_to_frame(frame, user)
    twin = buffer.copy_deep()
    vehicle.type, message.sensorStr = "truck", "sensor-1"

    first = pyds.gst_buffer_get_nvds_batch_meta(hash(twin)).frame_meta_list.data
    copied = pyds.NvDsUserMeta.cast(pyds.NvDsFrameMeta.cast(first).frame_user_meta_list.data)
    assert copied.base_meta.meta_type == pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    seen = pyds.NvDsEventMsgMeta.cast(copied.user_meta_data)
    assert pyds.get_string(seen.ts) == pyds.get_string(message.ts)
    assert pyds.get_string(seen.sensorStr) == "sensor-0"
    assert pyds.get_string(pyds.NvDsVehicleObject.cast(seen.extMsg).type) == "sedan"


def test_a_custom_struct_copies_itself(batch, buffer, frame):
    frame._core.user.clear()
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    custom = pyds.alloc_custom_struct(user)
    custom.structId, custom.message, custom.sampleInt = 3, "test", 4
    user.user_meta_data = custom
    pyds.nvds_add_user_meta_to_frame(frame, user)
    twin = buffer.copy_deep()
    custom.message = "changed"
    first = pyds.gst_buffer_get_nvds_batch_meta(hash(twin)).frame_meta_list.data
    copied = pyds.NvDsUserMeta.cast(pyds.NvDsFrameMeta.cast(first).frame_user_meta_list.data)
    seen = pyds.CustomDataStruct.cast(copied.user_meta_data)
    assert (seen.structId, pyds.get_string(seen.message), seen.sampleInt) == (3, "test", 4)


def duplicate(data, user_data):
    """A copy function as scripts for pyds 1.1 write it: memory and strings duplicated by hand."""
    source = pyds.NvDsEventMsgMeta.cast(pyds.NvDsUserMeta.cast(data).user_meta_data)
    size = sys.getsizeof(pyds.NvDsEventMsgMeta)
    made = pyds.NvDsEventMsgMeta.cast(pyds.memdup(pyds.get_ptr(source), size))
    made.ts = pyds.strdup(source.ts)
    made.sensorStr = pyds.get_string(source.sensorStr)
    if source.extMsgSize > 0 and source.objType == pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE:
        of = pyds.NvDsVehicleObject.cast(source.extMsg)
        vehicle = pyds.alloc_nvds_vehicle_object()
        vehicle.type, vehicle.color = pyds.get_string(of.type), pyds.get_string(of.color)
        made.extMsg, made.extMsgSize = vehicle, sys.getsizeof(pyds.NvDsVehicleObject)
    return made


def freeing(freed):
    """The release function that goes with it; notes what it freed."""

    def free(data, user_data):
        message = pyds.NvDsEventMsgMeta.cast(pyds.NvDsUserMeta.cast(data).user_meta_data)
        pyds.free_buffer(message.ts)
        pyds.free_buffer(message.sensorStr)
        pyds.free_gbuffer(message.extMsg)
        message.extMsgSize = 0
        freed.append(pyds.get_string(message.sensorStr))

    return free


def vehicle_message():
    message = pyds.alloc_nvds_event_msg_meta()
    message.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(message.ts, 32)
    message.sensorStr = "gate"
    message.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
    vehicle = pyds.alloc_nvds_vehicle_object()
    vehicle.type, vehicle.color = "sedan", "blue"
    message.extMsg, message.extMsgSize = vehicle, sys.getsizeof(pyds.NvDsVehicleObject)
    return message, vehicle


def test_callbacks_as_older_scripts_write_them_copy_deeply_and_free(batch, buffer, frame):
    frame._core.user.clear()
    message, vehicle = vehicle_message()
    user, freed = pyds.nvds_acquire_user_meta_from_pool(batch), []
    user.user_meta_data = message
    pyds.user_copyfunc(user, duplicate)
    pyds.user_releasefunc(user, freeing(freed))
    pyds.nvds_add_user_meta_to_frame(frame, user)
    twin = buffer.copy_deep()
    message.sensorStr, vehicle.color = "yard", "red"

    first = pyds.gst_buffer_get_nvds_batch_meta(hash(twin)).frame_meta_list.data
    copied = pyds.NvDsUserMeta.cast(pyds.NvDsFrameMeta.cast(first).frame_user_meta_list.data)
    seen = pyds.NvDsEventMsgMeta.cast(copied.user_meta_data)
    assert pyds.get_string(seen.sensorStr) == "gate"
    assert pyds.get_string(seen.ts) == pyds.get_string(message.ts)
    assert pyds.get_string(pyds.NvDsVehicleObject.cast(seen.extMsg).color) == "blue"
    del twin, first, copied, seen
    assert freed == ["gate"]
