"""Recurrent layers that graphs of TensorFlow 1 mark as one op, for TFLite alone (OpHint and Svdf)."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Tensor
from ..call import Call
from ..shapes import computed
from .registry import translates


def _placed(call: Call, count: int) -> list[Tensor | None]:
    """The inputs where the operator has them; what the node does not have is left out."""
    places = call.attribute("_tflite_input_indices") or []
    call.require(len(places) == len(call.inputs), f"it has {len(call.inputs)} inputs and places for {len(places)}")
    call.require(all(0 <= place < count for place in places), f"its places {list(places)} are not among the {count} of the operator")
    inputs: list[Tensor | None] = [None] * count
    for place, tensor in zip(places, call.inputs, strict=True):
        inputs[place] = tensor
    return inputs


def _state(call: Call, name: str, shape: Sequence[int]) -> Tensor:
    """A tensor that keeps its value from run to run, zeros at first."""
    state = computed(call.scope.free_name(f"{call.node.name}/{name}"), "FLOAT32", tuple(shape))
    state.is_variable = True
    return state


def _rows(call: Call, tensor: Tensor | None, what: str) -> int:
    if tensor is None:
        call.fail(f"it has no {what}")
    return call.shape(tensor)[0]


@translates("UnidirectionalSequenceLstm")
def lstm(call: Call) -> Sequence[Tensor]:
    """Inputs are [time, batch, depth]; the last of three outputs is the sequence."""
    inputs = _placed(call, 20)
    x = inputs[0]
    cells, outputs = _rows(call, inputs[2], "weights"), None if inputs[16] is None else call.shape(inputs[16])[0]
    if x is None:
        call.fail("it has no input")
    time, batch, _ = call.shape(x)
    outputs = cells if outputs is None else outputs
    inputs[18], inputs[19] = _state(call, "output_state", (batch, outputs)), _state(call, "cell_state", (batch, cells))
    made = call.emit(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, x.type, (time, batch, outputs), fused_activation_function="TANH", time_major=True,
        cell_clip=0.0, proj_clip=0.0,
    )  # fmt: skip
    return [made, made, made]


@translates("UnidirectionalSequenceRnn")
def rnn(call: Call) -> Sequence[Tensor]:
    """Inputs are [time, batch, depth]; the last of two outputs is the sequence."""
    inputs = _placed(call, 5)
    x, units = inputs[0], _rows(call, inputs[1], "weights")
    if x is None:
        call.fail("it has no input")
    time, batch, _ = call.shape(x)
    inputs[4] = _state(call, "state", (batch, units))
    made = call.emit(
        "UNIDIRECTIONAL_SEQUENCE_RNN", inputs, x.type, (time, batch, units), fused_activation_function="TANH", time_major=True
    )  # fmt: skip
    return [made, made]


@translates("Svdf")
def svdf(call: Call) -> Tensor:
    """Input [batch, depth], weights [filters, depth] and [filters, time]; `Rank` filters make one output."""
    x, features, times = call.inputs[:3]
    bias = call.inputs[3] if len(call.inputs) > 3 else None
    rank = int(call.attribute("Rank", 1))
    batch = call.shape(x)[0]
    filters, memory = call.shape(times)
    state = _state(call, "state", (batch, filters * memory))
    activation = str(call.attribute("ActivationFunction", "None")).upper()
    return call.emit(
        "SVDF", [x, features, times, bias, state], None, (batch, filters // rank), rank=rank, fused_activation_function=activation
    )  # fmt: skip
