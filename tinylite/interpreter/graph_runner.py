"""One graph of an interpreter: resize its inputs, plan it, run it, read and write its tensors."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.plan import Plan
from ..engine.segment import Segment
from ..errors import InvokeError, TensorError, at, quoted
from ..html_tables import ShownAsTable, ShownTable
from ..inputs.stored_values import as_array, conversion_remedy, shape_remedy
from ..limits import memory_shortage
from ..model import Graph, Tensor
from ..ops.common.operator import Value
from ..tensor_types import tensor_dtype
from .compilation import show_compilation
from .details import DETAILS_COLUMNS, details_row, tensor_details
from .runtime import Runtime

__all__ = ["GraphRunner"]

_MOST_DIMENSIONS = 1000  # that are looked at in a shape which somebody has given
_SMALLER = "Resize the inputs, or end other programs"


class GraphRunner(ShownAsTable):
    """A graph of an interpreter's model: its inputs' shapes, its plan once it is allocated, and its tensors' memory.

    `graph` is the model's Graph and `index` its number there. Interpreter does all of this for graph 0; tensors have here the same
    indices, those of `graph.tensors`. One thread at a time may use the graphs of an interpreter. Raises InvokeError once that is closed.
    """

    def __init__(self, graph: Graph, index: int, runtime: Runtime, main: GraphRunner | None) -> None:
        self.graph = graph
        self.index = index
        self.runtime = runtime
        self.main = main  # the runner of graph 0, if that is another one
        self.shapes: dict[int, tuple[int, ...]] = {}  # those that inputs were resized to, by id of the tensor
        self.short: Segment | None = None  # all of a run, if it is so short that nothing need watch over it
        self._numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}
        self._plan: Plan | None = None
        self._views: dict[int, np.ndarray] = {}

    def clone(self, runtime: Runtime, main: GraphRunner | None) -> GraphRunner:
        """The same for a clone of the interpreter, which has this runtime."""
        made = copy.copy(self)
        made.runtime, made.main = runtime, main
        made.shapes, made._views, made.short = dict(self.shapes), {}, None
        made._plan = self._plan.clone(runtime.state) if self._plan is not None else None
        if self.short is not None:
            made._find_short()
        return made

    def close(self) -> None:
        """Release the plan and its memory. To be called with the turn."""
        self._plan = self.short = None
        self._views.clear()

    def __repr__(self) -> str:
        return f"GraphRunner({self.index}: {self.graph!r}{'' if self._plan is not None else ', not allocated'})"

    def _shown_table(self) -> ShownTable:
        """Inputs and outputs."""
        ends = [("input", tensor) for tensor in self.graph.inputs] + [("output", tensor) for tensor in self.graph.outputs]
        rows = ((side, *details_row(self.details(tensor))) for side, tensor in ends)
        return ShownTable(("", *DETAILS_COLUMNS), rows, len(ends), ("index",))

    @property
    def is_allocated(self) -> bool:
        """Whether there is a plan for the shapes that the inputs have now."""
        return self._plan is not None

    @property
    def plan(self) -> Plan:
        """How the graph runs: steps with their kernels, memory. Raises InvokeError before it is allocated."""
        plan = self._plan
        if plan is None:
            self.runtime.check_open()
            raise InvokeError("the model is not ready", "Call allocate_tensors() first, and again after resize_tensor_input()")
        return plan

    def place(self) -> at:
        """What errors say of where they come from: `with runner.place(): ...`."""
        return at(f"{self.runtime.source}, graph {self.index}")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """As in a run: no other thread runs or changes the interpreter meanwhile. Waits for a run in another thread to end."""
        with self.runtime.turn:
            self.runtime.check_no_run()
            with self.runtime.running:
                self.runtime.runner = threading.get_ident()
                yield

    # ---- running

    def allocate(self) -> None:
        """Plan the graph for its inputs' shapes, unless it is planned for them. Waits for a run in another thread to end.

        Raises ModelError, UnsupportedError, OutOfMemoryError or KernelError, with op and tensor.
        """
        runtime = self.runtime
        with runtime.turn:
            runtime.check_open()
            if self._plan is None:
                runtime.check_no_run()
                with self.place(), memory_shortage("planning it", _SMALLER):
                    self._plan = Plan(
                        self.graph,
                        self.shapes,
                        keep_all=runtime.keep_all,
                        threads=runtime.threads,
                        arithmetic=runtime.arithmetic,
                        state=runtime.state,
                        progress=show_compilation,
                    )
                self._find_short()

    def _find_short(self) -> None:
        """Where a run of graph 0 is so short that other Python threads wait meanwhile, nothing need watch over it."""
        plan = self._plan
        if self.main is None and plan is not None and plan.static and self.runtime.threads == 1 and not plan.segments[0].long:
            self.short = plan.segments[0]

    def invoke(self) -> None:
        """Run the graph on what its inputs hold. Raises what Interpreter.invoke() raises."""
        runtime = self.runtime
        _ = self.plan
        runtime.check_idle()
        # Other threads wait for the turn, and a signal's handler in this one finds it running. `with`, since a handler that raises
        # could leave it locked between acquire() and try.
        with runtime.turn, runtime.running:
            runtime.runner = threading.get_ident()
            plan = self._plan
            if plan is None:  # closed, or resized, by whoever had the turn before
                raise InvokeError("the interpreter was closed or resized in another thread", "Close it when its runs have ended")
            if not plan.static or runtime.state.variables:
                self._views.clear()
            if self.main is not None and runtime.state.variables:
                self.main.short = None  # graph 0 has to look first which shapes they have now
            with self.place(), memory_shortage("running it", _SMALLER):
                plan.run()

    def reset_variables(self) -> None:
        """Set the state of recurrent ops to zero. To be called with the turn."""
        if self._plan is not None:
            self._plan.reset_variables()

    # ---- tensors

    def tensor(self, index: Any) -> Tensor:
        """The tensor that has this index. Raises TensorError."""
        tensors = self.graph.tensors
        if not isinstance(index, (int, np.integer)) or not 0 <= index < len(tensors):
            raise TensorError(
                f"there is no tensor {quoted(index)}: indices go from 0 to {len(tensors) - 1}", "Take the index from get_input_details()"
            )
        return tensors[index]

    def index_of(self, tensor: Tensor) -> int:
        """The index of a tensor of the graph."""
        return self._numbers[id(tensor)]

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape that a tensor has now: as planned; before that, as resized or as the file says."""
        plan = self._plan  # which another thread may take away
        value: Value | None = plan.value(tensor) if plan is not None else None
        return value.shape if value is not None else self.shapes.get(id(tensor), tensor.shape)

    def details(self, tensor: Tensor) -> dict[str, Any]:
        """The tensor's entry of Interpreter.get_tensor_details()."""
        return tensor_details(tensor, self.index_of(tensor), self.shape(tensor))

    def view(self, index: Any) -> np.ndarray:
        """The memory of a tensor as an array: reading and writing without a copy, until the graph is allocated again.

        Raises TensorError for an intermediate result that is not kept, and for what no run has reached.
        """
        try:
            return self._views[index]
        except (KeyError, TypeError):  # an index that cannot be hashed is none
            pass
        with self.runtime.turn:
            return self._find_view(index)

    def _find_view(self, index: Any) -> np.ndarray:
        self.runtime.check_open()
        tensor = self.tensor(index)
        name = f"tensor {index} {tensor.name!r}"
        plan, keep_all = self._plan, self.runtime.keep_all
        if plan is None:
            if tensor.data is not None:
                return tensor.data
            caller = self.main._plan if self.main is not None and keep_all else None
            inner = caller.inner(self.graph) if caller is not None else None
            if caller is not None and inner is not None and id(tensor) in inner.values:
                return caller.view(inner.values[id(tensor)])
            raise TensorError(f"{name} has no memory yet", "Call allocate_tensors() first")
        value = plan.value(tensor)
        if value is None and tensor.data is not None:
            return tensor.data
        graph = self.graph
        ends = any(tensor is end for end in (*graph.inputs, *graph.outputs))
        if not (ends or keep_all or tensor.is_variable or (value is not None and value.constant_value is not None)):
            raise TensorError(
                f"{name} is an intermediate result, which is not kept after a run",
                "Make the interpreter with experimental_preserve_all_tensors=True to read it",
            )
        if value is None:
            raise TensorError(f"{name} is not used by any op that has run", None if plan.static else "Call invoke() first")
        self._views[index] = plan.view(value)
        return self._views[index]

    def get(self, index: Any) -> np.ndarray:
        """A copy of a tensor. Raises what `view` raises, and OutOfMemoryError."""
        view = self.view(index)
        with memory_shortage(f"a copy of tensor {index}", "Read it without a copy, by Interpreter.tensor()"):
            return view.copy()

    def set(self, index: Any, value: Any, called: str | None = None) -> None:
        """Copy `value`, of the tensor's dtype and shape, into an input or variable. Raises TensorError.

        Messages call an input by its number and name unless a signature calls it otherwise (`called`).
        """
        tensor = self.tensor(index)
        inputs = [number for number, item in enumerate(self.graph.inputs) if item is tensor]
        if called is not None:
            name, place = f"input {called!r}", f"runner.get_input_details()[{called!r}]"
        elif inputs:
            name, place = f"input {inputs[0]} {tensor.name!r} (tensor {index})", f"interpreter.get_input_details()[{inputs[0]}]"
        else:
            name, place = f"tensor {index} {tensor.name!r}", f"interpreter.get_tensor_details()[{index}]"
        if not inputs and not tensor.is_variable:
            raise TensorError(
                f"{name} is neither an input nor a variable, so a run would overwrite it", "Take the index from get_input_details()"
            )
        wanted = np.dtype(tensor_dtype(tensor.type))
        given = as_array(value)
        if given.dtype.kind not in "biufc":
            raise TensorError(
                f"{name} is {tensor.type} {list(self.shape(tensor))} and was given {type(value).__name__}, which is not an array of "
                "numbers",
                f"Give numbers in rows of the same length, such as np.zeros({list(self.shape(tensor))}, np.{wanted.name})",
            )
        if given.dtype != wanted:
            raise TensorError(
                f"{name} is {tensor.type} {list(self.shape(tensor))} and was given {given.dtype} {list(given.shape)}",
                conversion_remedy(given, tensor, place),
            )
        view = self.view(index)
        if given.shape != view.shape:
            raise TensorError(
                f"{name} is {tensor.type} {list(view.shape)} and was given {given.dtype} {list(given.shape)}",
                shape_remedy(given, view.shape, tensor.dynamic_shape, index),
            )
        view[...] = given

    def resize(self, index: Any, size: Sequence[int], strict: bool = False) -> None:
        """Change the shape of an input; call `allocate` afterwards. Waits for a run in another thread to end.

        With `strict`, only dimensions that are -1 in shape_signature may change. Raises TensorError.
        """
        tensor = self.tensor(index)
        name = f"tensor {index} {tensor.name!r}"
        shape = _whole_numbers(size)
        if shape is None:
            raise TensorError(f"{name} cannot get the shape {quoted(size)}", "Give whole numbers, as in [1, 224, 224, 3]")
        if not any(tensor is item for item in self.graph.inputs):
            raise TensorError(f"{name} is not an input", "Only inputs can be resized; take the index from get_input_details()")
        if any(not 0 <= dimension < 1 << 31 for dimension in shape):
            raise TensorError(f"{name} cannot get the shape {list(shape)}: dimensions go from 0 to 2147483647")
        if strict:
            signature = tensor.shape_signature if tensor.shape_signature is not None else tensor.shape
            fits = len(shape) == len(signature) and all(b in (-1, a) for a, b in zip(shape, signature, strict=True))
            if not fits:
                raise TensorError(
                    f"{name} has the shape signature {list(signature)}, which {list(shape)} does not fit",
                    "Only dimensions of -1 may change while strict is true",
                )
        with self.runtime.turn:
            self.runtime.check_open()
            if shape == self.shape(tensor) and self._plan is not None:
                return
            self.runtime.check_no_run()
            self.shapes[id(tensor)] = shape
            self.close()


def _whole_numbers(given: Any) -> tuple[int, ...] | None:
    """The shape that somebody has given, a sequence of whole numbers or one; None if it is something else."""
    sizes = np.atleast_1d(as_array(given))
    if sizes.ndim != 1 or sizes.size > _MOST_DIMENSIONS:
        return None
    if not all(isinstance(size, (int, np.integer)) or (sizes.dtype.kind == "f" and size.is_integer()) for size in sizes):
        return None
    return tuple(map(int, sizes))
