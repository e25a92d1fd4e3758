"""Recurrent layers of Keras 3 and Keras 2, whose loops run over lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from .running import convert, gives  # noqa: E402

SEQUENCE = ((5, 3), np.float32)
WORDS = ((5,), np.int32)
PICTURES = ((3, 4, 4, 2), np.float32)


def custom_cell(keras: Any) -> Any:
    class Cell(keras.layers.Layer):  # type: ignore[misc]
        state_size = output_size = 4

        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], 4), name="w")
            self.u = self.add_weight(shape=(4, 4), name="u")

        def call(self, x: Any, states: Any) -> Any:
            h = tf.tanh(tf.matmul(x, self.w) + tf.matmul(states[0], self.u))
            return h, [h]

    return Cell()


LAYERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "lstm": (lambda k: k.layers.LSTM(4), SEQUENCE),
    "lstm_sequences": (lambda k: k.layers.LSTM(4, return_sequences=True), SEQUENCE),
    "lstm_backwards": (lambda k: k.layers.LSTM(4, return_sequences=True, go_backwards=True), SEQUENCE),
    "lstm_unrolled": (lambda k: k.layers.LSTM(4, unroll=True), SEQUENCE),
    "gru": (lambda k: k.layers.GRU(4, return_sequences=True), SEQUENCE),
    "gru_reset_before": (lambda k: k.layers.GRU(4, reset_after=False), SEQUENCE),
    "simple": (lambda k: k.layers.SimpleRNN(4), SEQUENCE),
    "bidirectional": (lambda k: k.layers.Bidirectional(k.layers.LSTM(4, return_sequences=True)), SEQUENCE),
    "stacked_cells": (lambda k: k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(4)]), SEQUENCE),
    "custom_cell": (lambda k: k.layers.RNN(custom_cell(k), return_sequences=True), SEQUENCE),
    "time_distributed": (lambda k: k.layers.TimeDistributed(k.layers.Dense(3)), SEQUENCE),
    "masking": (lambda k: k.Sequential([k.layers.Masking(), k.layers.LSTM(4)]), SEQUENCE),
    "masked_words": (lambda k: k.Sequential([k.layers.Embedding(7, 3, mask_zero=True), k.layers.GRU(4, return_sequences=True)]), WORDS),
    "convolutional": (lambda k: k.layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True), PICTURES),
}


@pytest.mark.parametrize("batch", [2, None], ids=["fixed", "any"])
@pytest.mark.parametrize("version", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_what_tensorflow_gives(name: str, version: str, batch: int | None) -> None:
    make, (shape, dtype) = LAYERS[name]
    for lowered in (False, True) if batch else (False,):
        compare(version, make, shape, dtype, batch, lowered)


def compare(version: str, make: Callable[[Any], Any], shape: Any, dtype: Any, batch: int | None, lowered: bool, **settings: Any) -> Any:
    """Convert a layer, run it, compare with TensorFlow; returns the Model."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    keras = pytest.importorskip(version)
    start = keras.Input(shape, batch_size=batch, dtype=np.dtype(dtype).name)
    layer = keras.Model(start, make(keras)(start))
    random = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    x = random.normal(size=(2, *shape)).astype(dtype) if dtype == np.float32 else random.integers(0, 5, (2, *shape)).astype(dtype)
    concrete = tf.function(lambda v: layer(v, training=False)).get_concrete_function(tf.TensorSpec((batch, *shape), dtype))
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=lowered)
    model = convert(frozen.graph.as_graph_def(), [t.name for t in frozen.inputs], [t.name for t in frozen.outputs], **settings)
    gives(model, [x], [np.asarray(value) for value in tf.nest.flatten(concrete(tf.constant(x)))])
    return model


FUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "last": (lambda k: k.layers.LSTM(4), "UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE"),
    "sequences": (lambda k: k.layers.LSTM(4, return_sequences=True), "UNIDIRECTIONAL_SEQUENCE_LSTM"),
    "without_bias": (lambda k: k.layers.LSTM(4, use_bias=False), "UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE"),
    "stacked": (
        lambda k: k.Sequential([k.layers.LSTM(4, return_sequences=True), k.layers.LSTM(5)]),
        "UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE",
    ),
    "backwards": (lambda k: k.layers.LSTM(4, go_backwards=True), "TRANSPOSE REVERSE_V2 UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE"),
    "other_activation": (lambda k: k.layers.LSTM(4, recurrent_activation="relu"), "TRANSPOSE WHILE RESHAPE"),
    "state_is_read": (lambda k: k.layers.LSTM(4, return_state=True), "TRANSPOSE WHILE RESHAPE"),
    "another_cell": (lambda k: k.layers.GRU(4), "TRANSPOSE WHILE RESHAPE"),
}


@pytest.mark.parametrize("version", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", FUSED)
def test_loops_of_lstms_become_one_operator_on_request(name: str, version: str) -> None:
    make, codes = FUSED[name]
    model = compare(version, make, *SEQUENCE, 2, False, fuse_lstm=True)
    assert " ".join(op.code for op in model.graph.ops) == codes


@pytest.mark.parametrize("version", ["keras", "tf_keras"])
def test_a_stateful_layer_goes_on_where_it_was(version: str) -> None:
    from ai_edge_litert.interpreter import Interpreter as LiteRT

    from tinylite import Interpreter
    from tinylite.converter.conversion import Conversion
    from tinylite.converter.load_source import load_source

    keras = pytest.importorskip(version)
    start = keras.Input((5, 3), batch_size=2)
    layer = keras.Model(start, keras.layers.GRU(4, stateful=True)(start))
    source = load_source(layer)
    content = Conversion(source.graph_def, source.inputs, source.outputs).model.to_bytes()
    interpreters = [LiteRT(model_content=content), Interpreter(model_content=content)]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(2, 5, 3)).astype(np.float32)
        wanted = np.asarray(layer(x))
        for interpreter in interpreters:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
            interpreter.invoke()
            np.testing.assert_allclose(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), wanted, atol=1e-5)
