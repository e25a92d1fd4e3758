"""Parts of pictures, each resized to one size."""

from __future__ import annotations

import numpy as np

from ...model import Tensor
from ..call import Call
from .formulas import Term
from .registry import translates


@translates("CropAndResize", ranks=(4, 2, 1, 1))
def crop_and_resize(call: Call) -> Tensor:
    """Boxes [number, 4] of (y1, x1, y2, x2), in which 0 to 1 is from the first to the last pixel, of the pictures that are named."""
    x, boxes, of = call.cast(call.input(0), "FLOAT32"), call.input(1), call.cast(call.input(2), "INT32")
    _, height, width, channels = call.shape(x)
    call.require(
        min(height, width) > 0, "it cuts out of pictures of a size that only a run knows", "Give the shapes of the inputs (input_shapes)"
    )
    wanted, number = call.numbers(3, "size"), call.shape(boxes)[0]
    outside = np.float32(call.attribute("extrapolation_value", 0.0))
    edges = call.emit_all("UNPACK", [boxes], ["FLOAT32"] * 4, [(number,)] * 4, num=4, axis=1)

    def places(first: Tensor, last: Tensor, size: int, count: int, shape: tuple[int, ...]) -> Term:
        """Where along a dimension the rows of a crop lie, [number, count, 1] or [number, 1, count]."""
        low, high = (Term(call, call.reshape(edge, (number, 1, 1))) for edge in (first, last))
        if count == 1:
            return (low + high) * np.float32(0.5 * (size - 1))
        steps = np.arange(count, dtype=np.float32).reshape(shape)
        return low * np.float32(size - 1) + (high - low) * np.float32((size - 1) / (count - 1)) * steps

    ys = places(edges[0], edges[2], height, wanted[0], (1, -1, 1))
    xs = places(edges[1], edges[3], width, wanted[1], (1, 1, -1))

    def inside(place: Term, size: int) -> Tensor:
        over = call.elementwise("GREATER_EQUAL", place.tensor, place.of(0), type="BOOL")
        return call.elementwise("LOGICAL_AND", over, call.elementwise("LESS_EQUAL", place.tensor, place.of(size - 1), type="BOOL"))

    whole = (number, *wanted)
    pictures = call.emit("BROADCAST_TO", [call.reshape(of, (number, 1, 1)), _shape(call, of, wanted)], "INT32", whole)

    nowhere = call.elementwise("MUL", pictures, call.make(0, np.int32))  # it stretches what is added to it

    def pixels(y: Term, x_: Term) -> Term:
        """The pixels at whole places, moved into the picture where they are outside."""
        indices = [pictures]
        for place, size in ((y, height), (x_, width)):
            bounded = place.with_("MAXIMUM", 0).with_("MINIMUM", size - 1)
            indices.append(call.elementwise("ADD", call.cast(bounded.tensor, "INT32"), nowhere))
        joined = call.emit("PACK", indices, "INT32", (*whole, 3), values_count=3, axis=3)
        return Term(call, call.emit("GATHER_ND", [x, joined], None, (*whole, channels)))

    if call.attribute("method", "bilinear") == "nearest":
        made = pixels(*((place + 0.5)("FLOOR") for place in (ys, xs)))
    else:
        (top, left), (bottom, right) = ([place(code) for place in (ys, xs)] for code in ("FLOOR", "CEIL"))
        down, along = (
            Term(call, call.emit("EXPAND_DIMS", [term.tensor, call.make(3, np.int32)], None, (*call.shape(term.tensor), 1)))
            for term in (ys - top, xs - left)
        )
        rows = [pixels(y, left) + (pixels(y, right) - pixels(y, left)) * along for y in (top, bottom)]
        made = rows[0] + (rows[1] - rows[0]) * down
    both = call.elementwise("LOGICAL_AND", inside(ys, height), inside(xs, width))
    both = call.emit("EXPAND_DIMS", [both, call.make(3, np.int32)], None, (*whole, 1))
    return call.elementwise("SELECT_V2", both, made.tensor, call.make(outside), type="FLOAT32")


def _shape(call: Call, of: Tensor, wanted: list[int]) -> Tensor:
    """The number of boxes and the size of a crop as a vector."""
    (number,) = call.shape(of)
    if number >= 0:
        return call.shape_tensor([number, *wanted])
    counted = call.emit("SHAPE", [of], "INT32", (1,), out_type="INT32")
    return call.emit("CONCATENATION", [counted, call.shape_tensor(wanted)], None, (3,), axis=0, fused_activation_function="NONE")
