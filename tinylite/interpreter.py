"""The face that scripts know: tf.lite.Interpreter, tflite_runtime's and ai_edge_litert's, with the same calls and keys.

from tinylite.interpreter import Interpreter     instead of     from tflite_runtime.interpreter import Interpreter
"""

from __future__ import annotations

import copy
import enum
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from .arithmetic import FAST, REFERENCE, Arithmetic, find
from .engine.checks import check_records
from .engine.plan import Plan
from .engine.segment import Segment
from .errors import InvokeError, ModelError, SettingError, TensorError, UnsupportedError, at, quoted
from .html_tables import html_table
from .inputs.stored_values import as_array, conversion_remedy, shape_remedy
from .kernels.cpu import cores
from .limits import memory_shortage
from .memory.state import State
from .model import Graph, Model, Signature, Tensor
from .model.source import model_from
from .ops.common.operator import Value
from .tensor_types import tensor_dtype
from .text import is_terminal

__all__ = ["Interpreter", "OpResolverType", "SignatureRunner", "load_delegate"]

_MOST_DIMENSIONS = 1000  # that are looked at in a shape which somebody has given
_SMALLER = "Resize the inputs, or end other programs"


class OpResolverType(enum.Enum):
    """The kernels that a script asks LiteRT for. BUILTIN_REF means the arithmetic "reference" here, the others "fast"."""

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


def load_delegate(library: str, options: dict[str, Any] | None = None) -> NoReturn:
    """There are no delegates: raises UnsupportedError, which scripts that fall back to the CPU catch as ValueError."""
    raise UnsupportedError(
        f"tinylite loads no delegates such as {quoted(library)}", "Leave experimental_delegates out: the CPU runs all of the model"
    )


def _show_compilation(done: int, total: int, seconds: float) -> None:
    """The first run on a machine compiles kernels: say so, on one line if it is somebody's terminal."""
    if os.environ.get("TINYLITE_QUIET"):
        return
    terminal = is_terminal(sys.stderr)
    text = end = ""
    if done == 0:
        text, end = f"tinylite: compiling {total} kernels for this CPU (once; they are kept)", " " if terminal else "\n"
    elif terminal:
        text, end = "." if done < total else f". {seconds:.1f} s", "\n" if done == total else ""
    elif done == total:
        text, end = f"tinylite: compiled {total} kernels in {seconds:.1f} s", "\n"
    if text:
        with suppress(OSError, ValueError):  # stderr that is closed, full or a pipe that nobody reads any more is not a reason not to run
            print(text, end=end, file=sys.stderr, flush=True)


