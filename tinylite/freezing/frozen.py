"""What freezing returns: a graph that holds its values."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ..errors import FreezeError, at
from ..files.io import write_whole

__all__ = ["Frozen", "FrozenTensor"]


@dataclass(frozen=True)
class FrozenTensor:
    """An input or output of a frozen graph."""

    key: str  # what the signature, or Keras, calls it; the node's name where there is neither
    name: str  # "node:0", in the graph
    dtype: str | None  # "float32"; None where TensorFlow does not know the operator
    shape: tuple[int, ...] | None  # -1 for what is known only when it runs; None if even the rank is


@dataclass
class Frozen:
    """A frozen graph with its inputs and outputs, in the order of the signature or model."""

    graph_def: Any = field(repr=False)  # a tf.compat.v1.GraphDef message
    inputs: list[FrozenTensor]
    outputs: list[FrozenTensor]
    signature_key: str | None = None
    # Variables that the graph itself writes stay variables, as the state of a stateful RNN. Running the node `initializer`
    # once sets them, and fills tables; its Assign nodes have the first values, as Consts.
    variables: list[str] = field(default_factory=list)
    initializer: str | None = None

    def to_bytes(self) -> bytes:
        """The GraphDef as a file holds it, the same for the same graph. Raises FreezeError beyond protobuf's limit of 2 GiB."""
        try:
            content: bytes = self.graph_def.SerializeToString(deterministic=True)
        except Exception as error:  # protobuf's EncodeError, or ValueError, as its version has it
            raise FreezeError(
                f"the frozen graph does not fit a file: {error}",
                "Protocol buffers hold up to 2 GiB: convert it from memory, with tinylite.convert(tinylite.freeze(...))",
            ) from error
        return content

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the GraphDef, whole or not at all: as text where the name ends in .pbtxt, in binary else. Raises FileError."""
        path = os.fsdecode(path)
        with at(path):
            if path.endswith(".pbtxt"):
                from google.protobuf import text_format

                content = text_format.MessageToString(self.graph_def).encode()
            else:
                content = self.to_bytes()
            write_whole(path, [content])
