"""What tests of explanations share: random places of an op's output, explained and compared with the kernel."""

from __future__ import annotations

import numpy as np

from tinylite import Interpreter, Model
from tinylite.arithmetic import Arithmetic, find
from tinylite.explaining.site import derive, node_of

__all__ = ["check_places"]


def check_places(
    model: Model, feeds: list[np.ndarray], count: int, rng: np.random.Generator, arithmetic: Arithmetic | str = "litert-reference"
) -> int:
    """Run a model of one op, and explain `count` random elements of each output; returns how many were explained.

    Each must be what the kernel has computed, and a sum's last row what its stages go on from.
    """
    (op,) = model.graph.ops
    with Interpreter(model, arithmetic=arithmetic, experimental_preserve_all_tensors=True) as interpreter:
        runner = interpreter.get_graph_runner()
        graph = runner.graph
        runner.allocate()
        for tensor, value in zip(graph.inputs, feeds, strict=True):
            runner.set(runner.index_of(tensor), value)
        if any(tensor is not None and tensor.is_variable for tensor in graph.ops[0].inputs):
            runner.invoke()  # so that it begins with states of its own
        states = {id(t): runner.get(runner.index_of(t)) for t in graph.ops[0].inputs if t is not None and t.is_variable}
        runner.invoke()
        given = [None if t is None else states.get(id(t), runner.view(runner.index_of(t))) for t in graph.ops[0].inputs]
        outputs = [runner.view(runner.index_of(tensor)) for tensor in graph.ops[0].outputs]
        node = node_of(graph.ops[0], 0, given, [value.shape for value in outputs])
        computed = [index for index, t in enumerate(graph.ops[0].inputs) if t is not None and not t.is_constant]
        done = 0
        for number, values in enumerate(outputs):
            if not values.size:
                continue
            place = derive(node, find(arithmetic), number, computed)
            for flat in rng.integers(0, values.size, count):
                at = tuple(map(int, np.unravel_index(flat, values.shape)))
                found, wanted = place(at), values[at]
                same = found.result == wanted or (found.result != found.result and wanted != wanted)
                assert same, f"{op.name} at {at}: explained {found.result}, computed {wanted}: {found.stages}"
                assert (found.stages and found.stages[-1].value == found.result) or found.result != found.result
                done += 1
    return done
