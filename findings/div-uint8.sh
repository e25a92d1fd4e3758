#!/usr/bin/env bash
# LiteRT divides UINT8 (and INT8) wrongly where the quotient is nearly zero: with scales of 1, 1 / 8 is the largest output and 0 / 4 is one step.
#
# Versions: ai-edge-litert 2.3.0, tflite (the schema) 2.18.0, flatbuffers 25.12.19, numpy 2.4.6, Python 3.11, x86-64.
# Behaviour: one DIV, run by Interpreter with BUILTIN_REF, BUILTIN_WITHOUT_DEFAULT_DELEGATES and AUTO, which all return the same, on every pair of
#   numerator and denominator (except a denominator of zero), compared with exact rational division; for a half both neighbours count as right.
#   Let x and y be the steps from the zero points, both negated where y < 0, and M = scale of x / (scale of y * scale of the output), where
#   2**(k - 1) <= M < 2**k. Let n be the number of bits of x, or of -x - 1 where x < 0. In all six quantizations below, the result is wrong
#   exactly where bits of y - n - k >= 2. There the exact quotient is less than half a step, so that the output should be its zero point.
#   It is instead the zero point + 1 where x = 0, the largest value of the type where x > 0, and the smallest where x < 0.
#   With M >= 64 no pair is wrong, because y has 8 bits at most. But with numerators and denominators below 1 and quotients below 16, as a
#   calibration may well choose them, (1 / 256) / 0.5 is 15.9375 in place of 0.
# Cause: the kernel scales numerator and reciprocal up to the full 32 bits and then shifts their product right by all those bits together,
#   30 - n + bits of y - k, without a check that they are 31 at most. More is undefined in C++; x86-64 takes the count modulo 32, so a product of
#   about 2**30 is not made small. (A model of the kernel in Python with such shifts, not part of this script, returned every wrong result
#   of five UINT8 quantizations.)
# Who takes the reference kernels for an oracle of a quantized DIV tests against these values.
# Output seen (the table is in steps from the zero point, which is 131 there):
#   -2 / 1, 2, 4, 8, 16: exact -2.0 -1.0 -0.5 -0.25 -0.125, LiteRT -2 -1 0 -131 -131
#   -1 / 1, 2, 4, 8, 16: exact -1.0 -0.5 -0.25 -0.125 -0.0625, LiteRT -1 0 -131 -131 -131
#   0 / 1, 2, 4, 8, 16: exact 0.0 0.0 0.0 0.0 0.0, LiteRT 0 0 1 1 1
#   1 / 1, 2, 4, 8, 16: exact 1.0 0.5 0.25 0.125 0.0625, LiteRT 1 1 0 124 124
#   2 / 1, 2, 4, 8, 16: exact 2.0 1.0 0.5 0.25 0.125, LiteRT 2 1 1 0 124
#   UINT8, scales 1: M = 1, 10920 of 65280 wrong: 5460 with x < 0, 252 with x = 0, 5208 with x > 0
#   UINT8, x and y below 1, quotients below 16: M = 16, 320 of 65280 wrong: 0 with x < 0, 192 with x = 0, 128 with x > 0
#   UINT8, denominators of both signs: M = 2, 2864 of 65280 wrong: 1432 with x < 0, 241 with x = 0, 1191 with x > 0
#   UINT8, small numerators: M = 1/1024, 65280 of 65280 wrong: 32640 with x < 0, 255 with x = 0, 32385 with x > 0
#   UINT8, fine output: M = 64, 0 of 65280 wrong: 0 with x < 0, 0 with x = 0, 0 with x > 0
#   INT8, scales 1: M = 1, 5520 of 65280 wrong: 2760 with x < 0, 249 with x = 0, 2511 with x > 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6

cat > divide.py <<'PYTHON'
"""A model of one DIV by the schema's own builders, run by LiteRT on all pairs of its inputs."""

from fractions import Fraction
from math import frexp

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def vector(builder, start, items, add):
    start(builder, len(items))
    for item in reversed(items):
        add(item)
    return builder.EndVector()