class _Runnable:
    """One graph of the model: its input shapes, and its plan once tensors are allocated."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.plan: Plan | None = None
        self.views: dict[int, np.ndarray] = {}

    def clone(self, state: State) -> _Runnable:
        made = copy.copy(self)
        made.shapes, made.views = dict(self.shapes), {}
        made.plan = self.plan.clone(state) if self.plan is not None else None
        return made

    def value(self, tensor: Tensor) -> Value | None:
        plan = self.plan  # which another thread may take away
        return plan.value(tensor) if plan is not None else None


# What an interpreter has until it is closed.
_LENT = ("_model", "_graphs", "_main", "_state")


class Interpreter:
    """Runs one model. Use one from one thread at a time; several may run in as many threads.

    Arguments are those of tf.lite.Interpreter, except that the first may also be the content of a file (bytes, or what has the buffer
    interface) or a Model, of which the interpreter keeps a copy: editing the Model afterwards does not change it. `num_threads` is how
    many threads share the work (None and -1: one; at most four for each core that this process may use, with a RuntimeWarning); results
    do not depend on it. With `experimental_preserve_all_tensors` every intermediate tensor can be read after a run. The other
    experimental arguments change nothing here, except that delegates are refused.

    `arithmetic` says how results are rounded, by name or as a value of tinylite.arithmetic: "fast", where integers are bit-exact with
    LiteRT's reference kernels and floats are rounded as is fastest; or "reference", where floats are, too. Without it,
    an `experimental_op_resolver_type` of BUILTIN_REF, tinylite's own or that of the package it stands in for, means "reference" and all
    others "fast". Planning raises UnsupportedError for an op that the arithmetic is not proven for.

    Raises FileError for what is not a .tflite file or is damaged, UnsupportedError for another version of the format, and ModelError for
    records that contradict themselves, as LiteRT does.

    `close()`, or the end of a `with` block, frees the model and its memory; arrays that were returned stay as they are.
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str] | bytes | Model | None = None,
        model_content: bytes | Model | None = None,
        experimental_delegates: Sequence[Any] | None = None,
        num_threads: int | None = None,
        experimental_op_resolver_type: Any = OpResolverType.AUTO,
        experimental_preserve_all_tensors: bool = False,
        experimental_disable_delegate_clustering: bool = False,
        experimental_default_delegate_latest_features: bool = False,
        experimental_compress_quantization_zero_points: bool = False,
        experimental_disable_delegate_node_fusion: bool = False,
        experimental_force_delegate_node_profiling: bool = False,
        *,
        arithmetic: Arithmetic | str | None = None,
    ) -> None:
        if experimental_delegates:
            raise UnsupportedError("tinylite has no delegates", "Leave experimental_delegates out: the CPU runs all of the model")
        threads = _thread_count(num_threads)
        if getattr(experimental_op_resolver_type, "name", None) not in OpResolverType.__members__:
            raise SettingError(
                f"experimental_op_resolver_type is {quoted(experimental_op_resolver_type)}",
                f"Give one of {', '.join(map(str, OpResolverType))}",
            )
        asked = REFERENCE if experimental_op_resolver_type.name == "BUILTIN_REF" else None
        self._arithmetic = find(arithmetic) if arithmetic is not None else asked or FAST
        if asked is not None and self._arithmetic is not asked:
            raise SettingError(
                f"experimental_op_resolver_type is BUILTIN_REF and arithmetic is {self._arithmetic.name!r}", "Give one of the two"
            )
        self._model: Model = model_from(model_path, model_content)
        self._threads = threads
        self._keep_all = bool(experimental_preserve_all_tensors)
        self._state = State()
        self._graphs = [_Runnable(graph) for graph in self._model.graphs]
        self._main = self._graphs[0]
        for runnable in self._graphs:
            with self._place(runnable):
                check_records(runnable.graph)
        self._short: Segment | None = None
        self._runner = 0  # the thread that runs it, while `_running` is locked
        self._turn, self._running = threading.RLock(), threading.Lock()
        _interpreters.add(self)

    def clone(self) -> Interpreter:
        """Another interpreter of the same model, to be used at the same time in another thread.

        Weights, and all else that no run changes, are shared; tensors, variables and state are its own, and hold what they hold here now.
        Random numbers of ops without seeds are others. Waits for a run in another thread to end. Raises OutOfMemoryError, and
        InvokeError in the handler of a signal that has come during a run in this thread.
        """
        with self._turn:
            self._check_no_run()
            made = Interpreter.__new__(type(self))
            made.__dict__.update(self.__dict__)
            made._turn, made._running = threading.RLock(), threading.Lock()
            _interpreters.add(made)
            made._state = self._state.copy()
            made._graphs = [runnable.clone(made._state) for runnable in self._graphs]
            made._main = made._graphs[0]
            made._short = None
            if self._short is not None:
                made._find_short()
        return made

    def __copy__(self) -> Interpreter:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Interpreter:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles hold the model, the settings and the inputs' shapes; what tensors and variables hold they do not."""
        shapes = [[runnable.shapes.get(id(tensor)) for tensor in runnable.graph.inputs] for runnable in self._graphs]
        ready = [runnable.plan is not None for runnable in self._graphs]
        settings: dict[str, Any] = {
            "num_threads": self._threads,
            "experimental_preserve_all_tensors": self._keep_all,
            "arithmetic": self._arithmetic,
        }
        return _unpickled, (self._model, settings, shapes, ready)

    def close(self) -> None:
        """Free the model and its memory, when a run in another thread has ended. Using the interpreter afterwards raises InvokeError.

        In the handler of a signal that has come during a run in this thread, it goes when that run has ended.
        """
        with self._turn:
            for runnable in self.__dict__.get("_graphs", ()):
                runnable.plan = None  # which runners of signatures would keep
                runnable.views.clear()
            for name in _LENT:
                self.__dict__.pop(name, None)
            self._short = None

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Interpreter({self._model!r})" if "_model" in self.__dict__ else "Interpreter(closed)"

    def _repr_html_(self) -> str:
        """What notebooks show: inputs and outputs as a table."""
        if "_model" not in self.__dict__:
            return ""
        sides = (("input", self.get_input_details()), ("output", self.get_output_details()))
        rows = [
            (side, entry["index"], entry["name"], entry["shape_signature"].tolist(), np.dtype(entry["dtype"]).name, entry["quantization"])
            for side, entries in sides
            for entry in entries
        ]
        return html_table(("", "index", "name", "shape", "type", "scale, zero point"), rows, len(rows))

    def __getattr__(self, name: str) -> NoReturn:
        # Only called for what is not there.
        if name in _LENT:
            raise InvokeError("the interpreter is closed", "Make another one")
        raise AttributeError(f"an Interpreter has no attribute {name!r}")

    def _place(self, runnable: _Runnable) -> at:
        return at(f"{self._model.source or 'model content'}, graph {self._graphs.index(runnable)}")

    # ---- running

    def allocate_tensors(self) -> None:
        """Plan the model for its inputs' shapes, and set all tensors and variables to zero.

        Where the shapes are those it is planned for, nothing changes: inputs and variables keep their values. Raises what
        stands in the way, with op and tensor. Waits for a run in another thread to end.
        """
        self._allocate(self._main)

    def _allocate(self, runnable: _Runnable) -> None:
        with self._turn:
            if runnable.plan is None:
                self._check_no_run()
                self._plan(runnable)

    def _plan(self, runnable: _Runnable) -> None:
        with self._place(runnable), memory_shortage("planning it", _SMALLER):
            runnable.plan = Plan(
                runnable.graph,
                runnable.shapes,
                keep_all=self._keep_all,
                threads=self._threads,
                arithmetic=self._arithmetic,
                state=self._state,
                progress=_show_compilation,
            )
        self._find_short()

    def _find_short(self) -> None:
        """Where a run of the main graph is so short that other Python threads wait meanwhile, nothing need watch over it."""
        plan = self._main.plan
        if plan is not None and plan.static and self._threads == 1 and not plan.segments[0].long:
            self._short = plan.segments[0]

    def invoke(self) -> None:
        """Run the model on what its inputs hold. Raises InvokeError, ModelError where a value makes an impossible shape, or what the
        handler of a signal raises, such as KeyboardInterrupt.

        The interpreter can be used again after each; outputs and variables then hold whatever the run has left in them.
        """
        short = self._short
        if short is not None:
            failed = short.call()
            if failed:
                with self._place(self._main):
                    short.check(failed)
            return
        self._invoke(self._main)

    def _invoke(self, runnable: _Runnable) -> None:
        if runnable.plan is None:
            raise InvokeError("the model is not ready", "Call allocate_tensors() first, and again after resize_tensor_input()")
        if self._running.locked():
            if self._runner == threading.get_ident():
                self._check_no_run()
            raise InvokeError(
                "the interpreter is running in another thread",
                "Give each thread its own interpreter: interpreter.clone() makes one that shares the weights",
            )
        # Other threads wait for the turn, and a signal's handler in this one finds it running. `with`, since a handler that raises
        # could leave it locked between acquire() and try.
        with self._turn, self._running:
            self._runner = threading.get_ident()
            plan = runnable.plan
            if plan is None:  # closed, or resized, by whoever had the turn before
                raise InvokeError("the interpreter was closed or resized in another thread", "Close it when its runs have ended")
            if not plan.static or self._state.variables:
                runnable.views.clear()
            if runnable is not self._main and self._state.variables:
                self._short = None  # the main graph has to look first which shapes they have now
            with self._place(runnable), memory_shortage("running it", _SMALLER):
                plan.run()

    def _check_no_run(self) -> None:
        """Raise InvokeError in the middle of a run. To be called with the turn, so that it is a run in this thread."""
        if self._running.locked():
            raise InvokeError(
                "the interpreter is in the middle of a run, and this is called from within it",
                "Call it when the run has ended, not in the handler of a signal",
            )

    def reset_all_variables(self) -> None:
        """Set the state of every recurrent op to zero. Waits for a run in another thread to end."""
        with self._turn:
            self._check_no_run()
            for runnable in self._graphs:
                if runnable.plan is not None:
                    runnable.plan.reset_variables()

    # ---- tensors

    def _tensor(self, runnable: _Runnable, index: Any) -> Tensor:
        tensors = runnable.graph.tensors
        if not isinstance(index, (int, np.integer)) or not 0 <= index < len(tensors):
            raise TensorError(
                f"there is no tensor {quoted(index)}: indices go from 0 to {len(tensors) - 1}", "Take the index from get_input_details()"
            )
        return tensors[index]

    def _view(self, runnable: _Runnable, index: Any) -> np.ndarray:
        """The memory of a tensor."""
        try:
            return runnable.views[index]
        except (KeyError, TypeError):  # an index that cannot be hashed is none
            pass
        with self._turn:
            return self._find_view(runnable, index)

    def _find_view(self, runnable: _Runnable, index: Any) -> np.ndarray:
        tensor = self._tensor(runnable, index)
        name = f"tensor {index} {tensor.name!r}"
        plan = runnable.plan
        if plan is None:
            if tensor.data is not None:
                return tensor.data
            main = self._main.plan if self._keep_all else None
            inner = main.inner(runnable.graph) if main is not None else None
            if main is not None and inner is not None and id(tensor) in inner.values:
                return main.view(inner.values[id(tensor)])
            raise TensorError(f"{name} has no memory yet", "Call allocate_tensors() first")
        value = plan.value(tensor)
        if value is None and tensor.data is not None:
            return tensor.data
        graph = runnable.graph
        ends = any(tensor is end for end in (*graph.inputs, *graph.outputs))
        if not (ends or self._keep_all or tensor.is_variable or (value is not None and value.constant_value is not None)):
            raise TensorError(
                f"{name} is an intermediate result, which is not kept after a run",
                "Make the interpreter with experimental_preserve_all_tensors=True to read it",
            )
        if value is None:
            raise TensorError(f"{name} is not used by any op that has run", None if plan.static else "Call invoke() first")
        runnable.views[index] = plan.view(value)
        return runnable.views[index]

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copy `value` into an input. Its dtype and shape must be the tensor's: raises TensorError, which says both."""
        self._set(self._main, tensor_index, value)

    def _set(self, runnable: _Runnable, index: Any, value: Any, called: str | None = None) -> None:
        """Copy `value` into an input, which messages call by its number and name unless a signature calls it otherwise (`called`)."""
        tensor = self._tensor(runnable, index)
        inputs = [number for number, item in enumerate(runnable.graph.inputs) if item is tensor]
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
                f"{name} is {tensor.type} {list(self._shape(runnable, tensor))} and was given {type(value).__name__}, which is not an "
                "array of numbers",
                f"Give numbers in rows of the same length, such as np.zeros({list(self._shape(runnable, tensor))}, np.{wanted.name})",
            )
        if given.dtype != wanted:
            raise TensorError(
                f"{name} is {tensor.type} {list(self._shape(runnable, tensor))} and was given {given.dtype} {list(given.shape)}",
                conversion_remedy(given, tensor, place),
            )
        view = self._view(runnable, index)
        if given.shape != view.shape:
            raise TensorError(
                f"{name} is {tensor.type} {list(view.shape)} and was given {given.dtype} {list(given.shape)}",
                shape_remedy(given, view.shape, tensor.signature, index),
            )
        view[...] = given

    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> np.ndarray:
        """A copy of a tensor: an input, an output, a constant, or with experimental_preserve_all_tensors any other."""
        return self._copy(self._runnable(subgraph_index), tensor_index)

    def _copy(self, runnable: _Runnable, index: Any) -> np.ndarray:
        view = self._view(runnable, index)
        with memory_shortage(f"a copy of tensor {index}", "Read it without a copy, by Interpreter.tensor()"):
            return view.copy()

    def tensor(self, tensor_index: int) -> Callable[[], np.ndarray]:
        """A function that gives the memory of a tensor as an array: reading and writing without a copy.

        Call it again after allocate_tensors(): an array from before shows the old memory.
        """
        return lambda: self._view(self._main, tensor_index)

    def resize_tensor_input(self, input_index: int, tensor_size: Sequence[int], strict: bool = False) -> None:
        """Give an input another shape; call allocate_tensors() afterwards.

        With `strict`, only dimensions that are -1 in shape_signature may change. Waits for a run in another thread to end.
        """
        self._resize(self._main, input_index, tensor_size, strict)

    def _resize(self, runnable: _Runnable, index: Any, size: Sequence[int], strict: bool) -> None:
        tensor = self._tensor(runnable, index)
        name = f"tensor {index} {tensor.name!r}"
        shape = _whole_numbers(size)
        if shape is None:
            raise TensorError(f"{name} cannot get the shape {quoted(size)}", "Give whole numbers, as in [1, 224, 224, 3]")
        if not any(tensor is item for item in runnable.graph.inputs):
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
        with self._turn:
            if shape == self._shape(runnable, tensor) and runnable.plan is not None:
                return
            self._check_no_run()
            runnable.shapes[id(tensor)] = shape
            runnable.plan = None
            runnable.views.clear()
            if runnable is self._main:
                self._short = None

    # ---- details

    def _runnable(self, index: int) -> _Runnable:
        if not isinstance(index, (int, np.integer)) or not 0 <= index < len(self._graphs):
            raise TensorError(f"there is no graph {quoted(index)}: the model has {len(self._graphs)}", "Graphs are counted from 0")
        return self._graphs[index]

    @staticmethod
    def _shape(runnable: _Runnable, tensor: Tensor) -> tuple[int, ...]:
        value = runnable.value(tensor)
        return value.shape if value is not None else runnable.shapes.get(id(tensor), tensor.shape)

    def _details(self, runnable: _Runnable, tensor: Tensor) -> dict[str, Any]:
        quantization = tensor.scaling
        scales = quantization.scale if quantization is not None else np.zeros(0, np.float32)
        zeros = quantization.zero_point.astype(np.int32) if quantization is not None else np.zeros(0, np.int32)
        signature = tensor.shape_signature
        shape = self._shape(runnable, tensor)
        return {
            "name": tensor.name or "",
            "index": runnable.numbers[id(tensor)],
            "shape": np.array(shape, np.int32),
            "shape_signature": np.array(shape if signature is None or not signature else signature, np.int32),
            "dtype": _dtype(tensor),
            "quantization": (float(scales[0]), int(zeros[0])) if scales.size == zeros.size == 1 else (0.0, 0),
            "quantization_parameters": {
                "scales": scales,
                "zero_points": zeros,
                "quantized_dimension": quantization.quantized_dimension if quantization is not None else 0,
                "block_size": 0,
            },
            "sparsity_parameters": _sparsity(tensor),
        }

    def get_input_details(self) -> list[dict[str, Any]]:
        """For each input: name, index, shape, shape_signature, dtype, quantization, quantization_parameters, sparsity_parameters."""
        return [self._details(self._main, tensor) for tensor in self._main.graph.inputs]

    def get_output_details(self) -> list[dict[str, Any]]:
        """The same for each output."""
        return [self._details(self._main, tensor) for tensor in self._main.graph.outputs]

    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """The same for every tensor of a graph, by index."""
        runnable = self._runnable(subgraph_index)
        return [self._details(runnable, tensor) for tensor in runnable.graph.tensors]

    def _get_tensor_details(self, tensor_index: int, subgraph_index: int = 0) -> dict[str, Any]:
        """One tensor's entry of get_tensor_details(), as scripts that walk _get_ops_details() ask for it."""
        runnable = self._runnable(subgraph_index)
        return self._details(runnable, self._tensor(runnable, tensor_index))

    def num_subgraphs(self) -> int:
        """How many graphs the model has."""
        return len(self._graphs)

    def _get_ops_details(self) -> list[dict[str, Any]]:
        """For each op: index, op_name, inputs, outputs, operand_types, result_types."""
        numbers = self._main.numbers

        def types(tensors: Sequence[Tensor | None]) -> list[Any]:
            return [_dtype(tensor) for tensor in tensors if tensor is not None]

        return [
            {
                "index": index, "op_name": op.name,
                "inputs": np.array([-1 if tensor is None else numbers[id(tensor)] for tensor in op.inputs], np.int32),
                "outputs": np.array([numbers[id(tensor)] for tensor in op.outputs], np.int32),
                "operand_types": types(op.inputs), "result_types": types(op.outputs),
            }
            for index, op in enumerate(self._main.graph.ops)
        ]  # fmt: skip

    # ---- signatures

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """For each signature's key, the names of its inputs and outputs."""
        return {
            signature.key or "": {"inputs": sorted(signature.inputs), "outputs": sorted(signature.outputs)}
            for signature in self._model.signatures
        }

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A function from a signature's inputs, by name, to its outputs; the key may be left out if there is one signature."""
        keys = [signature.key for signature in self._model.signatures]
        if signature_key is None:
            if len(keys) != 1:
                raise ModelError(f"the model has {len(keys)} signatures", self._signature_remedy("Name one of"))
            return SignatureRunner(self, self._model.signatures[0])
        for signature in self._model.signatures:
            if isinstance(signature_key, str) and signature.key == signature_key:
                return SignatureRunner(self, signature)
        raise ModelError(f"there is no signature {quoted(signature_key)}", self._signature_remedy("There are"))

    def _signature_remedy(self, introduction: str) -> str:
        keys = ", ".join(repr(signature.key) for signature in self._model.signatures)
        if keys:
            return f"{introduction}: {keys}"
        return (
            "The file has no signatures: set_tensor(index, value), invoke() and get_tensor(index) run it, with the indices of "
            "get_input_details() and get_output_details()"
        )


