#!/usr/bin/env bash
# NaN in four operators that pick or convert values: no two runtimes for .tflite files agree, nor do two kernels of one package.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, tflite-runtime 2.14.0, tflite (the schema) 2.18.0, Python 3.11, x86-64.
# Behaviour: the largest of NaN and 1 in a MAX_POOL_2D is 1, -inf or +inf; ARG_MAX of NaN, 1, 3 is 2, or 0 in tflite-micro and in the
#   older runtime; REDUCE_MAX returns NaN from LiteRT's optimized kernels and hides it in its reference kernels and in tflite-micro;
#   CAST of NaN is the largest INT32, the least, or 0. "NaN stays NaN" holds for no column of the output.
# A float golden in which a NaN has gone through one of them says nothing about the model, only about the runtime and its version.
# Output seen:
#   MAX_POOL_2D of nan, 1: LiteRT: -inf
#   MAX_POOL_2D of nan, 1: LiteRT, no delegate: 1.0
#   MAX_POOL_2D of nan, 1: LiteRT, reference: 1.0
#   MAX_POOL_2D of nan, 1: tflite-micro: 1.0
#   ARG_MAX of nan, 1, 3: LiteRT: 2
#   ARG_MAX of nan, 1, 3: LiteRT, no delegate: 2
#   ARG_MAX of nan, 1, 3: LiteRT, reference: 2
#   ARG_MAX of nan, 1, 3: tflite-micro: 0
#   REDUCE_MAX of 1, 2, nan: LiteRT: nan
#   REDUCE_MAX of 1, 2, nan: LiteRT, no delegate: nan
#   REDUCE_MAX of 1, 2, nan: LiteRT, reference: 2.0
#   REDUCE_MAX of 1, 2, nan: tflite-micro: 2.0
#   CAST to INT32 of nan, 3e9: LiteRT: 2147483647 2147483647
#   CAST to INT32 of nan, 3e9: LiteRT, no delegate: 2147483647 2147483647
#   CAST to INT32 of nan, 3e9: LiteRT, reference: 2147483647 2147483647
#   CAST to INT32 of nan, 3e9: tflite-micro: 0 2147483647
#   MAX_POOL_2D of nan, 1: tflite-runtime 2.14: inf
#   ARG_MAX of nan, 1, 3: tflite-runtime 2.14: 0
#   REDUCE_MAX of 1, 2, nan: tflite-runtime 2.14: nan
#   CAST to INT32 of nan, 3e9: tflite-runtime 2.14: -2147483648 -2147483648
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv new
new/bin/pip install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 tflite-micro==0.dev20261023182759 pyyaml==6.0.3 tflite==2.18.0 \
  flatbuffers==25.12.19 numpy==2.4.6
python3 -m venv old
old/bin/pip install --quiet --disable-pip-version-check tflite-runtime==2.14.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==1.26.4

cat > models.py <<'PYTHON'
"""One-op models by the schema's own builders, and what runtimes make of NaN."""

import sys

import flatbuffers
import numpy as np
import tflite

FLOAT32, INT32 = tflite.TensorType.FLOAT32, tflite.TensorType.INT32


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


def pool_options(builder):
    tflite.Pool2DOptionsStart(builder)
    tflite.Pool2DOptionsAddPadding(builder, tflite.Padding.VALID)
    tflite.Pool2DOptionsAddStrideW(builder, 1)
    tflite.Pool2DOptionsAddStrideH(builder, 1)
    tflite.Pool2DOptionsAddFilterWidth(builder, 2)
    tflite.Pool2DOptionsAddFilterHeight(builder, 1)
    return tflite.Pool2DOptionsEnd(builder)


def arg_options(builder):
    tflite.ArgMaxOptionsStart(builder)
    tflite.ArgMaxOptionsAddOutputType(builder, INT32)
    return tflite.ArgMaxOptionsEnd(builder)


def reduce_options(builder):
    tflite.ReducerOptionsStart(builder)
    return tflite.ReducerOptionsEnd(builder)


def cast_options(builder):
    tflite.CastOptionsStart(builder)
    tflite.CastOptionsAddInDataType(builder, FLOAT32)
    tflite.CastOptionsAddOutDataType(builder, INT32)
    return tflite.CastOptionsEnd(builder)


