"""Names of the API that Penstock does not have yet. Move a name out of here when you add it."""

from __future__ import annotations

_CLASSES = """
    CustomDataStruct NvBufSurface NvBufSurfaceCreateParams NvBufSurfaceMappedAddr
    NvBufSurfaceParams NvBufSurfacePlaneParams NvDsAnalyticsFrameMeta NvDsAnalyticsObjInfo
    NvDsCoordinate NvDsEvent NvDsEventMsgMeta NvDsFaceObject NvDsFaceObjectWithExt
    NvDsGeoLocation NvDsInferAttribute NvDsInferDims NvDsInferDimsCHW NvDsInferLayerInfo
    NvDsInferNetworkInfo NvDsInferObjectDetectionInfo NvDsInferSegmentationMeta
    NvDsInferTensorMeta NvDsMeta NvDsMetaPool NvDsObjEncOutParams NvDsObjEncUsrArgs NvDsObjReid
    NvDsObjectSignature NvDsOpticalFlowMeta NvDsPayload NvDsPersonObject NvDsPersonObjectExt
    NvDsRect NvDsTargetMiscDataBatch NvDsTargetMiscDataFrame NvDsTargetMiscDataObject
    NvDsTargetMiscDataStream NvDsVehicleObject NvDsVehicleObjectExt NvOFFlowVector
    NvOSD_Color_info NvOSD_FrameArrowParams NvOSD_FrameCircleParams NvOSD_FrameLineParams
    NvOSD_FrameRectParams NvOSD_FrameTextParams NvOSD_MaskParams RectDim
"""

_FUNCTIONS = """
    NvBufSurfaceCopy NvBufSurfaceCreate NvBufSurfaceDestroy NvBufSurfaceFromFd NvBufSurfaceMap
    NvBufSurfaceMapEglImage NvBufSurfaceMemSet NvBufSurfaceSyncForCpu NvBufSurfaceSyncForDevice
    NvBufSurfaceUnMap alloc_buffer alloc_char_buffer alloc_custom_struct alloc_nvds_event
    alloc_nvds_event_msg_meta alloc_nvds_face_object alloc_nvds_payload
    alloc_nvds_person_object alloc_nvds_vehicle_object configure_source_for_ntp_sync
    free_gbuffer generate_ts_rfc3339 get_detections get_nvds_LayerInfo get_nvds_buf_surface
    get_nvds_buf_surface_gpu get_optical_flow_vectors get_ptr get_segmentation_masks
    glist_get_nvds_Surface_Params glist_get_nvds_event_msg_meta glist_get_nvds_person_object
    glist_get_nvds_tensor_meta glist_get_nvds_vehicle_object gst_buffer_add_nvds_meta
    gst_element_send_nvevent_interval_update gst_element_send_nvevent_new_stream_reset memdup
    nvds_acquire_frame_meta_from_pool nvds_add_frame_meta_to_batch nvds_batch_meta_copy_func
    nvds_batch_meta_release_func nvds_clear_batch_user_meta_list nvds_clear_display_meta_list
    nvds_clear_frame_meta_list nvds_clear_frame_user_meta_list nvds_clear_meta_list
    nvds_clear_obj_meta_list nvds_clear_obj_user_meta_list nvds_copy_batch_user_meta_list
    nvds_copy_display_meta_list nvds_copy_frame_meta_list nvds_copy_frame_user_meta_list
    nvds_copy_obj_meta_list nvds_create_batch_meta nvds_destroy_batch_meta
    nvds_get_current_metadata_info nvds_measure_buffer_latency nvds_obj_enc_create_context
    nvds_obj_enc_destroy_context nvds_obj_enc_finish nvds_obj_enc_process
    nvds_remove_frame_meta_from_batch register_user_copyfunc register_user_releasefunc
    set_user_copyfunc set_user_releasefunc strdup strdup2str unmap_nvds_buf_surface
    unset_callback_funcs user_copyfunc user_releasefunc
"""

COMING = frozenset((_CLASSES + _FUNCTIONS + " NVBUF_COLOR_FORMAT_LAST").split())
