# ruff: noqa: C901, PLR0915 - the functions of samples are long
"""Probes in the idioms of DeepStream's sample applications: `probe(pad, info, seen)`.

Each leaves in `seen` what it found. They are written against pyds 1.2.0, not against Penstock.
"""

import ctypes
import math
import sys

import cv2
import numpy as np
from gi.repository import Gst

import pyds

PGIE_CLASS_ID_VEHICLE = 0
PGIE_CLASS_ID_PERSON = 2
UNTRACKED_OBJECT_ID = 0xFFFFFFFFFFFFFFFF


def counting(_pad, info, seen):
    """deepstream-test1 and 3: count by class, change colours, write a line on the frame."""
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer")
        return None
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        obj_counter = {PGIE_CLASS_ID_VEHICLE: 0, PGIE_CLASS_ID_PERSON: 0}
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            obj_counter[obj_meta.class_id] += 1
            obj_meta.rect_params.border_color.set(0.0, 0.0, 1.0, 0.8)
            obj_meta.rect_params.border_width = 4
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display_meta.num_labels = 1
        py_nvosd_text_params = display_meta.text_params[0]
        py_nvosd_text_params.display_text = (
            f"Frame Number={frame_meta.frame_num} Number of Objects={frame_meta.num_obj_meta} "
            f"Vehicle_count={obj_counter[PGIE_CLASS_ID_VEHICLE]}"
        )
        py_nvosd_text_params.x_offset = 10
        py_nvosd_text_params.y_offset = 12
        py_nvosd_text_params.font_params.font_name = "Serif"
        py_nvosd_text_params.font_params.font_size = 10
        py_nvosd_text_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        py_nvosd_text_params.set_bg_clr = 1
        py_nvosd_text_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
        seen.append(pyds.get_string(py_nvosd_text_params.display_text))
        pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def past_frames(_pad, info, seen):
    """deepstream-test2: what the tracker knew before it confirmed a track; classifier labels."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_user = batch_meta.batch_user_meta_list
    while l_user is not None:
        try:
            user_meta = pyds.NvDsUserMeta.cast(l_user.data)
        except StopIteration:
            break
        if (
            user_meta
            and user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META
        ):
            try:
                past_batch = pyds.NvDsTargetMiscDataBatch.cast(user_meta.user_meta_data)
            except StopIteration:
                break
            for stream in pyds.NvDsTargetMiscDataBatch.list(past_batch):
                for obj in pyds.NvDsTargetMiscDataStream.list(stream):
                    for frame in pyds.NvDsTargetMiscDataObject.list(obj):
                        box = frame.tBbox
                        seen.append(
                            (stream.streamID, obj.uniqueId, obj.objLabel, frame.frameNum, box.left)
                        )
        try:
            l_user = l_user.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def classifier_labels(_pad, info, seen):
    """What secondary classifiers say, as the SGIE samples read it."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        while l_obj:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            l_class = obj_meta.classifier_meta_list
            while l_class:
                class_meta = pyds.NvDsClassifierMeta.cast(l_class.data)
                l_label = class_meta.label_info_list
                while l_label:
                    label_info = pyds.NvDsLabelInfo.cast(l_label.data)
                    seen.append(
                        (
                            class_meta.unique_component_id,
                            label_info.result_label,
                            label_info.result_class_id,
                            round(label_info.result_prob, 2),
                        )
                    )
                    l_label = l_label.next
                l_class = l_class.next
            l_obj = l_obj.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def meta_copy_func(data, _user_data):
    """Copy an event as deepstream-test4's callbacks did while it registered them."""
    user_meta = pyds.NvDsUserMeta.cast(data)
    src_meta_data = user_meta.user_meta_data
    srcmeta = pyds.NvDsEventMsgMeta.cast(src_meta_data)
    dstmeta_ptr = pyds.memdup(pyds.get_ptr(srcmeta), sys.getsizeof(pyds.NvDsEventMsgMeta))
    dstmeta = pyds.NvDsEventMsgMeta.cast(dstmeta_ptr)
    dstmeta.ts = pyds.memdup(srcmeta.ts, 32 + 1)
    dstmeta.sensorStr = pyds.get_string(srcmeta.sensorStr)
    if srcmeta.extMsgSize > 0 and srcmeta.objType == pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE:
        srcobj = pyds.NvDsVehicleObject.cast(srcmeta.extMsg)
        obj = pyds.alloc_nvds_vehicle_object()
        obj.type = pyds.get_string(srcobj.type)
        obj.color = pyds.get_string(srcobj.color)
        dstmeta.extMsg = obj
        dstmeta.extMsgSize = sys.getsizeof(pyds.NvDsVehicleObject)
    return dstmeta


