import numpy as np


def cluster_and_fill_detection_output_nms(detections, nms_threshold):
    kept = []
    for class_id in {d.classId for d in detections}:
        rest = sorted((d for d in detections if d.classId == class_id), key=lambda d: -d.detectionConfidence)
        while rest:
            best = rest.pop(0)
            kept.append(best)
            rest = [d for d in rest if iou(best, d) < nms_threshold]
    return kept


def iou(a, b):
    width = np.clip(min(a.left + a.width, b.left + b.width) - max(a.left, b.left), 0, None)
    height = np.clip(min(a.top + a.height, b.top + b.height) - max(a.top, b.top), 0, None)
    both = width * height
    return both / (a.width * a.height + b.width * b.height - both)