nan, axis, kinds, codes = float("nan"), np.int32(1).tobytes(), tflite.BuiltinOptions, tflite.BuiltinOperator
CASES = {
    "MAX_POOL_2D of nan, 1": (
        [nan, 1],
        model(codes.MAX_POOL_2D, 1, kinds.Pool2DOptions, pool_options, [([1, 1, 2, 1], FLOAT32, None, None), ([1, 1, 1, 1], FLOAT32, None, None)]),
    ),
    "ARG_MAX of nan, 1, 3": (
        [nan, 1, 3],
        model(codes.ARG_MAX, 1, kinds.ArgMaxOptions, arg_options, [([1, 3], FLOAT32, None, None), ([1], INT32, None, axis), ([1], INT32, None, None)]),
    ),
    "REDUCE_MAX of 1, 2, nan": (
        [1, 2, nan],
        model(
            codes.REDUCE_MAX, 1, kinds.ReducerOptions, reduce_options,
            [([1, 3], FLOAT32, None, None), ([1], INT32, None, axis), ([1], FLOAT32, None, None)],
        ),
    ),
    "CAST to INT32 of nan, 3e9": (
        [nan, 3e9],
        model(codes.CAST, 1, kinds.CastOptions, cast_options, [([1, 2], FLOAT32, None, None), ([1, 2], INT32, None, None)]),
    ),
}


def of_litert(content, x, resolver):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    return of_interpreter(Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType[resolver]), x)


def of_tflite_runtime(content, x):
    from tflite_runtime.interpreter import Interpreter

    return of_interpreter(Interpreter(model_content=content), x)


def of_interpreter(interpreter, x):
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    interpreter.set_tensor(details["index"], np.array(x, np.float32).reshape(details["shape"]))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def of_tflite_micro(content, x):
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    interpreter = Interpreter.from_bytes(content, arena_size=1 << 16)
    shape = interpreter.get_input_details(0)["shape"]
    interpreter.set_input(np.array(x, np.float32).reshape(shape), 0)
    interpreter.invoke()
    return interpreter.get_output(0)


RUNTIMES = {
    "LiteRT": lambda content, x: of_litert(content, x, "AUTO"),
    "LiteRT, no delegate": lambda content, x: of_litert(content, x, "BUILTIN_WITHOUT_DEFAULT_DELEGATES"),
    "LiteRT, reference": lambda content, x: of_litert(content, x, "BUILTIN_REF"),
    "tflite-micro": of_tflite_micro,
}
if sys.argv[1] == "old":
    RUNTIMES = {"tflite-runtime 2.14": of_tflite_runtime}
for case, (x, content) in CASES.items():
    for name, run in RUNTIMES.items():
        print(f"{case}: {name}:", *np.ravel(run(content, x)).tolist())
PYTHON

{ new/bin/python models.py new; old/bin/python models.py old; } 2> errors.txt | tee seen.txt
diff seen.txt - <<'TEXT'
MAX_POOL_2D of nan, 1: LiteRT: -inf
MAX_POOL_2D of nan, 1: LiteRT, no delegate: 1.0
MAX_POOL_2D of nan, 1: LiteRT, reference: 1.0
MAX_POOL_2D of nan, 1: tflite-micro: 1.0
ARG_MAX of nan, 1, 3: LiteRT: 2
ARG_MAX of nan, 1, 3: LiteRT, no delegate: 2
ARG_MAX of nan, 1, 3: LiteRT, reference: 2
ARG_MAX of nan, 1, 3: tflite-micro: 0
REDUCE_MAX of 1, 2, nan: LiteRT: nan
REDUCE_MAX of 1, 2, nan: LiteRT, no delegate: nan
REDUCE_MAX of 1, 2, nan: LiteRT, reference: 2.0
REDUCE_MAX of 1, 2, nan: tflite-micro: 2.0
CAST to INT32 of nan, 3e9: LiteRT: 2147483647 2147483647
CAST to INT32 of nan, 3e9: LiteRT, no delegate: 2147483647 2147483647
CAST to INT32 of nan, 3e9: LiteRT, reference: 2147483647 2147483647
CAST to INT32 of nan, 3e9: tflite-micro: 0 2147483647
MAX_POOL_2D of nan, 1: tflite-runtime 2.14: inf
ARG_MAX of nan, 1, 3: tflite-runtime 2.14: 0
REDUCE_MAX of 1, 2, nan: tflite-runtime 2.14: nan
CAST to INT32 of nan, 3e9: tflite-runtime 2.14: -2147483648 -2147483648
TEXT
echo "as described"
