"""Detection, Fourier transforms, fake quantization, losses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import Draw, Op, drawn, each, some

BOXES = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]], np.float32)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5, 0.3], np.float32)


@each("NonMaxSuppression", "NonMaxSuppressionV2")
def _nms(op: Op) -> Sequence[Case]:
    return [Case(lambda b, s: op(boxes=b, scores=s, max_output_size=4, iou_threshold=0.5), [BOXES, SCORES])]


@each("NonMaxSuppressionV3")
def _nms_v3(op: Op) -> Sequence[Case]:
    return [
        Case(lambda b, s, m: op(boxes=b, scores=s, max_output_size=m, iou_threshold=0.5, score_threshold=0.4),
             [BOXES, SCORES, np.array(most, "int32")])
        for most in (2, 9)
    ]  # fmt: skip


@each("NonMaxSuppressionV4", "NonMaxSuppressionV5")
def _nms_padded(op: Op) -> Sequence[Case]:
    more = dict(soft_nms_sigma=0.5) if op is tf.raw_ops.NonMaxSuppressionV5 else {}
    numbers = dict(max_output_size=5, iou_threshold=0.5, score_threshold=0.2, **more)
    return [
        Case(lambda b, s, pad=pad: op(boxes=b, scores=s, **numbers, pad_to_max_output_size=pad), [BOXES, SCORES]) for pad in (False, True)
    ]  # fmt: skip


@each("RFFT")
def _rfft(op: Op) -> Sequence[Case]:
    forms = [((2, 16), 16), ((3, 2, 16), 8), ((2, 20), 16)]
    return [Case(lambda x, n=n: op(input=x, fft_length=[n]), [some(shape)], [tuple(range(len(shape) - 1))]) for shape, n in forms]


@each("RFFT2D")
def _rfft_2d(op: Op) -> Sequence[Case]:
    forms = [((8, 16), [8, 16]), ((2, 5, 9), [4, 8])]
    return [Case(lambda x, n=n: op(input=x, fft_length=n), [some(shape)], len(shape) > 2) for shape, n in forms]


@each("Real", "Imag", "Angle")
def _parts(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(input=tf.raw_ops.RFFT(input=x, fft_length=[16]))[:, 1:8], [some((2, 16))])]


@each("ComplexAbs")
def _complex_abs(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=tf.raw_ops.RFFT(input=x, fft_length=[16])), [some((2, 16))])]


RANGES = st.sampled_from([(-6.0, 6.0), (0.0, 6.0), (-1.3, 2.7), (1.0, 5.0), (-4.0, -1.0), (-10.0, 5.0)])


@drawn("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars")
def _fake_quant(draw: Draw, op: Op) -> Case:
    low, high = draw(RANGES)
    options = dict(min=low, max=high, num_bits=draw(st.sampled_from([8, 8, 4, 16])), narrow_range=draw(st.booleans()))
    return Case(lambda x: op(inputs=x, **options), [some((4, 9), low=-8, high=8)])


@each("FakeQuantWithMinMaxVars")
def _empty_range(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(inputs=x, min=0.0, max=0.0), [some((3, 3))])]


@each("FakeQuantWithMinMaxVarsPerChannel")
def _fake_quant_per_channel(op: Op) -> Sequence[Case]:
    ranges = dict(min=[-1.0, 0.0, -3.0], max=[2.0, 6.0, -1.0])
    return [
        Case(lambda x, narrow=narrow: op(inputs=x, narrow_range=narrow, **ranges), [some((5, 3), low=-5, high=5)])
        for narrow in (False, True)
    ]


@drawn("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def _quantize_and_dequantize(draw: Draw, op: Op) -> Case:
    signed = draw(st.booleans())
    low, high = draw(st.sampled_from([(-3.0, 3.0), (-2.0, 5.0), (-5.0, 2.0), (-4.0, 3.0)] if signed else [(0.0, 6.0), (0.0, 2.5)]))
    options = dict(signed_input=signed, range_given=True, narrow_range=draw(st.booleans()), num_bits=draw(st.sampled_from([8, 4])))
    if op is not tf.raw_ops.QuantizeAndDequantizeV3:
        options["round_mode"] = draw(st.sampled_from(["HALF_TO_EVEN", "HALF_UP"]))
    return Case(lambda x: op(input=x, input_min=low, input_max=high, **options), [some((4, 9), low=-8 * signed, high=8)])


@each("SoftmaxCrossEntropyWithLogits")
def _cross_entropy(op: Op) -> Sequence[Case]:
    feeds = [some((3, 5)), some((3, 5))]
    return [
        Case(lambda x, y: op(features=x, labels=tf.nn.softmax(y)), feeds),
        Case(lambda x, y: op(features=x, labels=y)[0], feeds, codes="LOG_SOFTMAX MUL SUM NEG"),
    ]


@each("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_cross_entropy(op: Op) -> Sequence[Case]:
    return [Case(lambda x, y: op(features=x, labels=y), [some((3, 5)), some((3,), "int64", 0, 4)])]


@drawn("AudioSpectrogram")
def _spectrogram(draw: Draw, op: Op) -> Case:
    window, stride, squared = draw(st.integers(2, 40)), draw(st.integers(1, 20)), draw(st.booleans())
    x = some((draw(st.integers(40, 99)), draw(st.integers(1, 2))), low=-1, high=1)
    return Case(lambda x: op(input=x, window_size=window, stride=stride, magnitude_squared=squared), [x])


@drawn("Mfcc")
def _mfcc(draw: Draw, op: Op) -> Case:
    options = dict(dct_coefficient_count=draw(st.integers(5, 13)), filterbank_channel_count=draw(st.integers(20, 40)))
    x = some((1, draw(st.integers(1, 4)), 257), low=0.1)
    return Case(lambda x: op(spectrogram=x, sample_rate=16000, **options), [x], [(1,)], tolerance=1e-4)
