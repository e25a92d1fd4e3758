"""The Interpreter as scripts know it: the same details, values and errors' kinds as ai_edge_litert's, and better messages."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite.arithmetic import FAST, REFERENCE
from tinylite.errors import FileError, InvokeError, ModelError, SettingError, TensorError, UnsupportedError
from tinylite.inputs.stored_values import shape_remedy
from tinylite.interpreter import Interpreter, OpResolverType, load_delegate
from tinylite.model import Graph, Model, Op, Quantization, Signature, Tensor

from .conftest import litert_interpreter, shared_models
from .small_models import DEMO, OWN_MODELS, SCRIPTS, X, chain, litert_unready, plain, ready, run

# ---- the same script, the same details


def run_script(path: Path, package: str, folder: Path, *arguments: str) -> str:
    """The output of a script whose only change is the package in its import."""
    text = path.read_text()
    assert text.count("from ai_edge_litert.interpreter import Interpreter") == 1
    changed = folder / f"{package}_script.py"
    changed.write_text(text.replace("from ai_edge_litert.interpreter", f"from {package}.interpreter"))
    done = subprocess.run([sys.executable, str(changed), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_works_by_changing_its_import(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    labels = tmp_path / "labels.txt"
    labels.write_text("zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine")
    arguments = ["-m", str(DEMO / "digits_uint8.tflite"), "-l", str(labels), *map(str, sorted(DEMO.glob("digit_*.png")))]
    theirs, ours = (run_script(SCRIPTS / "label_image.py", package, tmp_path, *arguments) for package in ("ai_edge_litert", "tinylite"))
    assert ours == theirs
    assert ours.count("digit_3.png") == 3 and "three" in ours


def test_a_script_gives_the_same_with_a_float_model(tmp_path: Path, shared: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    arguments = ["-m", str(shared / "models" / "vww_float.tflite"), str(shared / "inputs" / "person.bmp"), "--num_threads", "2"]
    theirs, ours = (run_script(SCRIPTS / "label_image.py", package, tmp_path, *arguments) for package in ("ai_edge_litert", "tinylite"))
    assert ours == theirs


def test_tf_lite_is_reached_as_in_tensorflow() -> None:
    import tinylite as tf

    assert tf.lite.Interpreter is Interpreter
    assert tf.lite.experimental.OpResolverType is OpResolverType
    assert tf.lite.experimental.load_delegate is load_delegate


def assert_same_details(ours: Any, theirs: Any) -> None:
    assert plain(ours.get_input_details()) == plain(theirs.get_input_details())
    assert plain(ours.get_output_details()) == plain(theirs.get_output_details())
    assert plain(ours.get_signature_list()) == plain(theirs.get_signature_list())
    tensors = ours.get_tensor_details()
    # LiteRT's own temporaries come after the model's tensors, once they are allocated.
    assert plain(tensors) == plain(theirs.get_tensor_details()[: len(tensors)])
    assert plain(ours._get_tensor_details(0, subgraph_index=0)) == plain(theirs._get_tensor_details(0, subgraph_index=0))
    assert ours.num_subgraphs() == theirs.num_subgraphs()


@pytest.mark.parametrize("name", OWN_MODELS)
def test_details_are_litert_s(name: str) -> None:
    content = OWN_MODELS[name]
    ours, theirs = Interpreter(model_content=content), litert_unready(content)
    assert_same_details(ours, theirs)
    assert plain(ours._get_ops_details()) == plain(theirs._get_ops_details())
    if name in ("static", "dynamic", "scalar", "two_signatures", "shape_as_input"):
        ours.allocate_tensors()
        theirs.allocate_tensors()
        assert_same_details(ours, theirs)


@pytest.mark.parametrize("name", shared_models())
def test_details_of_real_models_are_litert_s(name: str, shared: Path) -> None:
    content = (shared / "models" / name).read_bytes()
    if name.startswith("person_detect"):
        pytest.skip("LiteRT refuses its quantized_dimension")
    ours, theirs = Interpreter(model_content=content), litert_unready(content)
    assert_same_details(ours, theirs)
    assert plain(ours._get_ops_details()) == plain(theirs._get_ops_details())
    ours.allocate_tensors()
    theirs.allocate_tensors()
    assert_same_details(ours, theirs)


# ---- making one


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda content: np.frombuffer(content, np.uint8)])
def test_content_may_be_any_bytes(kind: Callable[[bytes], Any]) -> None:
    assert np.array_equal(run(ready(kind(chain(codes="NEG"))), X), -X)


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_a_path_may_be_text_bytes_or_a_path(kind: Callable[[str], Any]) -> None:
    assert Interpreter(kind(str(DEMO / "digits_uint8.tflite"))).get_input_details()[0]["shape"].tolist() == [1, 8, 8, 1]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (b"no.tflite", "no.tflite: there is no such file"),
        (b"<!DOCTYPE html><html>404</html>", "model content of 31 bytes: not a .tflite file: this looks like a web page"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 10\n", "this looks like a Git LFS pointer"),
        (b'{"error": "not found"}', "this looks like JSON text"),
        (b"not found\n", "model content of 10 bytes: not a .tflite file: this looks like unknown data"),
    ],
)
def test_bytes_that_are_no_path_are_content(given: bytes, text: str) -> None:
    """What a server sends instead of a model has no zero byte either, and is not a path."""
    with pytest.raises(FileError) as caught:
        Interpreter(given)
    assert text in str(caught.value)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda content: np.frombuffer(content, np.uint8), Model.load])
def test_the_first_argument_may_be_content_or_a_model(kind: Callable[[bytes], Any]) -> None:
    interpreter = Interpreter(kind(chain(codes="NEG")))
    interpreter.allocate_tensors()
    assert np.array_equal(run(interpreter, X), -X)


def test_what_an_interpreter_was_made_of_may_change() -> None:
    """A Model in all its parts, an array that is a constant, and a bytearray."""
    x, w, y = Tensor("x", (1, 4)), Tensor("w", (1, 4)), Tensor("y", (1, 4))
    constant = np.full((1, 4), 2, np.float32)
    w.data = constant
    model = Model([Graph("main", [x], [y], [Op("ADD", [x, w], [y])])])
    content = bytearray(model.to_bytes())
    made = [Interpreter(model), Interpreter(content), Interpreter(model_content=content)]
    constant[...] = 7
    model.graph.ops[0] = Op("NEG", [x], [y])
    model.graph.inputs.clear()
    x.shape = (9, 9)
    content[:] = bytes(len(content))
    for interpreter in made:
        interpreter.allocate_tensors()
        assert np.array_equal(run(interpreter, X), X + 2)


def test_a_model_that_no_file_could_hold_is_refused() -> None:
    stranger = Tensor("stranger", (1, 4))
    graph = Graph("main", [stranger], [stranger])
    model = Model([graph], signatures=[Signature("serve", Graph("other"), {"x": stranger})])
    with pytest.raises(ModelError, match=r"signature 'serve'.*is not part of the model"):
        Interpreter(model)


CONSTRUCTOR_ERRORS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({}, ModelError, "give either model_path or model_content"),
    "both": ({"model_path": "a", "model_content": b"a"}, ModelError, "not both"),
    "absent": ({"model_path": "/no/such.tflite"}, FileError, "/no/such.tflite: there is no such file"),
    "no_bytes": ({"model_content": b""}, FileError, "this looks like an empty file"),
    "other_bytes": ({"model_content": b"PK\3\4 and so on"}, FileError, "not a .tflite file"),
    "content_is_text": ({"model_content": "m.tflite"}, TensorError, "a file's bytes, not str. Give a path as model_path"),
    "number": ({"model_path": 3}, TensorError, "should be a path, the content of a .tflite file as bytes, or a tinylite.Model, not 3"),
    "file": ({"model_path": io.BytesIO(b"")}, TensorError, "Give what its read() returns, or its path"),
    "large_content": ({"model_path": b"\n".join([b"x" * 600] * 300)}, FileError, "unknown data that starts with b'xxxxxxxx'"),
    "large_path": ({"model_path": "\n".join(["x" * 600] * 300)}, FileError, "File name too long"),
    "large_list": ({"model_path": [1] * 100_000}, TensorError, "not a list of 100000"),
    "large_threads": ({"model_content": chain(), "num_threads": "9" * 100_000}, SettingError, "(100000 characters)"),
    "large_resolver": ({"model_content": chain(), "experimental_op_resolver_type": "x" * 100_000}, SettingError, "(100000 characters)"),
    "model_without_graph": ({"model_path": Model()}, ModelError, "the model has no graph"),
    "threads_0": ({"model_content": chain(), "num_threads": 0}, SettingError, "at least 1, not 0"),
    "threads_-2": ({"model_content": chain(), "num_threads": -2}, SettingError, "at least 1, not -2"),
    "threads_text": ({"model_content": chain(), "num_threads": "2"}, SettingError, "a whole number, not '2'"),
    "threads_float": ({"model_content": chain(), "num_threads": 2.0}, SettingError, "a whole number, not 2.0"),
    "arithmetic": ({"model_content": chain(), "arithmetic": "litert-referense"}, SettingError, "The nearest names are 'litert-reference'"),
    "arithmetic_number": ({"model_content": chain(), "arithmetic": 3}, SettingError, "Give one of 'fast', 'litert-reference'"),
    "two_arithmetics": (
        {"model_content": chain(), "arithmetic": "fast", "experimental_op_resolver_type": OpResolverType.BUILTIN_REF},
        SettingError,
        "experimental_op_resolver_type is BUILTIN_REF and arithmetic is 'fast'",
    ),
    "resolver": ({"model_content": chain(), "experimental_op_resolver_type": "REF"}, SettingError, "Give one of OpResolverType.AUTO"),
    "delegates": ({"model_content": chain(), "experimental_delegates": [object()]}, UnsupportedError, "Leave experimental_delegates out"),
}


@pytest.mark.parametrize("name", CONSTRUCTOR_ERRORS)
def test_what_cannot_be_made_says_why(name: str) -> None:
    arguments, kind, text = CONSTRUCTOR_ERRORS[name]
    with pytest.raises(kind) as caught:
        Interpreter(**arguments)
    assert text in str(caught.value) and len(str(caught.value)) < 2000
    assert isinstance(caught.value, ValueError)  # what scripts written for tf.lite catch


def test_delegates_are_refused_as_scripts_expect_that_fall_back() -> None:
    with pytest.raises(ValueError, match=r"'libedgetpu.so.1'.*Leave experimental_delegates out"):
        load_delegate("libedgetpu.so.1", {"device": "usb"})
    assert ready(chain(), experimental_delegates=[]).get_input_details()


@pytest.mark.parametrize("threads", [None, 1, 3, -1, np.int64(2)])
def test_results_do_not_depend_on_threads(threads: Any) -> None:
    assert np.array_equal(run(ready(chain(), num_threads=threads), X), run(ready(chain()), X))


def test_the_stand_in_s_resolver_types_count() -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    for kind in litert.OpResolverType:
        wanted = REFERENCE if kind.name == "BUILTIN_REF" else FAST
        assert Interpreter(model_content=chain(), experimental_op_resolver_type=kind).runtime.arithmetic is wanted


# ---- set_tensor and get_tensor


def beginners() -> bytes:
    """A uint8 model, as the first one that people meet."""
    x, y = (Tensor(name, (1, 4), "UINT8", quantization=Quantization([0.5], [3])) for name in ("image", "scores"))
    return Model([Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=(1, 4))], [x, y])]).to_bytes()


SET_ERRORS: dict[str, tuple[bytes, int, Any, str]] = {
    "floats_for_uint8": (
        beginners(), 0, X,
        "input 0 'image' (tensor 0) is UINT8 [1, 4] and was given float32 [1, 4]. The model is quantized: give "
        "tinylite.quantize_values(x, interpreter.get_input_details()[0]), where x is what a float model would get",
    ),
    "int64_for_uint8": (beginners(), 0, X.astype(np.int64), "int64 [1, 4]. The model is quantized: give tinylite.quantize_values("),
    "float64": (
        chain(), 0, X.astype(np.float64),
        "input 0 'x' (tensor 0) is FLOAT32 [1, 4] and was given float64 [1, 4]. Convert it: np.asarray(x, np.float32)",
    ),
    "list": (chain(), 0, [[1, 2, 3, 4]], "is FLOAT32 [1, 4] and was given int64 [1, 4]. Convert it: np.asarray(x, np.float32)"),
    "other_byte_order": (chain(), 0, X.astype(">f4"), "was given >f4 [1, 4]"),
    "no_batch": (chain(), 0, X[0], "is FLOAT32 [1, 4] and was given float32 [4]. It lacks the batch dimension: give x[np.newaxis]"),
    "turned": (chain(), 0, X.T, "was given float32 [4, 1]. It has as many elements: give x.reshape(1, 4)"),
    "too_many": (chain(), 0, np.tile(X, (3, 1)), "call resize_tensor_input(0, [3, 4]) and allocate_tensors() first"),
    "other_size": (chain(), 0, np.zeros((1, 5), np.float32), "Give it the shape [1, 4]; if the model can run on other shapes, call "),
    "scalar": (chain(), 0, np.float32(1), "is FLOAT32 [1, 4] and was given float32 []"),
    "text": (chain(), 0, "cat.jpg", "input 0 'x' (tensor 0) is FLOAT32 [1, 4] and was given str, which is not an array of numbers"),
    "none": (chain(), 0, None, "not an array of numbers. Give numbers in rows of the same length, such as np.zeros([1, 4], np.float32)"),
    "ragged": (chain(), 0, [[1], [1, 2]], "was given list, which is not an array of numbers"),
    "intermediate": (chain(), 1, X, "tensor 1 'y0' is neither an input nor a variable, so a run would overwrite it"),
    "output": (chain(), 2, X, "tensor 2 'y1' is neither an input nor a variable"),
    "index": (chain(), 3, X, "there is no tensor 3: indices go from 0 to 2. Take the index from get_input_details()"),
    "negative": (chain(), -1, X, "there is no tensor -1"),
    "name": (chain(), "x", X, "there is no tensor 'x'"),  # type: ignore[dict-item]
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ((1, 3, 8, 6), (1, 8, 6, 3)), ((1, 3, 8, 8), (1, 8, 8, 3)), ((3, 8, 6), (1, 8, 6, 3)), ((8, 6, 3), (1, 3, 8, 6)),
        ((1, 8, 8, 3), (1, 3, 8, 8)), ((6, 1, 8), (8, 6)), ((4, 3, 5, 5), (4, 5, 5, 3)), ((1, 8, 6), (1, 6, 8)),
    ],
)  # fmt: skip
def test_dimensions_in_another_order_are_transposed_and_not_reshaped(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """A reshape would fit, and mix pixels with channels: the remedy that is named keeps every element on the axes of its sizes."""
    x = np.indices(given, np.float32).sum(axis=0)  # an element is the sum of its indices, in whichever order of axes
    remedy = shape_remedy(x, shape, shape, 0)
    assert ".transpose(" in remedy
    done = eval(remedy.split("give ")[1], {"x": x})
    assert done.shape == shape and np.array_equal(done, np.indices(shape).sum(axis=0))


@pytest.mark.parametrize(
    ("given", "shape"),
    [((1, 28, 28, 1), (1, 28, 28)), ((784,), (1, 28, 28)), ((1, 28, 28), (1, 784)), ((4, 1), (1, 4)), ((1, 96, 32), (1, 32, 32, 3))],
)
def test_dimensions_in_the_same_order_are_reshaped(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert shape_remedy(np.zeros(given), shape, shape, 0) == f"It has as many elements: give x.reshape({', '.join(map(str, shape))})"


def test_a_resize_is_advised_where_the_signature_leaves_the_size_open() -> None:
    signature = (-1, 32, 32, 3)
    batch = shape_remedy(np.zeros((4, 32, 32, 3)), (1, 32, 32, 3), signature, 7)
    assert batch == "To run on this shape, call resize_tensor_input(7, [4, 32, 32, 3]) and allocate_tensors() first"
    for other in ((1, 32, 32, 1), (32, 32, 1), (4, 3, 32, 32)):
        assert shape_remedy(np.zeros(other), (1, 32, 32, 3), signature, 7).startswith("Give it the shape [1, 32, 32, 3]; if the model can")


@pytest.mark.parametrize("name", SET_ERRORS)
def test_set_tensor_says_what_it_wants_and_what_it_got(name: str) -> None:
    content, index, value, text = SET_ERRORS[name]
    interpreter = ready(content)
    good = X if content == chain() else X.astype(np.uint8)
    before = run(interpreter, good)
    with pytest.raises(TensorError) as caught:
        interpreter.set_tensor(index, value)
    assert text in str(caught.value)
    interpreter.invoke()
    assert np.array_equal(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), before)


def test_set_tensor_takes_any_layout() -> None:
    wide = np.arange(8, dtype=np.float32).reshape(1, 8)
    assert run(ready(chain(codes="NEG")), wide[:, ::2]).tolist() == [[0, -2, -4, -6]]


def test_get_tensor_gives_a_copy() -> None:
    interpreter = ready(chain(codes="NEG"))
    first = run(interpreter, X)
    first[...] = 7
    assert np.array_equal(interpreter.get_tensor(1), -X)
    kept = interpreter.get_tensor(1)
    run(interpreter, 2 * X)
    assert np.array_equal(kept, -X)


GET_ERRORS: dict[str, tuple[Any, str]] = {
    "index": (9, "there is no tensor 9: indices go from 0 to 2"),
    "list": ([0], "there is no tensor [0]"),
    "details": ({"index": 0}, "there is no tensor {'index': 0}"),
    "intermediate": (1, "Make the interpreter with experimental_preserve_all_tensors=True to read it"),
}


@pytest.mark.parametrize("name", GET_ERRORS)
def test_get_tensor_says_what_is_wrong(name: str) -> None:
    index, text = GET_ERRORS[name]
    interpreter = ready(chain())
    wanted = run(interpreter, X)
    with pytest.raises(TensorError) as caught:
        interpreter.get_tensor(index)
    assert text in str(caught.value)
    assert np.array_equal(run(interpreter, X), wanted)


def test_before_allocation_there_is_nothing_to_run_read_or_write() -> None:
    interpreter = Interpreter(model_content=chain())
    with pytest.raises(InvokeError, match=r"Call allocate_tensors\(\) first") as caught:
        interpreter.invoke()
    assert isinstance(caught.value, RuntimeError)
    for attempt in (lambda: interpreter.get_tensor(0), lambda: interpreter.set_tensor(0, X), interpreter.tensor(0)):
        with pytest.raises(TensorError, match=r"tensor 0 'x' has no memory yet. Call allocate_tensors\(\) first"):
            attempt()
    interpreter.allocate_tensors()
    assert np.array_equal(run(interpreter, X), np.abs(X))


def test_constants_can_be_read_at_any_time() -> None:
    x, w, y = Tensor("x", (1, 4)), Tensor("w", ()), Tensor("y", (1, 4))
    w.data = np.arange(4, dtype=np.float32)
    interpreter = Interpreter(model_content=Model([Graph("main", [x], [y], [Op("ADD", [x, w], [y])], [x, w, y])]).to_bytes())
    assert interpreter.get_tensor(1).tolist() == [0, 1, 2, 3]
    interpreter.allocate_tensors()
    assert interpreter.get_tensor(1).tolist() == [0, 1, 2, 3]
    with pytest.raises(TensorError, match="neither an input nor a variable"):
        interpreter.set_tensor(1, np.zeros(4, np.float32))


def test_allocating_again_keeps_what_inputs_hold() -> None:
    """As in LiteRT: scripts that allocate before each run, or after they set an input, are common."""
    for interpreter in (ready(chain(codes="NEG")), litert_interpreter(chain(codes="NEG"))):
        interpreter.set_tensor(0, X)
        interpreter.allocate_tensors()
        interpreter.resize_tensor_input(0, [1, 4])
        interpreter.allocate_tensors()
        interpreter.invoke()
        assert np.array_equal(interpreter.get_tensor(1), -X)


# ---- tensor()


def test_tensor_gives_the_memory_itself() -> None:
    interpreter = ready(chain(codes="NEG"))
    given, asked = interpreter.tensor(0), interpreter.tensor(1)
    given()[...] = X
    interpreter.invoke()
    assert np.array_equal(asked(), -X)
    view = asked()
    given().fill(3)
    interpreter.invoke()  # with views held, which LiteRT refuses
    assert view.tolist() == [[-3] * 4]
    assert np.shares_memory(view, asked()) and not np.shares_memory(view, interpreter.get_tensor(1))


def test_after_a_resize_tensor_gives_the_new_memory_and_old_arrays_stay_readable() -> None:
    interpreter = ready(chain(codes="NEG"))
    given = interpreter.tensor(0)
    old = given()
    old.fill(5)
    interpreter.resize_tensor_input(0, [2, 4])
    interpreter.allocate_tensors()
    assert given().shape == (2, 4) and not given().any()
    assert old.tolist() == [[5] * 4]
    old.fill(6)
    assert not given().any()


def test_tensor_of_a_wrong_index_fails_when_it_is_called() -> None:
    found = ready(chain()).tensor(10)
    with pytest.raises(TensorError, match="there is no tensor 10"):
        found()


# ---- resizing


@pytest.mark.parametrize("strict", [False, True])
def test_resized_outputs_equal_litert_s(strict: bool) -> None:
    values = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    found = []
    for interpreter in (Interpreter(model_content=chain(codes="NEG ABS")), litert_unready(chain(codes="NEG ABS"))):
        for rows in (5, 2, 5, 0):
            interpreter.resize_tensor_input(0, [rows, 4], strict=strict)
            interpreter.allocate_tensors()
            found.append(run(interpreter, values[:rows]))
            assert interpreter.get_output_details()[0]["shape"].tolist() == [rows, 4]
            assert interpreter.get_output_details()[0]["shape_signature"].tolist() == [-1, 4]
    for ours, theirs in zip(found[:4], found[4:], strict=True):
        assert ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("size", [(2, 4), [2, 4], np.array([2, 4]), np.array([2, 4], np.int32), [2.0, 4.0]])
def test_a_size_may_be_any_row_of_numbers(size: Any) -> None:
    interpreter = ready(chain())
    interpreter.resize_tensor_input(0, size)
    assert interpreter.get_input_details()[0]["shape"].tolist() == [2, 4]
    assert interpreter.get_output_details()[0]["shape"].tolist() == [1, 4]  # known after allocate_tensors()


def test_without_strict_even_the_rank_may_change() -> None:
    interpreter = ready(chain(signature=None))
    interpreter.resize_tensor_input(0, [2, 3, 4])
    interpreter.allocate_tensors()
    assert run(interpreter, np.zeros((2, 3, 4), np.float32)).shape == (2, 3, 4)


RESIZE_ERRORS: dict[str, tuple[Any, Any, bool, str]] = {
    "strict_fixed": (0, [3, 5], True, "has the shape signature [-1, 4], which [3, 5] does not fit. Only dimensions of -1 may change"),
    "strict_rank": (0, [3, 4, 1], True, "[3, 4, 1] does not fit"),
    "negative": (0, [-1, 4], False, "tensor 0 'x' cannot get the shape [-1, 4]: dimensions go from 0 to 2147483647"),
    "huge": (0, [1 << 31, 4], False, "cannot get the shape [2147483648, 4]"),
    "index": (9, [1, 4], False, "there is no tensor 9"),
    "output": (2, [1, 4], False, "tensor 2 'y1' is not an input. Only inputs can be resized"),
}


@pytest.mark.parametrize("name", RESIZE_ERRORS)
def test_a_resize_that_cannot_be_says_why_and_changes_nothing(name: str) -> None:
    index, size, strict, text = RESIZE_ERRORS[name]
    interpreter = ready(chain())
    wanted = run(interpreter, X)
    with pytest.raises(TensorError) as caught:
        interpreter.resize_tensor_input(index, size, strict=strict)
    assert text in str(caught.value)
    interpreter.invoke()
    assert np.array_equal(interpreter.get_tensor(2), wanted)


def test_a_resize_needs_allocation_before_anything_else() -> None:
    interpreter = ready(chain(codes="NEG"))
    interpreter.resize_tensor_input(0, [2, 4])
    with pytest.raises(InvokeError, match=r"again after resize_tensor_input\(\)"):
        interpreter.invoke()
    with pytest.raises(TensorError, match="has no memory yet"):
        interpreter.set_tensor(0, X)
    interpreter.resize_tensor_input(0, [1, 4])
    interpreter.allocate_tensors()
    assert np.array_equal(run(interpreter, X), -X)


def test_a_shape_that_the_model_cannot_take_is_an_error_and_another_works_again() -> None:
    x, w, y = Tensor("x", (1, 4)), Tensor("w", ()), Tensor("y", (1, 2))
    w.data = np.ones((2, 4), np.float32)
    interpreter = ready(Model([Graph("main", [x], [y], [Op("FULLY_CONNECTED", [x, w, None], [y])], [x, w, y])]).to_bytes())
    interpreter.resize_tensor_input(0, [1, 5])
    with pytest.raises(ModelError, match="model content, graph 0, op 0 FULLY_CONNECTED"):
        interpreter.allocate_tensors()
    with pytest.raises(InvokeError, match="not ready"):
        interpreter.invoke()
    interpreter.resize_tensor_input(0, [3, 4])
    interpreter.allocate_tensors()
    assert run(interpreter, np.tile(X, (3, 1))).tolist() == [[2, 2]] * 3
