"""Real numbers and what quantized tensors store of them; what to do with values of a type that the tensor does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Graph, Interpreter, Model, Op, Quantization, Signature, Tensor, TensorError, dequantize_values, quantize_values

from .cases import Case, T
from .conftest import Oracle, litert_interpreter


def details(type: str, scale: Any = None, zero: Any = 0, axis: int = 0, shape: tuple[int, ...] = (8,)) -> dict[str, Any]:
    """Details of the input of a model that returns it."""
    return ready(type, scale, zero, axis, shape).get_input_details()[0]


def ready(type: str, scale: Any = None, zero: Any = 0, axis: int = 0, shape: tuple[int, ...] = (8,)) -> Interpreter:
    x, y = (Tensor(name, shape, type) for name in "xy")
    if scale is not None:
        for tensor in (x, y):
            tensor.quantization = Quantization(np.atleast_1d(scale), np.broadcast_to(zero, np.shape(np.atleast_1d(scale))), axis)
    graph = Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=shape)], [x, y])
    interpreter = Interpreter(model_content=Model([graph]).to_bytes())
    interpreter.allocate_tensors()
    return interpreter


SPECIAL = np.float32([0.5, -0.5, 1.5, 2.5, -1.5, np.inf, -np.inf, np.nan, 3e9, -0.0, 1e-45, 0.49999997])


@pytest.mark.parametrize("type", ["INT8", "UINT8"])
@pytest.mark.parametrize("zero", [0, 3, 100])
@pytest.mark.parametrize("scale", [1.0, 0.0078125, 0.3])
def test_quantizes_and_dequantizes_as_the_operators(type: str, zero: int, scale: float, run: Oracle) -> None:
    real = np.concatenate([SPECIAL, np.random.default_rng(1).normal(0, 40 * scale, 500).astype(np.float32)])
    stored = T(real.shape, type, scale=scale, zero=zero)
    (wanted,) = run(Case("QUANTIZE", [T(real.shape)], [stored], version=2).model().to_bytes(), [real])
    found = quantize_values(real, details(type, scale, zero))
    assert (found.dtype, found.tolist()) == (wanted.dtype, wanted.tolist())
    (wanted,) = run(Case("DEQUANTIZE", [stored], [T(real.shape)], version=2).model().to_bytes(), [found])
    assert dequantize_values(found, details(type, scale, zero)).tobytes() == wanted.tobytes()


def test_litert_s_details_do_too() -> None:
    content = Case("QUANTIZE", [T((3,))], [T((3,), "INT8", scale=0.5, zero=-7)], version=2).model().to_bytes()
    theirs = litert_interpreter(content)
    assert quantize_values([1, 1.25, -1.25], theirs.get_output_details()[0]).tolist() == [-5, -4, -10]
    assert quantize_values([1, 2, 3], theirs.get_input_details()[0]).dtype == np.float32


def test_pixels_become_real_numbers_first() -> None:
    pixels = np.arange(256).astype(np.uint8)
    assert quantize_values(pixels, details("INT8", 1 / 255, -128), std=255).tolist() == list(range(-128, 128))
    assert quantize_values(pixels, details("UINT8", 1 / 127.5, 128), 128, 127.5).tolist() == list(range(256))
    assert np.allclose(quantize_values(pixels, details("FLOAT32"), 127.5, 127.5), pixels / 127.5 - 1)


def test_each_channel_has_a_scale() -> None:
    tensor = Tensor("w", (2, 2), "INT8", quantization=Quantization([1.0, 0.5], [0, 0], 1))
    for of in (details("INT8", [1.0, 0.5], [0, 0], 1, (2, 2)), tensor):
        stored = quantize_values([[1, 1], [2, 2]], of)
        assert stored.tolist() == [[1, 2], [2, 4]]
        assert dequantize_values(stored, of).tolist() == [[1, 1], [2, 2]]
        with pytest.raises(TensorError, match=r"2 scales along dimension 1, which values of shape \[4\] do not have"):
            quantize_values([1, 2, 3, 4], of)


def test_a_type_of_four_bits_ends_at_its_own_limits() -> None:
    tensor = Tensor("w", (3,), "INT4", quantization=Quantization([1.0], [0]))
    assert quantize_values([-20, 3, 20], tensor).tolist() == [-8, 3, 7]


def test_what_cannot_be_quantized_says_why() -> None:
    with pytest.raises(TensorError, match="stores int32 without a scale, so there is nothing to quantize by"):
        quantize_values([1.5], details("INT32"))
    with pytest.raises(TensorError, match="should be real numbers, not complex128"):
        quantize_values([1j], details("INT8", 1.0))
    with pytest.raises(TensorError, match="stores int8, not int64"):
        dequantize_values([1], details("INT8", 1.0))
    with pytest.raises(TensorError, match="has no scale: its values mean themselves"):
        dequantize_values(np.int8([1]), details("INT8"))


# What is given to which tensor, the remedy with "x" in it, and the real numbers or values that the model then has.
QUANTIZE = "give tinylite.quantize_values(x, interpreter.get_input_details()[0])"
TO_INT8 = "give (x.astype(np.int16) - 128).astype(np.int8)"
TO_UINT8 = "give (x.astype(np.int16) + 128).astype(np.uint8)"
PIXELS = np.uint8([0, 1, 127, 128, 129, 200, 254, 255])
REMEDIES: dict[str, tuple[tuple[Any, ...], np.ndarray, str, Any]] = {
    "pixels of 0 to 1": (("INT8", 1 / 255, -128), PIXELS, TO_INT8, PIXELS.astype(int) - 128),
    "pixels of -1 to 1": (("INT8", 1 / 127.5, 0), PIXELS, TO_INT8, PIXELS.astype(int) - 128),
    "pixels of 0 to 255": (("INT8", 1.0, -128), PIXELS, TO_INT8, PIXELS.astype(int) - 128),
    "other pixels": (("INT8", 0.02, -14), PIXELS, QUANTIZE, np.minimum(PIXELS.astype(int) * 50 - 14, 127)),
    "int8 to uint8": (("UINT8", 1 / 255, 0), PIXELS.view(np.int8), TO_UINT8, PIXELS.view(np.int8).astype(int) + 128),
    "floats": (("INT8", 0.5, 3), np.float32([0, 1, -1, 0.25, 90, -90, np.nan, 2]), QUANTIZE,
               [3, 5, 1, 4, 127, -128, -128, 7]),
    "bools": (("INT8", 0.5, 3), np.arange(8) > 3, QUANTIZE, [3] * 4 + [5] * 4),
    "integers that fit": (("UINT8", 0.5, 3), np.arange(8), "Convert it: np.asarray(x, np.uint8)", np.arange(8)),
    "integers that do not": (("INT8", 0.5, 0), np.arange(8) * 100, QUANTIZE, [0, 127, *[127] * 6]),
    "float64": (("FLOAT32",), np.linspace(0, 1, 8), "Convert it: np.asarray(x, np.float32)", np.linspace(0, 1, 8, dtype=np.float32)),
    "pixels for floats": (("FLOAT32",), PIXELS, "Convert it: np.asarray(x, np.float32)", PIXELS),
    "int64": (("INT32",), np.arange(8) - 4, "Convert it: np.asarray(x, np.int32)", np.arange(8) - 4),
    "whole floats": (("INT32",), np.arange(8.0), "Convert it: np.asarray(x, np.int32)", np.arange(8)),
    "truth values": (("BOOL",), np.arange(8), "Convert it: x != 0", np.arange(8) != 0),
}  # fmt: skip


@pytest.mark.parametrize("name", REMEDIES)
def test_the_remedy_works_as_printed(name: str) -> None:
    of, x, remedy, wanted = REMEDIES[name]
    interpreter = ready(*of)
    with pytest.raises(TensorError) as caught:
        interpreter.set_tensor(0, x)
    assert remedy in str(caught.value)
    value = eval(remedy.split(": ")[-1].removeprefix("give "), {"np": np, "tinylite": tinylite, "x": x, "interpreter": interpreter})
    interpreter.set_tensor(0, value)
    interpreter.invoke()
    assert np.array_equal(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), wanted)


@pytest.mark.parametrize(
    ("type", "x", "text"),
    [
        ("INT32", np.array([2**40, 1]), "Some of it is not int32: give whole numbers from -2147483648 to 2147483647"),
        ("INT32", np.array([0.5, 1]), "Some of it is not int32"),
        ("INT8", np.array([1, 200]), "Some of it is not int8: give whole numbers from -128 to 127"),
        ("FLOAT32", np.array([1j, 2]), "Complex numbers have no counterpart here: give their real parts or magnitudes, x.real or abs(x)"),
        ("FLOAT32", PIXELS, "np.asarray(x, np.float32), scaled as in training, such as x / 255"),
    ],
)
def test_where_no_cast_is_right_none_is_suggested(type: str, x: np.ndarray, text: str) -> None:
    with pytest.raises(TensorError) as caught:
        ready(type).set_tensor(0, x)
    assert text in str(caught.value)


def test_a_signature_s_input_and_a_constant_have_remedies_of_their_own() -> None:
    x, y = (Tensor(name, (2,), "INT8", quantization=Quantization([0.5], [0])) for name in "xy")
    graph = Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=(2,))], [x, y])
    model = Model([graph], signatures=[Signature("serving_default", graph, {"picture": x}, {"scores": y})])
    runner = Interpreter(model_content=model.to_bytes()).get_signature_runner()
    with pytest.raises(TensorError) as raised:
        runner(picture=np.float32([1, 2]))
    assert "give tinylite.quantize_values(x, runner.get_input_details()['picture'])" in str(raised.value)
    assert runner(picture=quantize_values([1, 2], runner.get_input_details()["picture"]))["scores"].tolist() == [2, 4]
    tensor = Tensor("w", (2,), "INT8", quantization=Quantization([0.5], [0]))
    with pytest.raises(TensorError) as caught:
        tensor.data = [1.5, 2.5]
    assert "Give tinylite.quantize_values(x, tensor), where x are real numbers" in str(caught.value)
    tensor.data = quantize_values([1.5, 2.5], tensor)
    assert tensor.data is not None
    assert tensor.data.tolist() == [3, 5]