_interpreters: weakref.WeakSet[Interpreter] = weakref.WeakSet()


def _end_runs() -> None:
    """After a fork: no thread that was running an interpreter is in the child."""
    for interpreter in _interpreters:
        interpreter._turn, interpreter._running = threading.RLock(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_runs)


class SignatureRunner:
    """A signature as a function: `runner(x=array)` gives {output name: array}. Inputs take the shapes that they are given."""

    def __init__(self, interpreter: Interpreter, signature: Signature) -> None:
        self._interpreter = interpreter
        self._signature = signature
        self._runnable = next(runnable for runnable in interpreter._graphs if runnable.graph is signature.graph)

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        wanted = self._signature.inputs
        _ = self._interpreter._model  # which a closed one has not
        if inputs.keys() != wanted.keys():
            takes, given = (", ".join(sorted(names)) or "nothing" for names in (wanted, inputs))
            raise TensorError(f"signature {self._signature.key!r} takes {takes} and was given {given}")
        runnable, interpreter = self._runnable, self._interpreter
        self.check_ends()
        for name, value in inputs.items():
            array = as_array(value)
            if array.dtype.kind in "biufc":  # others are refused below
                interpreter._resize(runnable, runnable.numbers[id(wanted[name])], array.shape, False)
        interpreter._allocate(runnable)
        for name, value in inputs.items():
            interpreter._set(runnable, runnable.numbers[id(wanted[name])], value, name)
        interpreter._invoke(runnable)
        return {name: interpreter._copy(runnable, runnable.numbers[id(tensor)]) for name, tensor in sorted(self._signature.outputs.items())}

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are of the interpreter, with its copy of the signature."""
        signatures = self._interpreter._model.signatures
        return _runner, (self._interpreter, next(number for number, each in enumerate(signatures) if each is self._signature))

    def check_ends(self) -> None:
        """Raise ModelError if the file's signature names tensors that are not inputs or outputs of its graph."""
        for name, side in self._signature.stale() if self._signature.loose else ():
            tensor = (self._signature.inputs if side == "input" else self._signature.outputs)[name]
            raise ModelError(
                f"the {side} {name!r} of signature {self._signature.key!r} is the tensor {tensor.name!r}, not an {side} of its graph",
                "Run the graph by set_tensor, invoke and get_tensor",
            )

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """The inputs' details by name, as Interpreter.get_input_details() gives them."""
        return {name: self._interpreter._details(self._runnable, tensor) for name, tensor in sorted(self._signature.inputs.items())}

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """The outputs' details by name."""
        return {name: self._interpreter._details(self._runnable, tensor) for name, tensor in sorted(self._signature.outputs.items())}