def meta_free_func(data, _user_data):
    """Free what `meta_copy_func` made."""
    user_meta = pyds.NvDsUserMeta.cast(data)
    srcmeta = pyds.NvDsEventMsgMeta.cast(user_meta.user_meta_data)
    pyds.free_buffer(srcmeta.ts)
    pyds.free_buffer(srcmeta.sensorStr)


def event_messages(_pad, info, seen):
    """deepstream-test4: an event with a vehicle for the first object of each frame."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    if not batch_meta:
        return Gst.PadProbeReturn.OK
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        if l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            txt_params = obj_meta.text_params
            if txt_params.display_text:
                pyds.free_buffer(txt_params.display_text)
            txt_params.display_text = pyds.get_string(0) or "vehicle"
            user_event_meta = pyds.nvds_acquire_user_meta_from_pool(batch_meta)
            if user_event_meta:
                msg_meta = pyds.alloc_nvds_event_msg_meta(user_event_meta)
                msg_meta.bbox.top = obj_meta.rect_params.top
                msg_meta.bbox.left = obj_meta.rect_params.left
                msg_meta.frameId = frame_meta.frame_num
                msg_meta.trackingId = obj_meta.object_id & 0x7FFFFFFF
                msg_meta.confidence = obj_meta.confidence
                msg_meta.sensorId = 0
                msg_meta.sensorStr = "sensor-0"
                msg_meta.ts = pyds.alloc_buffer(32 + 1)
                pyds.generate_ts_rfc3339(msg_meta.ts, 32)
                msg_meta.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
                msg_meta.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
                msg_meta.objClassId = PGIE_CLASS_ID_VEHICLE
                obj = pyds.alloc_nvds_vehicle_object()
                obj.type = "sedan"
                obj.color = "blue"
                msg_meta.extMsg = obj
                msg_meta.extMsgSize = sys.getsizeof(pyds.NvDsVehicleObject)
                user_event_meta.user_meta_data = msg_meta
                user_event_meta.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
                pyds.user_copyfunc(user_event_meta, meta_copy_func)
                pyds.user_releasefunc(user_event_meta, meta_free_func)
                pyds.nvds_add_user_meta_to_frame(frame_meta, user_event_meta)
                seen.append((frame_meta.frame_num, msg_meta.bbox.left))
            else:
                print("Error in attaching event meta to buffer\n")
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def analytics(_pad, info, seen):
    """deepstream-nvdsanalytics: regions, lines and crowds of objects and frames."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        while l_obj:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            l_user_meta = obj_meta.obj_user_meta_list
            while l_user_meta:
                user_meta = pyds.NvDsUserMeta.cast(l_user_meta.data)
                if user_meta.base_meta.meta_type == pyds.nvds_get_user_meta_type(
                    "NVIDIA.DSANALYTICSOBJ.USER_META"
                ):
                    user_meta_data = pyds.NvDsAnalyticsObjInfo.cast(user_meta.user_meta_data)
                    if user_meta_data.dirStatus:
                        seen.append(("direction", obj_meta.object_id, user_meta_data.dirStatus))
                    if user_meta_data.roiStatus:
                        seen.append(("region", obj_meta.object_id, user_meta_data.roiStatus))
                l_user_meta = l_user_meta.next
            l_obj = l_obj.next
        l_user = frame_meta.frame_user_meta_list
        while l_user:
            user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            if user_meta.base_meta.meta_type == pyds.nvds_get_user_meta_type(
                "NVIDIA.DSANALYTICSFRAME.USER_META"
            ):
                user_meta_data = pyds.NvDsAnalyticsFrameMeta.cast(user_meta.user_meta_data)
                if user_meta_data.objInROIcnt:
                    seen.append(f"Objs in ROI: {user_meta_data.objInROIcnt}")
                if user_meta_data.objLCCumCnt:
                    seen.append(f"Linecrossing Cumulative: {user_meta_data.objLCCumCnt}")
            l_user = l_user.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def tensor_layers(_pad, info, seen):
    """deepstream-ssd-parser: layers of a network through ctypes, objects from its boxes."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_user = frame_meta.frame_user_meta_list
        while l_user is not None:
            user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            if user_meta.base_meta.meta_type != pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META:
                l_user = l_user.next
                continue
            tensor_meta = pyds.NvDsInferTensorMeta.cast(user_meta.user_meta_data)
            for i in range(tensor_meta.num_output_layers):
                layer = pyds.get_nvds_LayerInfo(tensor_meta, i)
                if not layer.buffer:
                    continue
                first = pyds.get_detections(layer.buffer, 0)
                ptr = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
                shape = tuple(layer.inferDims.d[: layer.inferDims.numDims])
                numbers = np.ctypeslib.as_array(ptr, shape=shape)
                seen.append((layer.layerName, layer.dataType == 0, first, float(numbers.sum())))
                if layer.layerName == "boxes":
                    for row in numbers:
                        _add_object(batch_meta, frame_meta, row)
            l_user = l_user.next
        frame_meta.bInferDone = True
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def _add_object(batch_meta, frame_meta, row):
    obj_meta = pyds.nvds_acquire_obj_meta_from_pool(batch_meta)
    obj_meta.rect_params.left = int(row[0])
    obj_meta.rect_params.top = int(row[1])
    obj_meta.rect_params.width = row[2]
    obj_meta.rect_params.height = np.float64(row[3])
    obj_meta.rect_params.has_bg_color = 1
    obj_meta.rect_params.bg_color.set(1, 1, 0, 0.4)
    obj_meta.rect_params.border_width = 3
    obj_meta.rect_params.border_color.set(1, 0, 0, 1)
    obj_meta.confidence = row[4]
    obj_meta.class_id = 1
    obj_meta.object_id = UNTRACKED_OBJECT_ID
    obj_meta.obj_label = "parsed"
    txt_params = obj_meta.text_params
    if txt_params.display_text:
        pyds.free_buffer(txt_params.display_text)
    txt_params.x_offset = int(obj_meta.rect_params.left)
    txt_params.y_offset = max(0, int(obj_meta.rect_params.top) - 10)
    txt_params.display_text = f"{obj_meta.obj_label} {row[4]:04.3f}"
    txt_params.font_params.font_name = "Serif"
    txt_params.font_params.font_size = 10
    txt_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    txt_params.set_bg_clr = 1
    txt_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    pyds.nvds_add_obj_meta_to_frame(frame_meta, obj_meta, None)


def segmentation(_pad, info, seen):
    """deepstream-segmentation: the class map as an array of its own."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_user = frame_meta.frame_user_meta_list
        while l_user is not None:
            seg_user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            if (
                seg_user_meta
                and seg_user_meta.base_meta.meta_type == pyds.NVDSINFER_SEGMENTATION_META
            ):
                segmeta = pyds.NvDsInferSegmentationMeta.cast(seg_user_meta.user_meta_data)
                masks = pyds.get_segmentation_masks(segmeta)
                masks = np.array(masks, copy=True, order="C")
                seen.append((segmeta.width, segmeta.height, segmeta.classes, masks.tolist()))
            l_user = l_user.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def instance_masks(_pad, info, seen):
    """deepstream-segmask: the mask of an object, resized to its box and thresholded."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            rectparams = obj_meta.rect_params
            maskparams = obj_meta.mask_params
            if maskparams.size > 0:
                src = maskparams.get_mask_array().reshape((maskparams.height, maskparams.width))
                size = math.floor(rectparams.width), math.floor(rectparams.height)
                dst = cv2.resize(src, size)
                seen.append((size, int((dst > maskparams.threshold).sum())))
                maskparams.get_mask_array()[:] = 0
            l_obj = l_obj.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def many_lines(_pad, info, seen):
    """17 lines and 20 texts on one frame: a display meta holds 16 of each, so several are used."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame_meta = pyds.NvDsFrameMeta.cast(batch_meta.frame_meta_list.data)
    display_meta = None
    for n in range(17):
        if display_meta is None or display_meta.num_lines == pyds.MAX_ELEMENTS_IN_DISPLAY_META:
            display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
            pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        line = display_meta.line_params[display_meta.num_lines]
        line.x1, line.y1, line.x2, line.y2 = n, 0, n, 40
        line.line_width = 2
        line.line_color.set(0.0, 1.0, 0.0, 1.0)
        display_meta.num_lines += 1
    l_display = frame_meta.display_meta_list
    while l_display is not None:
        shown = pyds.NvDsDisplayMeta.cast(l_display.data)
        seen.append((shown.num_lines, shown.num_labels, shown.line_params[0].x1))
        l_display = l_display.next
    return Gst.PadProbeReturn.OK


