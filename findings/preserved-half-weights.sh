#!/usr/bin/env bash
# LiteRT's experimental_preserve_all_tensors with weights that are stored as halves: the tensor that DEQUANTIZE should have made of them can
# be read after a run, and holds whatever the memory held before.
#
# Versions: ai-edge-litert 2.3.0, tflite (the schema) 2.18.0, flatbuffers 25.12.19, numpy 2.4.6, Python 3.11, x86-64.
# Behaviour: the default interpreter's delegate takes the halves themselves and never writes the tensor between, so that get_tensor returns
#   numbers of any size without an error or a warning. The output is right. Without the delegate the tensor holds the weights.
# Who dumps all tensors of a float16 model to compare layers with another runtime compares noise.
# Output seen:
#   AUTO: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds something else
#   BUILTIN_WITHOUT_DEFAULT_DELEGATES: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds the weights
#   BUILTIN_REF: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds the weights
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6

cat > models.py <<'PYTHON'
"""A layer whose weights are stored as halves, by the schema's own builders."""

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FLOAT16, FLOAT32 = tflite.TensorType.FLOAT16, tflite.TensorType.FLOAT32
WEIGHTS = (np.arange(32).reshape(4, 8) / 8).astype(np.float16)


def vector(builder, start, items, add):
    start(builder, len(items))
    for item in reversed(items):
        add(item)
    return builder.EndVector()


def tensor(builder, name, shape, type, buffer):
    text = builder.CreateString(name)
    dimensions = vector(builder, tflite.TensorStartShapeVector, shape, builder.PrependInt32)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, text)
    tflite.TensorAddShape(builder, dimensions)
    tflite.TensorAddType(builder, type)
    tflite.TensorAddBuffer(builder, buffer)
    return tflite.TensorEnd(builder)


def operator(builder, code, inputs, outputs, kind, options):
    ins = vector(builder, tflite.OperatorStartInputsVector, inputs, builder.PrependInt32)
    outs = vector(builder, tflite.OperatorStartOutputsVector, outputs, builder.PrependInt32)
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, ins)
    tflite.OperatorAddOutputs(builder, outs)
    tflite.OperatorAddBuiltinOptionsType(builder, kind)
    tflite.OperatorAddBuiltinOptions(builder, options)
    return tflite.OperatorEnd(builder)


def operator_code(builder, code, version):
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, code)
    tflite.OperatorCodeAddVersion(builder, version)
    return tflite.OperatorCodeEnd(builder)


def model():
    builder = flatbuffers.Builder(1024)
    buffers = []
    for data in (None, WEIGHTS.tobytes()):
        stored = builder.CreateByteVector(data) if data is not None else None
        tflite.BufferStart(builder)
        if stored is not None:
            tflite.BufferAddData(builder, stored)
        buffers.append(tflite.BufferEnd(builder))
    all_buffers = vector(builder, tflite.ModelStartBuffersVector, buffers, builder.PrependUOffsetTRelative)
    tensors = [
        tensor(builder, "halves", [4, 8], FLOAT16, 1), tensor(builder, "weights", [4, 8], FLOAT32, 0),
        tensor(builder, "x", [1, 8], FLOAT32, 0), tensor(builder, "y", [1, 4], FLOAT32, 0),
    ]
    all_tensors = vector(builder, tflite.SubGraphStartTensorsVector, tensors, builder.PrependUOffsetTRelative)
    tflite.DequantizeOptionsStart(builder)
    options = tflite.DequantizeOptionsEnd(builder)
    first = operator(builder, 0, [0], [1], tflite.BuiltinOptions.DequantizeOptions, options)
    tflite.FullyConnectedOptionsStart(builder)
    options = tflite.FullyConnectedOptionsEnd(builder)
    second = operator(builder, 1, [2, 1, -1], [3], tflite.BuiltinOptions.FullyConnectedOptions, options)
    operators = vector(builder, tflite.SubGraphStartOperatorsVector, [first, second], builder.PrependUOffsetTRelative)
    inputs = vector(builder, tflite.SubGraphStartInputsVector, [2], builder.PrependInt32)
    outputs = vector(builder, tflite.SubGraphStartOutputsVector, [3], builder.PrependInt32)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, all_tensors)
    tflite.SubGraphAddInputs(builder, inputs)
    tflite.SubGraphAddOutputs(builder, outputs)
    tflite.SubGraphAddOperators(builder, operators)
    graphs = vector(builder, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(builder)], builder.PrependUOffsetTRelative)
    made = [operator_code(builder, tflite.BuiltinOperator.DEQUANTIZE, 3), operator_code(builder, tflite.BuiltinOperator.FULLY_CONNECTED, 1)]
    codes = vector(builder, tflite.ModelStartOperatorCodesVector, made, builder.PrependUOffsetTRelative)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, all_buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


content = model()
for resolver in ("AUTO", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN_REF"):
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType[resolver], experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ones((1, 8), np.float32))
    interpreter.invoke()
    values = {details["name"]: interpreter.get_tensor(details["index"]) for details in interpreter.get_tensor_details() if details["name"]}
    right = "the weights" if np.array_equal(values["weights"], WEIGHTS.astype(np.float32)) else "something else"
    print(f"{resolver}: y {values['y'].ravel().tolist()}, the tensor 'weights' holds {right}")
PYTHON

venv/bin/python models.py 2> errors.txt | tee seen.txt
diff seen.txt - <<'TEXT'
AUTO: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds something else
BUILTIN_WITHOUT_DEFAULT_DELEGATES: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds the weights
BUILTIN_REF: y [3.5, 11.5, 19.5, 27.5], the tensor 'weights' holds the weights
TEXT
echo "as described"
