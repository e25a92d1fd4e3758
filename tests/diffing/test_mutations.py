"""One change of a model at a time: the sentences name it and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinylite
from tinylite import Graph, Metadata, Model, ModelDiff, Op, Quantization, Tensor

from ..conftest import shared_models

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"
# Sentences on what follows from a change: what is computed, and memory.
FOLLOWS = re.compile(r"^(On random values|The results|The difference|The file takes|Memory|[AB] cannot be planned)")


class Mutation(NamedTuple):
    """A change, the kinds of differences that it makes besides those of results, and all sentences except those that follow."""

    change: Callable[[Model], None]
    kinds: dict[str, int]
    sentences: list[str]
    results: bool | None = None  # whether results must differ; None where they may


MUTATIONS: dict[str, Mutation] = {}


def mutation(kinds: dict[str, int], *sentences: str, results: bool | None = None) -> Callable[[Callable[[Model], None]], None]:
    def add(change: Callable[[Model], None]) -> None:
        MUTATIONS[change.__name__] = Mutation(change, kinds, list(sentences), results)

    return add


def edited(tensor: Tensor, change: Callable[[np.ndarray], Any]) -> None:
    """Change a copy of a constant's values."""
    assert tensor.data is not None
    values = tensor.data.copy()
    found = change(values)
    tensor.data = values if found is None else found


def layer(model: Model, op: int, slot: int) -> Tensor:
    tensor = model.graph.ops[op].inputs[slot]
    assert tensor is not None
    return tensor


def params(tensor: Tensor) -> Quantization:
    assert tensor.quantization is not None
    return tensor.quantization


# ---- constants


@mutation({"weights": 1}, "The weights of 1 layer differ: op 1 CONV_2D in 1 of 2,592 values, at [3, 1, 1, 0], by 1 step (0.00716).")
def one_weight(model: Model) -> None:
    edited(layer(model, 1, 1), lambda w: w.__setitem__((3, 1, 1, 0), w[3, 1, 1, 0] + 1))


@mutation(
    {"weights": 2},
    "The weights of 2 layers differ: op 1 CONV_2D in 108 of 2,592 values by at most 3 steps (0.0215); op 3 FULLY_CONNECTED in 384 of 3,840 "
    "values by at most 9 steps (0.066).",
    results=True,
)  # fmt: skip
def weights_of_two_layers(model: Model) -> None:
    edited(layer(model, 1, 1), lambda w: w.__setitem__(3, w[3] ^ 3))
    edited(layer(model, 3, 1), lambda w: w.__setitem__(7, w[7] ^ 9))


@mutation({"bias": 1}, "The biases of 1 layer differ: op 3 FULLY_CONNECTED in all 10 values by at most 40 steps (0.0387).")
def bias(model: Model) -> None:
    edited(layer(model, 3, 2), lambda b: b + np.arange(31, 41, dtype=np.int32))


@mutation(
    {"shapes": 1, "weights": 1},
    "The weights 'dense/weights_quant/FakeQuantWithMinMaxVars/transpose' (op 3 FULLY_CONNECTED) have the shape [384, 10] instead of "
    "[10, 384].",
    "The weights of 1 layer differ: op 3 FULLY_CONNECTED has them transposed, in the order [1, 0].",
)
def transposed_weights(model: Model) -> None:
    edited(layer(model, 3, 1), lambda w: np.ascontiguousarray(w.T))


@mutation(
    {"constants": 1},
    "Constants of 1 op differ: op 2 RESHAPE in 1 of 2 values, at [0], by 1.",
)
def constant(model: Model) -> None:
    edited(layer(model, 2, 1), lambda shape: shape.__setitem__(0, 2))


# ---- quantization


@mutation({"quantization": 1}, "1 scale moved by 0.4 %: that of 'dense/add' (op 3 FULLY_CONNECTED), 0.197352 became 0.198142.")
def one_scale(model: Model) -> None:
    params(model.graph.ops[3].outputs[0]).scale *= np.float32(1.004)


# The real numbers stay what they are, and so does what is made of them.
@mutation({"quantization": 1}, "1 zero point moved by 3 steps: that of 'dense/add' (op 3 FULLY_CONNECTED).", results=False)
def one_zero_point(model: Model) -> None:
    params(model.graph.ops[3].outputs[0]).zero_point += 3


@mutation(
    {"quantization": 11},
    "Output 'scores' has the scale 0.00394531 instead of 0.00390625.",
    "10 scales moved by at most 1 %, most that of 'conv_1/Conv2D_bias' (op 0 DEPTHWISE_CONV_2D): 4.88546e-05 became 4.93432e-05.",
)
def all_scales(model: Model) -> None:
    for tensor in model.graph.all_tensors():
        if tensor is not model.graph.inputs[0] and tensor.quantization_params is not None:
            params(tensor).scale = params(tensor).scale * np.float32(1.01)


@mutation({"quantization": 1}, "Input 'picture' has the zero point 5 instead of 0.")
def input_zero_point(model: Model) -> None:
    params(model.graph.inputs[0]).zero_point[:] = 5


