"""Random numbers without seeds, and what lasts from run to run."""

from __future__ import annotations

import numpy as np

from tinylite import Interpreter
from tinylite.model import Graph, Model, Op, Tensor

from .cases import Case, T


def numbers(interpreter: Interpreter) -> np.ndarray:
    interpreter.invoke()
    return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def test_without_seeds_every_run_and_interpreter_has_other_numbers() -> None:
    content = Case("RANDOM_UNIFORM", [T((1,), "INT32", data=[100])], [T(())]).model().to_bytes()
    found = []
    for _ in range(2):
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        found += [numbers(interpreter), numbers(interpreter)]
    assert all((found[i] != found[j]).mean() > 0.9 for i in range(4) for j in range(i))
    assert all(row.min() >= 0 and row.max() < 1 for row in found)


def test_numbers_go_on_where_the_shape_changes_from_run_to_run() -> None:
    """A plan is made again for each shape, and the generator is not."""
    sizes, doubled, output = Tensor("sizes", (1,), "INT32"), Tensor("doubled", (1,), "INT32"), Tensor("y", (4,), "FLOAT32")
    ops = [Op("ADD", [sizes, sizes], [doubled]), Op("RANDOM_UNIFORM", [doubled], [output], seed=7, seed2=1)]
    interpreter = Interpreter(model_content=Model([Graph("main", [sizes], [output], ops)]).to_bytes())
    interpreter.allocate_tensors()
    found = []
    for size in (2, 4, 2):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.array([size], np.int32))
        found.append(numbers(interpreter))
    assert [len(row) for row in found] == [4, 8, 4]
    together = Case("RANDOM_UNIFORM", [T((1,), "INT32", data=[16])], [T(())], {"seed": 7, "seed2": 1}).model().to_bytes()
    once = Interpreter(model_content=together)
    once.allocate_tensors()
    assert np.concatenate(found).tobytes() == numbers(once).tobytes()
