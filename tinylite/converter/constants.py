"""Nodes of constants that tinylite has no code for: TensorFlow computes them, if it is installed.

A node that becomes an operator stays one, whatever its inputs: TensorFlow is only asked for what would not be converted without. Then
what the node needs may be the outputs of operators that read constants, so the nodes that these represent are remembered.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ConvertError, FreezeError, MissingPackageError
from ..model import Tensor
from . import folding
from .output_types import output_types

if TYPE_CHECKING:
    from .call import Call

__all__ = ["Constants"]

_log = logging.getLogger("tinylite")
_DEEPEST = 200  # nodes between a constant and what is computed


class Constants:
    """What the nodes of a graph compute of constants alone."""

    def __init__(self) -> None:
        self._sources: dict[int, tuple[Tensor, Call, int]] = {}  # by the ids of operators' outputs: the node, and which output
        self._noted: set[str] = set()
        self.why_not: str | None = None  # why the last node that was tried could not be computed

    def are_given(self, call: Call) -> bool:
        """Whether a node's inputs are constants, or computed of such."""
        if not call.inputs or call.op in call.translator.settings.custom_op_names or call.op in call.translator.functions:
            return False
        return all(_is_known(tensor) or id(tensor) in self._sources for tensor in call.inputs)

    def remember(self, call: Call, outputs: Sequence[Tensor]) -> None:
        """That these are the outputs of a node, which became operators."""
        if self.are_given(call):
            self._sources.update((id(tensor), (tensor, call, index)) for index, tensor in enumerate(outputs) if not tensor.is_constant)

    def are_integers(self, call: Call) -> bool:
        """Whether a node computes integers or booleans of constants: they may be shapes and places further on."""
        types = output_types(call.op, call.node.attributes) if self.are_given(call) else []
        return bool(types) and all(type is not None and type.startswith(("INT", "UINT", "BOOL")) for type in types)

    def outputs(self, call: Call) -> list[Tensor] | None:
        """The outputs of a node as constants; None if it cannot be computed, or TensorFlow is needed and not installed."""
        self.why_not = None
        if not self.are_given(call):
            return None
        try:
            values = self._computed(call, _DEEPEST)
            made = None if values is None else [call.translator.constant(call, value, index) for index, value in enumerate(values)]
        except MissingPackageError:
            self.why_not = "TensorFlow could compute it of its constants: pip install 'tinylite[tensorflow]'"
            return None
        except FreezeError as error:
            self.why_not = error.problem
            return None
        except KeyError:
            self.why_not = "its outputs are of a type that .tflite files do not have"
            return None
        call.translator.counts.folded += made is not None
        return made

    def value(self, tensor: Tensor) -> np.ndarray | None:
        """The numbers of a tensor that is computed of constants, or None."""
        if id(tensor) not in self._sources:
            return None
        try:
            return self._value(tensor, _DEEPEST)
        except (FreezeError, MissingPackageError):
            return None

    def _computed(self, call: Call, deepest: int) -> list[np.ndarray] | None:
        from ..freezing.constants import computed

        given = [self._value(tensor, deepest - 1) for tensor in call.inputs]
        values = [value for value in given if value is not None]
        if len(values) < len(given):
            return None
        if call.op in folding.FOLDERS:
            try:
                made = folding.fold(call, values)
            except ConvertError:
                made = None
            if made is not None:
                return made
        made = computed(call.op, call.node.attributes, values)
        if made is not None and call.op not in self._noted:
            self._noted.add(call.op)
            _log.warning("%s of constants, such as node %r, is computed by TensorFlow", call.op, call.node.name)
        return made

    def _value(self, tensor: Tensor, deepest: int) -> np.ndarray | None:
        if tensor.is_constant:
            return folding.texts(tensor) if tensor.type == "STRING" else tensor.data
        if id(tensor) not in self._sources or deepest < 0:
            return None
        _, call, index = self._sources[id(tensor)]
        values = self._computed(call, deepest)
        return None if values is None or index >= len(values) else values[index]


def _is_known(tensor: Tensor) -> bool:
    return tensor.is_constant and (tensor.is_numeric or tensor.type == "STRING")
