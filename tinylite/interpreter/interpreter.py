"""tf.lite.Interpreter, with the same calls and keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from ..arithmetic import FAST, REFERENCE, Arithmetic, find
from ..engine.checks import check_records
from ..engine.plan import Plan
from ..errors import InvokeError, ModelError, SettingError, TensorError, UnsupportedError, quoted
from ..html_tables import ShownAsTable, ShownTable
from ..model import Model
from ..model.source import model_from
from .details import op_details
from .graph_runner import GraphRunner
from .runtime import Runtime
from .settings import OpResolverType, thread_count
from .signature_runner import SignatureRunner

__all__ = ["Interpreter"]

# What an interpreter has until it is closed.
_LENT = ("_model", "_runners", "_main")


class Interpreter(ShownAsTable):
    """Runs one model. Use one from one thread at a time; several may run in as many threads.

    Arguments are those of tf.lite.Interpreter, except that the first may also be the content of a file (bytes, or what has the buffer
    interface) or a Model, of which the interpreter keeps a copy: editing the Model afterwards does not change it. `num_threads` is how
    many threads share the work (None and -1: one; at most four for each core that this process may use, with a RuntimeWarning); results
    do not depend on it. With `experimental_preserve_all_tensors` every intermediate tensor can be read after a run. The other
    experimental arguments change nothing here, except that delegates are refused.

    `arithmetic` says how results are rounded, by name or as a value of tinylite.arithmetic: "fast", where integers are bit-exact with
    LiteRT's reference kernels and floats are rounded as is fastest; or "litert-reference", where floats are, too. Without it,
    an `experimental_op_resolver_type` of BUILTIN_REF, tinylite's own or that of the package it replaces, means "litert-reference" and all
    others "fast". Planning raises UnprovenError for an op that the arithmetic is not proven for.

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
        threads = thread_count(num_threads)
        if getattr(experimental_op_resolver_type, "name", None) not in OpResolverType.__members__:
            raise SettingError(
                f"experimental_op_resolver_type is {quoted(experimental_op_resolver_type)}",
                f"Give one of {', '.join(map(str, OpResolverType))}",
            )
        asked = REFERENCE if experimental_op_resolver_type.name == "BUILTIN_REF" else None
        chosen = find(arithmetic) if arithmetic is not None else asked or FAST
        if asked is not None and chosen is not asked:
            raise SettingError(f"experimental_op_resolver_type is BUILTIN_REF and arithmetic is {chosen.name!r}", "Give one of the two")
        self._model: Model = model_from(model_path, model_content)
        self.runtime = Runtime(self._model.source, bool(experimental_preserve_all_tensors), threads, chosen)
        self._main = GraphRunner(self._model.graphs[0], 0, self.runtime, None)
        others = (GraphRunner(graph, index, self.runtime, self._main) for index, graph in enumerate(self._model.graphs[1:], 1))
        self._runners = (self._main, *others)
        for runner in self._runners:
            with runner.place():
                check_records(runner.graph)

    def clone(self) -> Interpreter:
        """Another interpreter of the same model, to be used at the same time in another thread.

        Weights, and all else that no run changes, are shared; tensors, variables and state are its own, and hold what they hold here now.
        Random numbers of ops without seeds are others. Waits for a run in another thread to end. Raises OutOfMemoryError, and
        InvokeError in the handler of a signal that has come during a run in this thread.
        """
        with self.runtime.turn:
            self.runtime.check_open()
            self.runtime.check_no_run()
            made = Interpreter.__new__(type(self))
            made.__dict__.update(self.__dict__)
            made.runtime = self.runtime.clone()
            made._main = self._main.clone(made.runtime, None)
            made._runners = (made._main, *(runner.clone(made.runtime, made._main) for runner in self._runners[1:]))
        return made

    def __copy__(self) -> Interpreter:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Interpreter:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles hold the model, the settings and the inputs' shapes; what tensors and variables hold they do not."""
        shapes = [[runner.shapes.get(id(tensor)) for tensor in runner.graph.inputs] for runner in self._runners]
        ready = [runner.is_allocated for runner in self._runners]
        settings: dict[str, Any] = {
            "num_threads": self.runtime.threads,
            "experimental_preserve_all_tensors": self.runtime.keep_all,
            "arithmetic": self.runtime.arithmetic,
        }
        return _unpickled, (self._model, settings, shapes, ready)

    def close(self) -> None:
        """Free the model and its memory, when a run in another thread has ended. Using the interpreter afterwards raises InvokeError.

        In the handler of a signal that has come during a run in this thread, it goes when that run has ended.
        """
        with self.runtime.turn:
            for runner in self.__dict__.get("_runners", ()):
                runner.close()  # runners of signatures keep it
            for name in _LENT:
                self.__dict__.pop(name, None)
            self.runtime.close()

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Interpreter({self._model!r})" if "_model" in self.__dict__ else "Interpreter(closed)"

    def _shown_table(self) -> ShownTable | None:
        """Inputs and outputs."""
        return self._main._shown_table() if "_model" in self.__dict__ else None

    def __getattr__(self, name: str) -> NoReturn:
        # Only called for what is not there.
        if name in _LENT:
            raise InvokeError("the interpreter is closed", "Make another one")
        raise AttributeError(f"an Interpreter has no attribute {name!r}")

    # ---- what it is made of

    @property
    def model(self) -> Model:
        """The Model that runs, to look at. To edit one, take a copy of it and make another interpreter."""
        return self._model

    @property
    def arithmetic(self) -> Arithmetic:
        """How results are rounded: the arithmetic that was asked for, with its name and version."""
        return self.runtime.arithmetic

    @property
    def plan(self) -> Plan:
        """How the first graph runs: its steps with their kernels, and its memory. Raises InvokeError before it is allocated."""
        return self._main.plan

    @property
    def graph_runners(self) -> tuple[GraphRunner, ...]:
        """The graphs of the model, each with its plan and what runs it alone."""
        return self._runners

    def get_graph_runner(self, index: int = 0) -> GraphRunner:
        """The graph that has this number. Raises TensorError if there is none."""
        if not isinstance(index, (int, np.integer)) or not 0 <= index < len(self._runners):
            raise TensorError(f"there is no graph {quoted(index)}: the model has {len(self._runners)}", "Graphs are counted from 0")
        return self._runners[index]

    # ---- running

    def allocate_tensors(self) -> None:
        """Plan the model for its inputs' shapes, and set all tensors and variables to zero.

        Where the shapes are those it is planned for, nothing changes: inputs and variables keep their values. Raises what
        prevents it, with op and tensor. Waits for a run in another thread to end.
        """
        self._main.allocate()

    def invoke(self) -> None:
        """Run the model on what its inputs hold. Raises InvokeError, ModelError where a value makes an impossible shape, or what the
        handler of a signal raises, such as KeyboardInterrupt.

        The interpreter can be used again after each; outputs and variables then hold whatever the run has left in them.
        """
        main = self._main
        short = main.short
        if short is not None:
            failed = short.call()
            if failed:
                with main.place():
                    short.check(failed)
            return
        main.invoke()

    def reset_all_variables(self) -> None:
        """Set the state of every recurrent op to zero. Waits for a run in another thread to end."""
        with self.runtime.turn:
            self.runtime.check_open()
            self.runtime.check_no_run()
            for runner in self._runners:
                runner.reset_variables()

    # ---- tensors

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copy `value` into an input. Its dtype and shape must be the tensor's: raises TensorError, which says both."""
        self._main.set(tensor_index, value)

    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> np.ndarray:
        """A copy of a tensor: an input, an output, a constant, or with experimental_preserve_all_tensors any other."""
        return self.get_graph_runner(subgraph_index).get(tensor_index)

    def tensor(self, tensor_index: int) -> Callable[[], np.ndarray]:
        """A function that returns the memory of a tensor as an array: reading and writing without a copy.

        Call it again after allocate_tensors(): an array from before shows the old memory.
        """
        return lambda: self._main.view(tensor_index)

    def resize_tensor_input(self, input_index: int, tensor_size: Sequence[int], strict: bool = False) -> None:
        """Change the shape of an input; call allocate_tensors() afterwards.

        With `strict`, only dimensions that are -1 in shape_signature may change. Waits for a run in another thread to end.
        """
        self._main.resize(input_index, tensor_size, strict)

    # ---- details

    def get_input_details(self) -> list[dict[str, Any]]:
        """For each input: name, index, shape, shape_signature, dtype, quantization, quantization_parameters, sparsity_parameters."""
        return [self._main.details(tensor) for tensor in self._main.graph.inputs]

    def get_output_details(self) -> list[dict[str, Any]]:
        """The same for each output."""
        return [self._main.details(tensor) for tensor in self._main.graph.outputs]

    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """The same for every tensor of a graph, by index."""
        runner = self.get_graph_runner(subgraph_index)
        return [runner.details(tensor) for tensor in runner.graph.tensors]

    def _get_tensor_details(self, tensor_index: int, subgraph_index: int = 0) -> dict[str, Any]:
        """One tensor's entry of get_tensor_details(), as scripts that walk _get_ops_details() ask for it."""
        runner = self.get_graph_runner(subgraph_index)
        return runner.details(runner.tensor(tensor_index))

    def num_subgraphs(self) -> int:
        """How many graphs the model has."""
        return len(self._runners)

    def _get_ops_details(self) -> list[dict[str, Any]]:
        """For each op: index, op_name, inputs, outputs, operand_types, result_types."""
        return op_details(self._main.graph, {id(tensor): number for number, tensor in enumerate(self._main.graph.tensors)})

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


def _unpickled(model: Model, settings: dict[str, Any], shapes: list[list[tuple[int, ...] | None]], ready: list[bool]) -> Interpreter:
    interpreter = Interpreter(model, **settings)
    for runner, wanted, planned in zip(interpreter.graph_runners, shapes, ready, strict=True):
        given = {id(tensor): shape for tensor, shape in zip(runner.graph.inputs, wanted, strict=True) if shape is not None}
        runner.shapes.update(given)
        if planned:
            runner.allocate()
    return interpreter