def tensor(builder, name, type, size, scale, zero_point):
    stored_name = builder.CreateString(name)
    shape = vector(builder, tflite.TensorStartShapeVector, [size], builder.PrependInt32)
    scales = vector(builder, tflite.QuantizationParametersStartScaleVector, [scale], builder.PrependFloat32)
    zeros = vector(builder, tflite.QuantizationParametersStartZeroPointVector, [zero_point], builder.PrependInt64)
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scales)
    tflite.QuantizationParametersAddZeroPoint(builder, zeros)
    quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, stored_name)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, type)
    tflite.TensorAddBuffer(builder, 0)
    tflite.TensorAddQuantization(builder, quantization)
    return tflite.TensorEnd(builder)


def model(type, size, quantizations):
    """DIV of two vectors; the quantizations, (scale, zero point), are the numerator's, the denominator's and the output's."""
    builder = flatbuffers.Builder(1024)
    tflite.DivOptionsStart(builder)
    options = tflite.DivOptionsEnd(builder)
    tflite.BufferStart(builder)
    buffers = vector(builder, tflite.ModelStartBuffersVector, [tflite.BufferEnd(builder)], builder.PrependUOffsetTRelative)
    made = [tensor(builder, name, type, size, *entry) for name, entry in zip(("x", "y", "quotient"), quantizations, strict=True)]
    tensors = vector(builder, tflite.SubGraphStartTensorsVector, made, builder.PrependUOffsetTRelative)
    inputs = vector(builder, tflite.OperatorStartInputsVector, [0, 1], builder.PrependInt32)
    outputs = vector(builder, tflite.OperatorStartOutputsVector, [2], builder.PrependInt32)
    tflite.OperatorStart(builder)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    tflite.OperatorAddBuiltinOptionsType(builder, tflite.BuiltinOptions.DivOptions)
    tflite.OperatorAddBuiltinOptions(builder, options)
    operators = vector(builder, tflite.SubGraphStartOperatorsVector, [tflite.OperatorEnd(builder)], builder.PrependUOffsetTRelative)
    graph_inputs = vector(builder, tflite.SubGraphStartInputsVector, [0, 1], builder.PrependInt32)
    graph_outputs = vector(builder, tflite.SubGraphStartOutputsVector, [2], builder.PrependInt32)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors)
    tflite.SubGraphAddInputs(builder, graph_inputs)
    tflite.SubGraphAddOutputs(builder, graph_outputs)
    tflite.SubGraphAddOperators(builder, operators)
    graphs = vector(builder, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(builder)], builder.PrependUOffsetTRelative)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddBuiltinCode(builder, tflite.BuiltinOperator.DIV)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, tflite.BuiltinOperator.DIV)
    tflite.OperatorCodeAddVersion(builder, 2 if type == tflite.TensorType.INT8 else 1)
    codes = vector(builder, tflite.ModelStartOperatorCodesVector, [tflite.OperatorCodeEnd(builder)], builder.PrependUOffsetTRelative)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def of_litert(content, x, y, resolver):
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType[resolver])
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), (x, y), strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def divide(dtype, quantizations):
    """Steps of all pairs from the zero points, factor M, and LiteRT's quotients, which all resolvers must return alike."""
    values = np.arange(np.iinfo(dtype).min, np.iinfo(dtype).max + 1)
    zero_x, zero_y = quantizations[0][1], quantizations[1][1]
    x, y = (side.ravel() for side in np.meshgrid(values, values[values != zero_y], indexing="ij"))
    content = model(tflite.TensorType.UINT8 if dtype == np.uint8 else tflite.TensorType.INT8, x.size, quantizations)
    resolvers = ("BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "AUTO")
    found = [of_litert(content, x.astype(dtype), y.astype(dtype), resolver) for resolver in resolvers]
    assert all(np.array_equal(found[0], other) for other in found), "the resolvers differ"
    scale_x, scale_y, scale_out = (Fraction(scale) for scale, _ in quantizations)  # powers of two, so float32 holds them exactly
    return x - zero_x, y - zero_y, scale_x / (scale_y * scale_out), found[0].astype(int)


def table():
    x, y, _, found = divide(np.uint8, [(1.0, 128), (1.0, 0), (1.0, 131)])
    denominators = (1, 2, 4, 8, 16)
    for numerator in range(-2, 3):
        exact = " ".join(str(numerator / denominator) for denominator in denominators)
        seen = " ".join(str(found[(x == numerator) & (y == denominator)][0] - 131) for denominator in denominators)
        print(f"{numerator} / 1, 2, 4, 8, 16: exact {exact}, LiteRT {seen}")


def count(title, dtype, *quantizations):
    x, y, factor, found = divide(dtype, quantizations)
    x, y = np.where(y < 0, -x, x), abs(y)
    # factor * x / y rounded to the nearest integer, upwards and downwards from a half
    above, below = factor.numerator * x, factor.denominator * y
    upwards, downwards = (2 * above + below) // (2 * below), -((below - 2 * above) // (2 * below))
    limits, zero_point = np.iinfo(dtype), quantizations[2][1]
    upwards, downwards = (np.clip(quotient + zero_point, limits.min, limits.max) for quotient in (upwards, downwards))
    wrong = (found != upwards) & (found != downwards)
    bits = np.vectorize(int.bit_length, otypes=[int])
    rule = bits(y) - bits(np.where(x < 0, -x - 1, x)) - frexp(factor)[1] >= 2
    assert np.array_equal(wrong, rule), "wrong elsewhere than described"
    assert (upwards[wrong] == zero_point).all() and (downwards[wrong] == zero_point).all(), "not where the quotient is nearly zero"
    described = np.where(x == 0, zero_point + 1, np.where(x > 0, limits.max, limits.min))
    assert np.array_equal(found[wrong], described[wrong]), "wrong in another way than described"
    signs = ", ".join(f"{(wrong & which).sum()} with x {sign} 0" for sign, which in (("<", x < 0), ("=", x == 0), (">", x > 0)))
    print(f"{title}: M = {factor}, {wrong.sum()} of {wrong.size} wrong: {signs}")


table()
count("UINT8, scales 1", np.uint8, (1.0, 128), (1.0, 0), (1.0, 131))
count("UINT8, x and y below 1, quotients below 16", np.uint8, (1 / 256, 0), (1 / 256, 0), (1 / 16, 0))
count("UINT8, denominators of both signs", np.uint8, (1 / 8, 128), (1 / 8, 120), (1 / 2, 131))
count("UINT8, small numerators", np.uint8, (1 / 1024, 128), (1.0, 0), (1.0, 131))
count("UINT8, fine output", np.uint8, (1.0, 128), (1.0, 0), (1 / 64, 131))
count("INT8, scales 1", np.int8, (1.0, 0), (1.0, 0), (1.0, 0))
PYTHON

venv/bin/python divide.py 2> errors.txt | tee seen.txt
diff seen.txt - <<'TEXT'
-2 / 1, 2, 4, 8, 16: exact -2.0 -1.0 -0.5 -0.25 -0.125, LiteRT -2 -1 0 -131 -131
-1 / 1, 2, 4, 8, 16: exact -1.0 -0.5 -0.25 -0.125 -0.0625, LiteRT -1 0 -131 -131 -131
0 / 1, 2, 4, 8, 16: exact 0.0 0.0 0.0 0.0 0.0, LiteRT 0 0 1 1 1
1 / 1, 2, 4, 8, 16: exact 1.0 0.5 0.25 0.125 0.0625, LiteRT 1 1 0 124 124
2 / 1, 2, 4, 8, 16: exact 2.0 1.0 0.5 0.25 0.125, LiteRT 2 1 1 0 124
UINT8, scales 1: M = 1, 10920 of 65280 wrong: 5460 with x < 0, 252 with x = 0, 5208 with x > 0
UINT8, x and y below 1, quotients below 16: M = 16, 320 of 65280 wrong: 0 with x < 0, 192 with x = 0, 128 with x > 0
UINT8, denominators of both signs: M = 2, 2864 of 65280 wrong: 1432 with x < 0, 241 with x = 0, 1191 with x > 0
UINT8, small numerators: M = 1/1024, 65280 of 65280 wrong: 32640 with x < 0, 255 with x = 0, 32385 with x > 0
UINT8, fine output: M = 64, 0 of 65280 wrong: 0 with x < 0, 0 with x = 0, 0 with x > 0
INT8, scales 1: M = 1, 5520 of 65280 wrong: 2760 with x < 0, 249 with x = 0, 2511 with x > 0
TEXT
echo "as described"
