"""Ops that graphs of TensorFlow 1 have and that are made of several operators: bits, segments, resampling, cells, crops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..referee import Case
from .builders import Op, each, some


@each("BitwiseAnd", "BitwiseOr")
def _bits(op: Op) -> Sequence[Case]:
    kinds = [("int32", -(2**31), 2**31 - 1), ("int16", -300, 300), ("uint8", 0, 255), ("int8", -128, 127), ("uint32", 0, 2**31 + 9)]
    return [
        *(Case(lambda x, y: op(x=x, y=y), [some((3, 4), kind, low, high), some((4,), kind, low, high)], [True, False])
          for kind, low, high in kinds),
        *(Case(lambda x, y=mask: op(x=x, y=y), [some((3, 4), "int32", -99, 99)]) for mask in (7, 0, 12, -1)),
    ]  # fmt: skip


@each("LeftShift")
def _shift(op: Op) -> Sequence[Case]:
    kinds = [("int32", -(2**31), 2**31 - 1), ("int16", -300, 300), ("uint8", 0, 255), ("uint32", 0, 2**31 + 9)]
    return [Case(lambda x, k=kind: op(x=x, y=np.array([0, 1, 5, 7], k)), [some((3, 4), kind, low, high)]) for kind, low, high in kinds]


@each("SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd")
def _segments(op: Op) -> Sequence[Case]:
    ids = np.array([0, 0, 2, 2, 2], np.int32)
    return [
        Case(lambda x, i: op(data=x, segment_ids=i), [some((5, 3)), ids]),
        Case(lambda x, i: op(data=x, segment_ids=i), [some((5,)), ids.astype(np.int64)]),
    ]


@each("LowerBound", "UpperBound")
def _bounds(op: Op) -> Sequence[Case]:
    rows, values = np.sort(some((2, 5), "float32", 0, 3).round()), some((2, 4), "float32", -1, 4).round()
    return [Case(lambda a, b, t=type: op(sorted_inputs=a, values=b, out_type=t), [rows, values]) for type in (tf.int32, tf.int64)]


@each("Cross")
def _cross(op: Op) -> Sequence[Case]:
    return [
        Case(lambda a, b: op(a=a, b=b), [some((2, 4, 3)), some((2, 4, 3))]),
        Case(lambda a, b: op(a=a, b=b), [some((3,)), some((3,))], False),
    ]


@each("ResizeBicubic", "ResizeArea")
def _resized(op: Op) -> Sequence[Case]:
    forms = [{}, {"align_corners": True}] + [{"half_pixel_centers": True}] * (op is tf.raw_ops.ResizeBicubic)
    sizes = [[7, 3], [2, 9], [5, 6], [1, 1]]
    return [
        *(Case(lambda x, f=form, s=size: op(images=x, size=s, **f), [some((2, 5, 6, 3))]) for form in forms for size in sizes),
        Case(lambda x: op(images=x, size=[3, 3]), [some((1, 4, 4, 1), "uint8", 0, 255)], tolerance=1e-5),
    ]


@each("ScaleAndTranslate")
def _translated(op: Op) -> Sequence[Case]:
    kinds = ["lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"]
    return [
        Case(lambda x, k=kind, s=scale, a=antialias: op(
            images=x, size=[7, 4], scale=s, translation=[0.5, -1.25], kernel_type=k, antialias=a), [some((2, 5, 6, 3))])
        for kind in kinds for scale in ([1.4, 0.6], [0.4, 2.0]) for antialias in (True, False)
    ]  # fmt: skip


def _lstm_inputs(cells: int = 4) -> list[np.ndarray]:
    return [some((2, cells)), some((2, cells)), some((3 + cells, 4 * cells)), *(some((cells,)) for _ in range(3)), some((4 * cells,))]


@each("LSTMBlockCell")
def _lstm_cell(op: Op) -> Sequence[Case]:
    cs, h, w, wci, wcf, wco, b = _lstm_inputs()
    return [
        Case(lambda x, cs, h, form=form: op(x=x, cs_prev=cs, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b, **form), [some((2, 3)), cs, h])
        for form in ({}, {"use_peephole": True, "cell_clip": -1.0, "forget_bias": 0.5}, {"cell_clip": 0.5})
    ]


@each("BlockLSTM", "BlockLSTMV2")
def _lstm(op: Op) -> Sequence[Case]:
    """Of the steps after the last one TensorFlow only says what cs and h are."""
    cs, h, w, wci, wcf, wco, b = _lstm_inputs()
    fixed = dict(w=w, wci=wci, wcf=wcf, wco=wco, b=b)

    def case(steps: int, **form: object) -> Case:
        def build(x: object, cs: object, h: object) -> object:
            made = op(seq_len_max=np.int64(steps), x=x, cs_prev=cs, h_prev=h, **fixed, **form)
            return made if steps == 5 else [made.cs, made.h]

        return Case(build, [some((5, 2, 3)), cs, h], [(1,), (0,), (0,)])

    return [case(steps, **form) for form in ({}, {"use_peephole": True}, {"cell_clip": 0.5}) for steps in (5, 3)]


@each("GRUBlockCell")
def _gru_cell(op: Op) -> Sequence[Case]:
    weights = dict(w_ru=some((7, 8)), w_c=some((7, 4)), b_ru=some((8,)), b_c=some((4,)))
    return [Case(lambda x, h: op(x=x, h_prev=h, **weights), [some((2, 3)), some((2, 4))])]


@each("CropAndResize")
def _crops(op: Op) -> Sequence[Case]:
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.6, 0.8, 0.2], [-0.3, 0.2, 0.5, 1.4], [0.5, 0.5, 0.5, 0.5]], np.float32)
    feeds = [some((2, 5, 6, 3)), boxes, np.array([0, 1, 1, 0], np.int32)]
    return [
        Case(lambda x, b, i, s=size, m=method: op(image=x, boxes=b, box_ind=i, crop_size=s, method=m, extrapolation_value=0.25), feeds)
        for size in ([3, 4], [1, 5], [7, 7]) for method in ("bilinear", "nearest")
    ]  # fmt: skip
