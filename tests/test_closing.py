"""Closing interpreters and models: what is freed, and what they say afterwards."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinylite import Interpreter, InvokeError, Model, ModelError
from tinylite.files import io as files

from .small_models import DEMO, X, chain, ready, two_signatures

CALLS: dict[str, Callable[[Interpreter], object]] = {
    "allocate_tensors": Interpreter.allocate_tensors,
    "invoke": Interpreter.invoke,
    "details": Interpreter.get_input_details,
    "set_tensor": lambda interpreter: interpreter.set_tensor(0, X),
    "get_tensor": lambda interpreter: interpreter.get_tensor(0),
    "tensor": lambda interpreter: interpreter.tensor(0)(),
    "resize": lambda interpreter: interpreter.resize_tensor_input(0, [2, 4]),
    "reset": Interpreter.reset_all_variables,
    "signatures": Interpreter.get_signature_list,
    "runner": Interpreter.get_signature_runner,
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("call", CALLS)
def test_a_closed_interpreter_says_so(call: str, threads: int) -> None:
    with ready(chain(), num_threads=threads) as interpreter:
        interpreter.invoke()
    with pytest.raises(InvokeError, match=r"the interpreter is closed\. Make another one"):
        CALLS[call](interpreter)
    interpreter.close()


def test_runners_of_a_closed_interpreter_say_so_and_keep_nothing() -> None:
    interpreter = Interpreter(two_signatures())
    run = interpreter.get_signature_runner("minus")
    result = run(x=X)["out"]
    plan = weakref.ref(run.graph_runner.plan)
    interpreter.close()
    gc.collect()
    assert plan() is None and np.array_equal(result, -X)
    with pytest.raises(InvokeError, match="the interpreter is closed"):
        run(x=X)


def test_arrays_outlive_their_interpreter() -> None:
    interpreter = ready(chain(codes="NEG"))
    interpreter.set_tensor(0, X)
    interpreter.invoke()
    memory = interpreter.tensor(1)()
    interpreter.close()
    gc.collect()
    assert np.array_equal(memory, -X)


def test_a_closed_model_says_so_and_frees_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAPPED_FROM", 10)
    path = tmp_path / "model.tflite"
    path.write_bytes((DEMO / "digits_uint8.tflite").read_bytes())

    def held() -> bool:
        return any(os.path.realpath(f"/proc/self/fd/{name}") == str(path.resolve()) for name in os.listdir("/proc/self/fd"))

    with Model.load(path) as model:
        assert model.graph.ops and held()
    gc.collect()
    assert not held()
    for use in (lambda: model.graph, model.to_bytes, model.copy, lambda: model == model.copy(), lambda: Interpreter(model)):
        with pytest.raises(ModelError, match=r"the model is closed\. Load it again"):
            use()
    model.close()
    assert repr(model).endswith("closed)")
    with pytest.raises(AttributeError, match="a Model has no attribute 'nonsense'"):
        model.nonsense  # noqa: B018