def user_meta_producer(_pad, info, _seen):
    """deepstream-custom-binding-test: attach a struct of one's own to each frame."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    pyds.nvds_acquire_meta_lock(batch_meta)
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        user_meta = pyds.nvds_acquire_user_meta_from_pool(batch_meta)
        if user_meta:
            data = pyds.alloc_custom_struct(user_meta)
            data.message = "test message " + str(frame_meta.frame_num)
            data.message = pyds.get_string(data.message)
            data.structId = frame_meta.frame_num
            data.sampleInt = frame_meta.frame_num + 1
            user_meta.user_meta_data = data
            user_meta.base_meta.meta_type = pyds.NvDsMetaType.NVDS_USER_META
            pyds.nvds_add_user_meta_to_frame(frame_meta, user_meta)
        l_frame = l_frame.next
    pyds.nvds_release_meta_lock(batch_meta)
    return Gst.PadProbeReturn.OK


def user_meta_consumer(_pad, info, seen):
    """The other end of `user_meta_producer`."""
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_usr = frame_meta.frame_user_meta_list
        while l_usr is not None:
            user_meta = pyds.NvDsUserMeta.cast(l_usr.data)
            if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_USER_META:
                data = pyds.CustomDataStruct.cast(user_meta.user_meta_data)
                seen.append((data.structId, pyds.get_string(data.message), data.sampleInt))
            l_usr = l_usr.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def image_data(_pad, info, seen):
    """deepstream-imagedata-multistream: draw on the frame with OpenCV, keep a copy of it."""
    gst_buffer = info.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        n_frame = pyds.get_nvds_buf_surface(hash(gst_buffer), frame_meta.batch_id)
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            rect_params = obj_meta.rect_params
            top, left = int(rect_params.top), int(rect_params.left)
            width, height = int(rect_params.width), int(rect_params.height)
            n_frame = cv2.rectangle(
                n_frame, (left, top), (left + width, top + height), (0, 0, 255, 0), 2, cv2.LINE_4
            )
            n_frame = cv2.putText(
                n_frame, obj_meta.obj_label, (left, top), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 4
            )
            crop = n_frame[top : top + height, left : left + width]
            crop[:, :, :3] = cv2.GaussianBlur(np.ascontiguousarray(crop[:, :, :3]), (9, 9), 30)
            l_obj = l_obj.next
        frame_copy = np.array(n_frame, copy=True, order="C")
        frame_copy = cv2.cvtColor(frame_copy, cv2.COLOR_RGBA2BGRA)
        pyds.unmap_nvds_buf_surface(hash(gst_buffer), frame_meta.batch_id)
        seen.append((frame_meta.pad_index, frame_copy.shape))
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK
