#!/usr/bin/env bash
# LiteRT's reference kernels are taken for the specification of .tflite operators; for two operators they compute something else than the
# optimized kernels, which agree with TensorFlow.
#
# Versions: ai-edge-litert 2.3.0, tflite (the schema) 2.18.0, flatbuffers 25.12.19, numpy 2.4.6, Python 3.11.
# Behaviour: with OpResolverType.BUILTIN_REF
#   SUM of INT8 reads its input as unsigned: -10 - 20 - 30 + 20 with scales 1 and 4 is -40 / 4 = -10, and it returns -74,
#   which is (246 + 236 + 226 + 20) / 4 = 182 cut to eight bits;
#   LOCAL_RESPONSE_NORMALIZATION leaves out the last channel of each window: x / (bias + sum of squares of channels -1 to +1) of [1, 2, 3] is
#   [1/6, 2/15, 3/14], and it returns [1/2, 1/3, 3/14].
# A golden recorded with the reference kernels fixes these values.
# Output seen:
#   SUM BUILTIN_REF [-74]
#   SUM BUILTIN_WITHOUT_DEFAULT_DELEGATES [-10]
#   SUM AUTO [-10]
#   LOCAL_RESPONSE_NORMALIZATION BUILTIN_REF [0.5, 0.3333, 0.2143]
#   LOCAL_RESPONSE_NORMALIZATION BUILTIN_WITHOUT_DEFAULT_DELEGATES [0.1667, 0.1333, 0.2143]
#   LOCAL_RESPONSE_NORMALIZATION AUTO [0.1667, 0.1333, 0.2143]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6

cat > models.py <<'PYTHON'
"""One-op models by the schema's own builders."""

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FLOAT32, INT8, INT32 = tflite.TensorType.FLOAT32, tflite.TensorType.INT8, tflite.TensorType.INT32


def vector(builder, start, items, add):
    start(builder, len(items))
    for item in reversed(items):
        add(item)
    return builder.EndVector()


def tensor(builder, index, shape, type, scale, data):
    name = builder.CreateString(f"tensor_{index}")
    dimensions = vector(builder, tflite.TensorStartShapeVector, shape, builder.PrependInt32)
    quantization = None
    if scale is not None:
        scales = vector(builder, tflite.QuantizationParametersStartScaleVector, [scale], builder.PrependFloat32)
        zeros = vector(builder, tflite.QuantizationParametersStartZeroPointVector, [0], builder.PrependInt64)
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, zeros)
        quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, name)
    tflite.TensorAddShape(builder, dimensions)
    tflite.TensorAddType(builder, type)
    tflite.TensorAddBuffer(builder, index + 1 if data is not None else 0)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    return tflite.TensorEnd(builder)


def model(code, version, options_type, options, tensors):
    """The last of the tensors, (shape, type, scale, data), is the output; those with data are constants."""
    builder = flatbuffers.Builder(1024)
    made_options = options(builder)
    buffers = []
    for data in (None, *(entry[3] for entry in tensors)):
        stored = builder.CreateByteVector(data) if data is not None else None
        tflite.BufferStart(builder)
        if stored is not None:
            tflite.BufferAddData(builder, stored)
        buffers.append(tflite.BufferEnd(builder))
    all_buffers = vector(builder, tflite.ModelStartBuffersVector, buffers, builder.PrependUOffsetTRelative)
    made = [tensor(builder, index, *entry) for index, entry in enumerate(tensors)]
    all_tensors = vector(builder, tflite.SubGraphStartTensorsVector, made, builder.PrependUOffsetTRelative)
    last = len(tensors) - 1
    inputs = vector(builder, tflite.OperatorStartInputsVector, range(last), builder.PrependInt32)
    outputs = vector(builder, tflite.OperatorStartOutputsVector, [last], builder.PrependInt32)
    tflite.OperatorStart(builder)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    tflite.OperatorAddBuiltinOptionsType(builder, options_type)
    tflite.OperatorAddBuiltinOptions(builder, made_options)
    operators = vector(builder, tflite.SubGraphStartOperatorsVector, [tflite.OperatorEnd(builder)], builder.PrependUOffsetTRelative)
    given = [index for index in range(last) if tensors[index][3] is None]
    graph_inputs = vector(builder, tflite.SubGraphStartInputsVector, given, builder.PrependInt32)
    graph_outputs = vector(builder, tflite.SubGraphStartOutputsVector, [last], builder.PrependInt32)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, all_tensors)
    tflite.SubGraphAddInputs(builder, graph_inputs)
    tflite.SubGraphAddOutputs(builder, graph_outputs)
    tflite.SubGraphAddOperators(builder, operators)
    graphs = vector(builder, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(builder)], builder.PrependUOffsetTRelative)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, code)
    tflite.OperatorCodeAddVersion(builder, version)
    codes = vector(builder, tflite.ModelStartOperatorCodesVector, [tflite.OperatorCodeEnd(builder)], builder.PrependUOffsetTRelative)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, all_buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def show(name, content, x):
    for resolver in ("BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "AUTO"):
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType[resolver])
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        values = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).reshape(-1)
        print(name, resolver, [round(value, 4) for value in values.tolist()])


def sum_options(builder):
    tflite.ReducerOptionsStart(builder)
    return tflite.ReducerOptionsEnd(builder)


def normalization_options(builder):
    tflite.LocalResponseNormalizationOptionsStart(builder)
    tflite.LocalResponseNormalizationOptionsAddRadius(builder, 1)
    tflite.LocalResponseNormalizationOptionsAddBias(builder, 1.0)
    tflite.LocalResponseNormalizationOptionsAddAlpha(builder, 1.0)
    tflite.LocalResponseNormalizationOptionsAddBeta(builder, 1.0)
    return tflite.LocalResponseNormalizationOptionsEnd(builder)


axis = np.int32(1).tobytes()
tensors = [([1, 4], INT8, 1.0, None), ([1], INT32, None, axis), ([1], INT8, 4.0, None)]
content = model(tflite.BuiltinOperator.SUM, 2, tflite.BuiltinOptions.ReducerOptions, sum_options, tensors)
show("SUM", content, np.array([[-10, -20, -30, 20]], np.int8))
operator, options = tflite.BuiltinOperator.LOCAL_RESPONSE_NORMALIZATION, tflite.BuiltinOptions.LocalResponseNormalizationOptions
content = model(operator, 1, options, normalization_options, [([1, 1, 1, 3], FLOAT32, None, None)] * 2)
show("LOCAL_RESPONSE_NORMALIZATION", content, np.array([[[[1, 2, 3]]]], np.float32))
PYTHON

venv/bin/python models.py 2> errors.txt | tee seen.txt
diff seen.txt - <<'TEXT'
SUM BUILTIN_REF [-74]
SUM BUILTIN_WITHOUT_DEFAULT_DELEGATES [-10]
SUM AUTO [-10]
LOCAL_RESPONSE_NORMALIZATION BUILTIN_REF [0.5, 0.3333, 0.2143]
LOCAL_RESPONSE_NORMALIZATION BUILTIN_WITHOUT_DEFAULT_DELEGATES [0.1667, 0.1333, 0.2143]
LOCAL_RESPONSE_NORMALIZATION AUTO [0.1667, 0.1333, 0.2143]
TEXT
echo "as described"
