"""TFLite_Detection_PostProcess: the boxes, classes and scores of detected objects, of what an SSD network says for its anchors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..common.custom_options import numbers, whole_numbers
from ..common.operator import Node, Operator, Shape, Value, register
from ..common.quantization_params import scale_and_zero
from ..common.quantization_rules import QuantizationRule

if TYPE_CHECKING:
    from ..common.plan_context import PlanContext

_MOST = 1 << 20  # detections, and classes of each
_DETECTIONS_PER_CLASS = 100
_COUNTS = ("max_detections", "max_classes_per_detection", "num_classes", "use_regular_nms", "detections_per_class")
_MEASURES = ("nms_score_threshold", "nms_iou_threshold", "y_scale", "x_scale", "h_scale", "w_scale")


class _Options(NamedTuple):
    """How many detections there may be, with how many classes each; `most_each` is how many of a class, if classes are apart."""

    most: int
    kinds: int
    most_each: int
    by_class: bool
    classes: int
    least_score: float
    most_overlap: float
    scales: tuple[float, ...]

    @property
    def places(self) -> int:
        return self.most * self.kinds


@register
class TFLiteDetectionPostProcess(Operator):
    """Inputs: box encodings [1, n, 4 or more], class scores [1, n, classes, with or without a background before them], anchors [n, 4].

    Outputs, FLOAT32: boxes [1, k, 4] as top, left, bottom and right; classes and scores [1, k]; how many there are [1].
    UINT8 inputs are dequantized. Places that are left over are 0, where LiteRT leaves what was there.
    """

    code = "TFLite_Detection_PostProcess"
    example = (
        "f32 1x300x4 1x300x91~0..1 const:300x4~0.1..1 max_detections=10 max_classes_per_detection=1 num_classes=90 "
        "nms_score_threshold=0.3 nms_iou_threshold=0.6 y_scale=10 x_scale=10 h_scale=5 w_scale=5"
    )
    input_count = (3, 3)
    custom_options = (*_COUNTS, *_MEASURES)
    output_count = (4, 4)
    quantized = QuantizationRule(types=("UINT8",), floats_out=True)

    def check_types(self, node: Node) -> None:
        for index in range(3):
            value = node.input(index)
            if value.type not in ("FLOAT32", "UINT8"):
                node.unsupported(f"there is no kernel for input {value}; there are: FLOAT32, UINT8")
            if value.type == "UINT8":
                scale_and_zero(node, value)
        boxes, anchors = node.input(0), node.input(2)
        node.require(anchors.type == boxes.type, f"its anchors {anchors} are not {boxes.type}, as its boxes are")
        for output in node.outputs:
            node.require(output.type == "FLOAT32", f"its output {output} is not FLOAT32")

    def options_of(self, node: Node) -> _Options:
        most, kinds, classes, by_class, most_each = whole_numbers(node, *_COUNTS)
        if numbers(node, "detections_per_class") == [None]:
            most_each = _DETECTIONS_PER_CLASS
        with np.errstate(over="ignore"):
            least_score, most_overlap, *scales = (float(np.float32(number or 0)) for number in numbers(node, *_MEASURES))
        node.require(0 <= most <= _MOST and 0 < kinds <= _MOST, f"it shall make {most} detections of {kinds} classes each")
        node.require(classes > 0, f"its num_classes is {classes}")
        node.require(0 < most_overlap <= 1, f"its nms_iou_threshold {most_overlap} is not within 0..1")
        if by_class:
            most_each = min(most_each, most)
            node.require(most_each > 0, "it shall make no detections of each class")
        return _Options(most, kinds, most_each, bool(by_class), classes, least_score, most_overlap, tuple(scales))

    def infer(self, node: Node) -> Sequence[Shape]:
        boxes, scores, anchors = (node.input(index) for index in range(3))
        options = self.options_of(node)
        node.require(len(boxes.shape) == 3 and boxes.shape[0] == 1 and boxes.shape[2] >= 4, f"its boxes {boxes} are not [1, n, 4 or more]")
        count = boxes.shape[1]
        fits = scores.shape[:-1] == (1, count) and scores.shape[-1] - options.classes in (0, 1)
        node.require(fits, f"its scores {scores} are not [1, {count}, {options.classes}, or 1 more for the background]")
        node.require(anchors.shape == (count, 4), f"its anchors {anchors} are not [{count}, 4]")
        return [(1, options.places, 4), (1, options.places), (1, options.places), (1,)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.detection import decode_boxes, detect_by_best_class, detect_by_class

        encodings, scores, anchors = (self.floats(node, plan, index) for index in range(3))
        options = self.options_of(node)
        count, stride = scores.shape[1:]
        boxes = plan.workspace((count, 4), "FLOAT32")
        plan.step(
            decode_boxes, work=count, cost=150, encodings=encodings, width=encodings.shape[2], anchors=anchors,
            scales=list(options.scales), boxes=boxes,
        )  # fmt: skip
        out_boxes, out_classes, out_scores, out_count = node.outputs
        # A class before the others is the background, which nobody detects.
        first = (stride - options.classes) * 4
        shared: dict[str, Any] = {
            "boxes": boxes, "scores": (scores, first), "size": count, "stride": stride, "classes": options.classes,
            "least_score": options.least_score, "most_overlap": options.most_overlap, "most": options.most,
            "order": plan.workspace((count,), "INT32"), "spare": plan.workspace((count,), "INT32"), "out_boxes": out_boxes,
            "out_classes": out_classes, "out_scores": out_scores, "places": options.places, "out_count": out_count,
            "failures": {1: "a box ends before it begins: an anchor's size is negative"},
        }  # fmt: skip
        cost = count * (stride + 20 + 20 * min(options.most, count))
        if options.by_class:
            plan.step(
                detect_by_class, work=1, cost=cost * options.classes, most_each=options.most_each,
                found=plan.workspace((2 * options.most,), "INT64"), found_scores=plan.workspace((2 * options.most,), "FLOAT32"), **shared,
            )  # fmt: skip
            return
        kinds = min(options.kinds, options.classes)
        plan.step(
            detect_by_best_class, work=1, cost=cost, best=plan.workspace((count,), "FLOAT32"),
            keys=plan.workspace((kinds,), "FLOAT32"), items=plan.workspace((kinds,), "INT32"), kinds=kinds, places_each=options.kinds,
            **shared,
        )  # fmt: skip

    @staticmethod
    def floats(node: Node, plan: PlanContext, index: int) -> Value:
        """An input as FLOAT32."""
        from ...kernels.quantize import BLOCK, dequantize

        value = node.input(index)
        if value.type == "FLOAT32":
            return value
        scale, zero = scale_and_zero(node, value)
        made = plan.workspace(value.shape, "FLOAT32")
        plan.step(
            dequantize[value.type], work=-(-value.size // BLOCK), cost=BLOCK, x=value, out=made, count=value.size,
            scales=plan.constant([scale], np.float32), zeros=plan.constant([zero], np.int32), channels=1, inner=1,
        )  # fmt: skip
        return made