def _thread_count(wanted: Any) -> int:
    """How many threads to use where `wanted` are asked for. Raises SettingError; warns if they are more than makes sense here."""
    if wanted is None:
        return 1
    if not isinstance(wanted, (int, np.integer)) or isinstance(wanted, bool):
        raise SettingError(f"num_threads should be a whole number, not {quoted(wanted)}")
    if wanted < 1 and wanted != -1:
        raise SettingError(f"num_threads should be at least 1, not {quoted(wanted)}")
    most = 4 * cores()
    if wanted > most:
        warnings.warn(
            f"tinylite uses {most} threads, not {quoted(wanted)}: this process may use {most // 4} cores, and more than 4 threads "
            "for each only wait for one another",
            RuntimeWarning,
            stacklevel=3,
        )
    return max(min(int(wanted), most), 1)


def _whole_numbers(given: Any) -> tuple[int, ...] | None:
    """The shape that somebody has given, a sequence of whole numbers or one; None if it is something else."""
    sizes = np.atleast_1d(as_array(given))
    if sizes.ndim != 1 or sizes.size > _MOST_DIMENSIONS:
        return None
    if not all(isinstance(size, (int, np.integer)) or (sizes.dtype.kind == "f" and size.is_integer()) for size in sizes):
        return None
    return tuple(map(int, sizes))


