"""Cases of TFLite_Detection_PostProcess: few scores and enough detections, so that some are equal and no place is left over."""

from __future__ import annotations

from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from ..cases import Case, T

OPTIONS = {
    "max_detections": 10, "max_classes_per_detection": 1, "num_classes": 5, "nms_score_threshold": 0.3, "nms_iou_threshold": 0.6,
    "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0,
}  # fmt: skip


def anchors(count: int) -> np.ndarray:
    """Squares and oblongs all over a picture, as y, x, height and width."""
    rng = np.random.default_rng(count)
    return np.concatenate([rng.uniform(0, 1, (count, 2)), rng.choice([0.1, 0.2, 0.35], (count, 2))], axis=1)


def detection(count: int, kind: str = "FLOAT32", background: int = 1, width: int = 4, steps: int = 0, **changes: Any) -> Case:
    """Scores that a run computes have `steps` different values, if not 0."""
    options = {**OPTIONS, **changes}
    classes = options["num_classes"] + background
    rng = np.random.default_rng(count + classes)
    if kind == "UINT8":
        boxes = T((1, count, width), "UINT8", scale=0.08, zero=120)
        scores = T((1, count, classes), "UINT8", scale=1 / 256, zero=0, high=steps or 255)
        at = T((count, 4), "UINT8", scale=1 / 255, zero=0, data=np.round(anchors(count) * 255))
    else:
        boxes = T((1, count, width), low=-8, high=8)
        values = rng.integers(0, steps, (1, count, classes)) / steps if steps else None
        scores = T((1, count, classes), data=values, low=0, high=1)
        at = T((count, 4), data=anchors(count))
    given = {"custom_code": "TFLite_Detection_PostProcess", "custom_options": bytes(flexbuffers.Dumps(options))}
    name = f"Detection-{count}-{kind}-{background}-{width}-{steps}-{','.join(f'{key}={value}' for key, value in changes.items())}"
    return Case("CUSTOM", [boxes, scores, at], [T(()), T(()), T(()), T(())], given, name=name)


CASES = [
    *[
        detection(count, kind, steps=steps, **changes)
        for count in (30, 300)
        for kind in ("FLOAT32", "UINT8")
        for steps in (0, 7)
        for changes in (
            {},
            {"max_classes_per_detection": 3},
            {"use_regular_nms": True},
            {"use_regular_nms": True, "detections_per_class": 2},
        )
        if not (kind == "UINT8" and steps)
    ],
    detection(100, background=0, num_classes=90, max_detections=40, max_classes_per_detection=90, steps=30),
    detection(50, "UINT8", width=6, num_classes=1, max_detections=25, nms_score_threshold=0.0, nms_iou_threshold=1.0),
    detection(50, use_regular_nms=True, num_classes=3, max_detections=120, nms_score_threshold=0, nms_iou_threshold=1),
]
