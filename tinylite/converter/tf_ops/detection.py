"""Non-maximum suppression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call
from .registry import translates


@translates("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5", ranks=(2, 1))
def non_max_suppression(call: Call) -> Sequence[Tensor]:
    """The operators always return as many indices as were asked for at most, the last ones 0, and say how many count.

    TensorFlow returns only those that count, unless it is to pad.
    """
    boxes, scores, most, *numbers = call.inputs
    if call.op == "NonMaxSuppression":
        numbers = [call.make(call.attribute("iou_threshold", 0.5), np.float32)]
    if len(numbers) == 1:
        numbers.append(call.make(-np.inf, np.float32))
    soft = call.op.endswith("V5")
    (limit,) = call.translator.partial.values(most) or [-1]
    if soft and numbers[2].is_constant and call.constant(5, "sigma") > 0:
        # TensorFlow then lowers scores only; the operator would also drop boxes beyond the threshold.
        numbers[0] = call.make(1, np.float32)
    inputs = [boxes, scores, call.cast(most, "INT32"), *numbers]
    if soft:
        indices, kept, count = call.emit_all(
            "NON_MAX_SUPPRESSION_V5", inputs, ["INT32", scores.type, "INT32"], [(limit,), (limit,), ()]
        )  # fmt: skip
    else:
        indices, count = call.emit_all("NON_MAX_SUPPRESSION_V4", inputs, ["INT32", "INT32"], [(limit,), ()])
        kept = None
    if not call.attribute("pad_to_max_output_size"):
        size = call.reshape(count, (1,))
        begin = call.shape_tensor([0])
        indices = call.emit("SLICE", [indices, begin, size], None, (-1,))
        kept = kept if kept is None else call.emit("SLICE", [kept, begin, size], None, (-1,))
    return [indices, count] if kept is None else [indices, kept, count]