def _unpickled(model: Model, settings: dict[str, Any], shapes: list[list[tuple[int, ...] | None]], ready: list[bool]) -> Interpreter:
    interpreter = Interpreter(model, **settings)
    for runnable, wanted, planned in zip(interpreter._graphs, shapes, ready, strict=True):
        given = {id(tensor): shape for tensor, shape in zip(runnable.graph.inputs, wanted, strict=True) if shape is not None}
        runnable.shapes.update(given)
        if planned:
            interpreter._allocate(runnable)
    return interpreter


def _runner(interpreter: Interpreter, number: int) -> SignatureRunner:
    return SignatureRunner(interpreter, interpreter._model.signatures[number])


def _dtype(tensor: Tensor) -> Any:
    """The numpy type that details give: of text and of handles too, which hold no numbers."""
    if tensor.holds_numbers:
        return tensor_dtype(tensor.type)
    return np.bytes_ if tensor.type == "STRING" else np.object_


def _sparsity(tensor: Tensor) -> dict[str, Any]:
    if tensor.sparsity is None:
        return {}
    return {
        **{name: value for name in ("traversal_order", "block_map") if (value := getattr(tensor.sparsity, name)) is not None},
        "dim_metadata": [_sparse_dimension(entry) for entry in tensor.sparsity.dim_metadata or ()],
    }


def _sparse_dimension(entry: Any) -> dict[str, Any]:
    if entry.format == "DENSE":
        return {"format": 0, "dense_size": entry.dense_size}
    parts = {name: getattr(entry, name) for name in ("array_segments", "array_indices")}
    return {"format": 1} | {
        name: np.zeros(0, np.int32) if vector.values is None else vector.values.astype(np.int32)
        for name, vector in parts.items()
        if vector is not None
    }
