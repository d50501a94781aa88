import sys
import pyds


def layer_finder(output_layer_info, name):
    for layer in output_layer_info:
        if layer.dataType == 0 and layer.layerName == name:
            return layer
    return None


def nvds_infer_parse_custom_tf_ssd(output_layer_info, threshold, image_width, image_height):
    num_detection_layer = layer_finder(output_layer_info, "num_detections")
    score_layer = layer_finder(output_layer_info, "detection_scores")
    class_layer = layer_finder(output_layer_info, "detection_classes")
    box_layer = layer_finder(output_layer_info, "detection_boxes")
    if not score_layer or not class_layer or not box_layer or not num_detection_layer:
        sys.stderr.write("ERROR: some layers missing or unsupported data types in output tensors\n")
        return []
    num_detection = int(pyds.get_detections(num_detection_layer.buffer, 0))
    found = []
    for i in range(num_detection):
        score = pyds.get_detections(score_layer.buffer, i)
        if score < threshold:
            continue
        top, left, bottom, right = (pyds.get_detections(box_layer.buffer, i * 4 + k) for k in range(4))
        res = pyds.NvDsInferObjectDetectionInfo()
        res.detectionConfidence = score
        res.classId = int(pyds.get_detections(class_layer.buffer, i))
        res.left = left * image_width
        res.top = top * image_height
        res.width = (right - left) * image_width
        res.height = (bottom - top) * image_height
        if res.width > 0 and res.height > 0:
            found.append(res)
    return found