@mutation({"quantization": 1}, "1 tensor lost its scale: 'dense/add' (op 3 FULLY_CONNECTED).")
def lost_scale(model: Model) -> None:
    model.graph.ops[3].outputs[0].quantization = None


@mutation(
    {"quantization": 1}, "1 tensor has 24 scales instead of 1: 'conv_2/weights_quant/FakeQuantWithMinMaxVars/transpose' (op 1 CONV_2D)."
)
def per_channel(model: Model) -> None:
    old = params(layer(model, 1, 1))
    layer(model, 1, 1).quantization = Quantization(np.repeat(old.scale, 24), np.repeat(old.zero_point, 24), 0)


@mutation(
    {"quantization": 1}, "1 tensor has other records of quantization that no kernel reads: min.", results=False
)  # fmt: skip
def range_of_a_tensor(model: Model) -> None:
    params(model.graph.ops[1].outputs[0]).min = np.array([-7], np.float32)


# ---- ops


@mutation({"options": 1}, "Op 1 CONV_2D got a RELU6.")
def activation(model: Model) -> None:
    model.graph.ops[1].options.fused_activation_function = "RELU6"


@mutation({"options": 1}, "Op 1 CONV_2D has padding VALID instead of SAME.")
def padding(model: Model) -> None:
    model.graph.ops[1].options.padding = "VALID"


@mutation({"options": 2}, "Op 1 CONV_2D has stride_w 1 instead of 2 and has stride_h 1 instead of 2.")
def strides(model: Model) -> None:
    model.graph.ops[1].options.stride_w = model.graph.ops[1].options.stride_h = 1


@mutation({"options": 1}, "Op 4 SOFTMAX has beta 2 instead of 1.", results=True)
def beta(model: Model) -> None:
    model.graph.ops[4].options.beta = 2.0


@mutation({"versions": 1}, "The version of 1 op differs: CONV_2D 1 became 2.", results=False)
def version(model: Model) -> None:
    model.graph.ops[1].version = 2


@mutation({"ops added": 1}, "1 op was added: RELU (op 1 of B).", results=False)
def inserted_op(model: Model) -> None:
    first, second = model.graph.ops[:2]
    made = Tensor("new", first.outputs[0].shape, "UINT8", quantization=first.outputs[0].quantization)
    model.graph.ops.insert(1, Op("RELU", [first.outputs[0]], [made]))
    second.inputs[0] = made


@mutation(
    {"ops removed": 1, "names": 1, "quantization": 1},
    "Output 'scores' is called 'dense/add' and has the scale 0.197352 instead of 0.00390625; its zero point moved by 215 steps.",
    "1 op was removed: SOFTMAX (op 4).",
)  # fmt: skip
def removed_op(model: Model) -> None:
    model.graph.ops.pop()
    model.graph.outputs = list(model.graph.ops[-1].outputs)
    model.graph.tensors = [tensor for tensor in model.graph.tensors if tensor.name != "scores"]
    model.signatures[0].outputs = {"scores": model.graph.outputs[0]}


@mutation({"ops replaced": 1}, "Op 4 SOFTMAX was replaced by LOGISTIC.", results=True)
def replaced_op(model: Model) -> None:
    old = model.graph.ops[4]
    model.graph.ops[4] = Op("LOGISTIC", old.inputs, old.outputs)


@mutation({"reads": 1}, "Op 3 FULLY_CONNECTED lost its bias 'dense/MatMul_bias'.", results=True)
def no_bias(model: Model) -> None:
    bias = model.graph.ops[3].inputs.pop()
    model.graph.tensors = [tensor for tensor in model.graph.tensors if tensor is not bias]


# ---- types, shapes, names


@mutation(
    {"types": 1}, "Input 'picture' is INT8 instead of UINT8."
)  # its zero point moves by what the sign does, which is no change  # fmt: skip
def input_type(model: Model) -> None:
    model.graph.inputs[0].type = "INT8"
    params(model.graph.inputs[0]).zero_point -= 128


@mutation({"types": 1}, "The bias 'dense/MatMul_bias' (op 3 FULLY_CONNECTED) became INT64, from INT32.",
          "This constant holds the same numbers, except for rounding.")  # fmt: skip
def bias_type(model: Model) -> None:
    tensor = layer(model, 3, 2)
    assert tensor.data is not None
    tensor.type, values = "INT64", tensor.data.astype(np.int64)
    tensor.data = values


@mutation({"shapes": 1}, "Input 'picture' has the shape [-1, 8, 8, 1] instead of [1, 8, 8, 1].", results=False)
def open_batch(model: Model) -> None:
    model.graph.inputs[0].shape_signature = (-1, 8, 8, 1)


@mutation(
    {"shapes": 6},
    "Input 'picture' has the shape [4, 8, 8, 1] instead of [1, 8, 8, 1].",
    "Output 'scores' has the shape [4, 10] instead of [1, 10].",
    "The first dimension of 4 tensors is 4 instead of 1.",
)
def batch(model: Model) -> None:
    for tensor in (model.graph.inputs[0], *(op.outputs[0] for op in model.graph.ops)):
        tensor.shape = (4, *tensor.shape[1:])


