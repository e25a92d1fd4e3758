"""Signatures as functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from ..errors import ModelError, TensorError
from ..html_tables import ShownAsTable, ShownTable
from ..inputs.stored_values import as_array
from ..model import Model, Signature, Tensor
from .details import DETAILS_COLUMNS, details_row
from .graph_runner import GraphRunner

__all__ = ["SignatureRunner"]


class _Owner(Protocol):
    """The interpreter."""

    @property
    def model(self) -> Model: ...
    @property
    def graph_runners(self) -> tuple[GraphRunner, ...]: ...


class SignatureRunner(ShownAsTable):
    """A signature as a function: `runner(x=array)` returns {output name: array}. Inputs take the shapes of the arrays."""

    def __init__(self, interpreter: _Owner, signature: Signature) -> None:
        self._interpreter = interpreter
        self._signature = signature
        self._graph_runner = next(runner for runner in interpreter.graph_runners if runner.graph is signature.graph)

    @property
    def graph_runner(self) -> GraphRunner:
        """The graph that the signature is of."""
        return self._graph_runner

    def __repr__(self) -> str:
        return f"SignatureRunner({self._signature!r})"

    def _shown_table(self) -> ShownTable:
        """Inputs and outputs, by the names that the signature has for them."""
        runner, signature = self._graph_runner, self._signature
        ends = [("input", *end) for end in signature.inputs.items()] + [("output", *end) for end in signature.outputs.items()]
        rows = ((side, name, *details_row(runner.details(tensor))) for side, name, tensor in ends)
        return ShownTable(("", "signature's name", *DETAILS_COLUMNS), rows, len(ends), ("index",))

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        wanted, runner = self._signature.inputs, self._graph_runner
        runner.runtime.check_open()
        if inputs.keys() != wanted.keys():
            takes, given = (", ".join(sorted(names)) or "nothing" for names in (wanted, inputs))
            raise TensorError(f"signature {self._signature.key!r} takes {takes} and was given {given}")
        self.check_ends()
        for name, value in inputs.items():
            array = as_array(value)
            if array.dtype.kind in "biufc":  # others are refused below
                runner.resize(runner.index_of(wanted[name]), array.shape)
        runner.allocate()
        for name, value in inputs.items():
            runner.set(runner.index_of(wanted[name]), value, name)
        runner.invoke()
        return {name: runner.get(runner.index_of(tensor)) for name, tensor in sorted(self._signature.outputs.items())}

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are of the interpreter, with its copy of the signature."""
        signatures = self._interpreter.model.signatures
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
        """The inputs' details by name, as Interpreter.get_input_details() returns them."""
        return self._details(self._signature.inputs)

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """The outputs' details by name."""
        return self._details(self._signature.outputs)

    def _details(self, ends: Mapping[str, Tensor]) -> dict[str, dict[str, Any]]:
        return {name: self._graph_runner.details(tensor) for name, tensor in sorted(ends.items())}


def _runner(interpreter: _Owner, number: int) -> SignatureRunner:
    return SignatureRunner(interpreter, interpreter.model.signatures[number])
