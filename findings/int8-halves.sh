#!/usr/bin/env bash
# One INT8 FULLY_CONNECTED layer whose sums end in halves, in every CPU runtime that pip installs: three different roundings, and the
# "reference" mode of CompiledModel is not the reference.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, tflite (the schema) 2.18.0, flatbuffers 25.12.19, numpy 2.4.6, Python 3.11,
# x86-64.
# Behaviour: the layer multiplies by 0.5 (weight 1 of scale 0.5), so its exact results for 1, -1, 3, -3, 5, -5 are 0.5, -0.5, 1.5, -1.5, 2.5, -2.5.
#   Interpreter with BUILTIN_REF rounds halves away from zero; its default (XNNPACK) to even; without a delegate, upwards; so does tflite-micro.
#   CompiledModel with CpuKernelMode.REFERENCE answers as the kernels without a delegate, not as BUILTIN_REF; its default as XNNPACK.
# Who compares a board that runs tflite-micro with LiteRT's reference kernels sees differences of one step that no quantization explains,
# and who takes CompiledModel's reference mode for an oracle tests against the optimized kernels.
# Output seen:
#   Interpreter BUILTIN_REF [1, -1, 2, -2, 3, -3]
#   Interpreter BUILTIN_WITHOUT_DEFAULT_DELEGATES [1, 0, 2, -1, 3, -2]
#   Interpreter AUTO [0, 0, 2, -2, 2, -2]
#   CompiledModel REFERENCE [1, 0, 2, -1, 3, -2]
#   CompiledModel BUILTIN [1, 0, 2, -1, 3, -2]
#   CompiledModel default [0, 0, 2, -2, 2, -2]
#   tflite-micro [1, 0, 2, -1, 3, -2]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 tflite-micro==0.dev20261023182759 pyyaml==6.0.3 tflite==2.18.0 \
  flatbuffers==25.12.19 numpy==2.4.6

cat > models.py <<'PYTHON'
"""A layer by the schema's own builders, and what runtimes make of it."""

import flatbuffers
import numpy as np
import tflite

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


def options(builder):
    tflite.FullyConnectedOptionsStart(builder)
    return tflite.FullyConnectedOptionsEnd(builder)


def of_interpreter(content, x, resolver):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType[resolver])
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def of_compiled_model(content, x, mode):
    from ai_edge_litert.compiled_model import CompiledModel, CpuKernelMode, CpuOptions, HardwareAccelerator, Options

    with open("layer.tflite", "wb") as file:
        file.write(content)
    cpu = CpuOptions() if mode is None else CpuOptions(kernel_mode=CpuKernelMode[mode])
    model = CompiledModel.from_file("layer.tflite", options=Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=cpu))
    inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
    inputs[0].write(x)
    model.run_by_index(0, inputs, outputs)
    return outputs[0].read(x.size, np.int8)


def of_tflite_micro(content, x):
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    interpreter = Interpreter.from_bytes(content, arena_size=1 << 16)
    interpreter.set_input(x, 0)
    interpreter.invoke()
    return interpreter.get_output(0)


x = np.array([[1], [-1], [3], [-3], [5], [-5]], np.int8)
weight = np.ones(1, np.int8).tobytes()
tensors = [([6, 1], INT8, 1.0, None), ([1, 1], INT8, 0.5, weight), ([6, 1], INT8, 1.0, None)]
content = model(tflite.BuiltinOperator.FULLY_CONNECTED, 4, tflite.BuiltinOptions.FullyConnectedOptions, options, tensors)
for resolver in ("BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "AUTO"):
    print("Interpreter", resolver, of_interpreter(content, x, resolver).ravel().tolist())
for mode in ("REFERENCE", "BUILTIN", None):
    print("CompiledModel", mode or "default", np.ravel(of_compiled_model(content, x, mode)).tolist())
print("tflite-micro", of_tflite_micro(content, x).ravel().tolist())
PYTHON

venv/bin/python models.py 2> errors.txt | tee seen.txt
diff seen.txt - <<'TEXT'
Interpreter BUILTIN_REF [1, -1, 2, -2, 3, -3]
Interpreter BUILTIN_WITHOUT_DEFAULT_DELEGATES [1, 0, 2, -1, 3, -2]
Interpreter AUTO [0, 0, 2, -2, 2, -2]
CompiledModel REFERENCE [1, 0, 2, -1, 3, -2]
CompiledModel BUILTIN [1, 0, 2, -1, 3, -2]
CompiledModel default [0, 0, 2, -2, 2, -2]
tflite-micro [1, 0, 2, -1, 3, -2]
TEXT
echo "as described"