@mutation(
    {"names": 13},
    "Input 'picture' is called 't0'.",
    "Output 'scores' is called 't12'.",
    "11 tensors have another name, such as: 'conv_1/weights_quant/FakeQuantWithMinMaxVars/transpose' became 't1'.",
    results=False,
)
def all_names(model: Model) -> None:
    for number, tensor in enumerate(model.graph.all_tensors()):
        tensor.name = f"t{number}"


@mutation({"names": 1}, "1 tensor has another name: 'conv_1/Relu' became 'x'.", results=False)
def one_name(model: Model) -> None:
    model.graph.tensor("conv_1/Relu").name = "x"


@mutation({"order": 1}, "The tensors are numbered in another order.", results=False)
def numbering(model: Model) -> None:
    model.graph.tensors.reverse()


@mutation({"outputs": 1}, "Output 'dense/add' (UINT8 [1, 10]) was added.", results=False)
def one_more_output(model: Model) -> None:
    model.graph.outputs.append(model.graph.ops[3].outputs[0])


# ---- the file


@mutation({"signatures": 1}, "Signature 'serving_default' is called 'main'.", results=False)
def signature_key(model: Model) -> None:
    model.signatures[0].key = "main"


@mutation({"signatures": 1}, "Input of signature 'serving_default' 'picture' is called 'image'.", results=False)
def signature_input(model: Model) -> None:
    model.signatures[0].inputs = {"image": model.signatures[0].inputs["picture"]}


@mutation({"signatures": 1}, "Signature 'serving_default' was removed.", results=False)
def no_signature(model: Model) -> None:
    model.signatures.clear()


@mutation({"metadata": 1}, "Metadata 'min_runtime_version' was removed.", results=False)
def no_metadata(model: Model) -> None:
    model.metadata.clear()


@mutation({"metadata": 1}, "Metadata 'min_runtime_version' is 9.9.9 instead of 1.5.0.", results=False)
def other_metadata(model: Model) -> None:
    model.metadata[0].data = np.frombuffer(b"9.9.9", np.uint8)


@mutation({"metadata": 1}, "Metadata 'made by' was added.", results=False)
def more_metadata(model: Model) -> None:
    model.metadata.append(Metadata("made by", np.frombuffer(b"me", np.uint8)))


@mutation({"files": 1}, "The attached file 'notes.txt' was added.", results=False)
def attached_file(model: Model) -> None:
    model.associated_files["notes.txt"] = b"zero\none\n"


@mutation(
    {"records": 1}, "The description is 'mine' instead of 'Handwritten digits, uint8, made by tinylite.demo.make_digits'.", results=False
)
def description(model: Model) -> None:
    model.description = "mine"


@mutation({"records": 1}, "The version is 2 instead of 3.")
def format_version(model: Model) -> None:
    model.version = 2


@mutation({"records": 1}, "Other records: graph 0 name is other instead of main.", results=False)
def graph_name(model: Model) -> None:
    model.graph.name = "other"


@mutation({"records": 1}, "Other records: graph 0 unused tensors is [unused FLOAT32 [1]] instead of [].", results=False)
def unused_tensor(model: Model) -> None:
    model.graph.tensors.append(Tensor("unused", (1,)))


@mutation({"graphs": 1}, "Graph 1 of B, 'spare' of 0 ops, was added.", results=False)
def more_graphs(model: Model) -> None:
    x = Tensor("x", (1,))
    model.graphs.append(Graph("spare", [x], [x]))


def told(found: ModelDiff) -> list[str]:
    """The sentences, except those on what follows."""
    return [sentence for sentence in found.sentences if not FOLLOWS.match(sentence)]


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_is_named_and_nothing_else(name: str) -> None:
    change, kinds, sentences, results = MUTATIONS[name]
    a = Model.load(DIGITS)
    b = a.copy()
    change(b)
    found = tinylite.diff(a, b)
    assert not found.same
    differences = found.differences
    differ = differences.pop("results", 0) > 0
    assert (told(found), differences) == (sentences, kinds)
    if results is not None:
        assert differ == results
        assert all(run.problem is None for run in found.results)
    # The other way round there are as many differences, and from a file they are the same.
    back = tinylite.diff(b, a).differences
    assert sum(back.values()) - back.pop("results", 0) == sum(kinds.values())
    if name not in ("batch", "format_version"):
        assert told(tinylite.diff(DIGITS, b.to_bytes(), run=False)) == sentences


@pytest.mark.parametrize("name", ["digits", *shared_models()])
def test_a_model_is_the_same_as_itself_and_as_its_saved_copy(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path = DIGITS if name == "digits" else request.getfixturevalue("shared") / "models" / name
    Model.load(path).save(tmp_path / "again.tflite")
    for other in (path, tmp_path / "again.tflite", Model.load(path).copy()):
        found = tinylite.diff(path, other)
        assert found.same and not found.differences
        assert found.sentences[0].startswith("The models are the same: ")
