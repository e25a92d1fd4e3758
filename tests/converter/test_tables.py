"""Lookup tables, frozen with what they hold and compared with TensorFlow. tinylite itself runs no text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite

tf = pytest.importorskip("tensorflow")
LiteRT = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
v1 = tf.compat.v1

WORDS = np.array([b"red", b"green", b"blue"], object)
NUMBERS = np.array([7, -1, 2**40])
ASKED = np.array([b"blue", b"pink", b"red", b""], object)


def static(keys: np.ndarray, values: np.ndarray, otherwise: Any) -> Any:
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(values)), otherwise)


GRAPHS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "numbers of words": (lambda x: static(WORDS, NUMBERS, -5).lookup(x), ASKED),
    "words of numbers": (lambda x: static(NUMBERS, WORDS, b"none").lookup(x), np.array([7, 8, 2**40])),
    "how many": (lambda x: (static(WORDS, NUMBERS, 0).size(), x), NUMBERS),
    "two tables": (lambda x: static(np.arange(3), WORDS, b"?").lookup(static(WORDS, np.arange(3)[::-1], 1).lookup(x)), ASKED),
    "what a lookup computes with": (lambda x: tf.gather(tf.range(4) * 2, static(WORDS, np.arange(3), 3).lookup(x)), ASKED),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_table_gives_what_tensorflow_gives(name: str, tmp_path: Path) -> None:
    function, feed = GRAPHS[name]
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.as_dtype(feed.dtype if feed.dtype != object else tf.string), [None], "x")
        outputs = [tf.identity(y, f"y{number}") for number, y in enumerate(tf.nest.flatten(function(x)))]
        session.run(v1.tables_initializer())
        wanted = session.run(outputs, {x: feed})
        model = tinylite.convert(session, ["x"], [y.op.name for y in outputs], dump=tmp_path)
    interpreter = LiteRT(model_content=model.to_bytes())
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], feed.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], feed)
    for _ in range(2):
        interpreter.invoke()
        for details, value in zip(interpreter.get_output_details(), wanted, strict=True):
            np.testing.assert_array_equal(interpreter.get_tensor(details["index"]), value)


def test_signatures_of_a_saved_model_have_tables_of_their_own(tmp_path: Path) -> None:
    class Colours(tf.Module):
        def __init__(self) -> None:
            self.there, self.back = static(WORDS, NUMBERS, 0), static(WORDS, np.arange(3), -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "x")])
        def code(self, x: Any) -> Any:
            return {"y": self.there.lookup(x)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "x")])
        def place(self, x: Any) -> Any:
            return {"y": self.back.lookup(x)}

    colours = Colours()
    tf.saved_model.save(colours, str(tmp_path), signatures={"code": colours.code, "place": colours.place})
    content = tinylite.TFLiteConverter.from_saved_model(tmp_path, signature_keys=["code", "place"]).convert()
    interpreter = LiteRT(model_content=content)
    for key, wanted in (("code", [2**40, 0, 7, 0]), ("place", [2, -1, 0, -1])):
        np.testing.assert_array_equal(interpreter.get_signature_runner(key)(x=ASKED)["y"], wanted)


@pytest.mark.parametrize("version", ["keras", "tf_keras"])
def test_a_layer_that_looks_words_up(version: str) -> None:
    layers = pytest.importorskip(version).layers
    start = layers.Input((2,), dtype="string")
    words = layers.StringLookup(vocabulary=["red", "green", "blue"])(start)
    model = pytest.importorskip(version).Model(start, layers.Embedding(4, 3)(words))
    runner = LiteRT(model_content=tinylite.convert(model).to_bytes()).get_signature_runner("serving_default")
    feed = ASKED.reshape(2, 2)
    (found,) = runner(**{next(iter(runner.get_input_details())): feed}).values()
    np.testing.assert_array_equal(found, np.asarray(model(tf.constant(feed))))


def test_other_types_have_no_form() -> None:
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        y = static(np.arange(3), NUMBERS, 0).lookup(v1.placeholder(tf.int64, [None], "x"))
        with pytest.raises(tinylite.ConvertError, match="leads from INT64 to INT64, and the operator's from STRING to INT64 or back"):
            tinylite.convert(session, ["x"], [y.op.name])
