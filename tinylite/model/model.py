"""The Model: a .tflite file as objects (objects.py), made to be read and edited."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NoReturn

from ..errors import ModelError
from ..files.io import check_unchanged
from ..html_tables import ShownAsTable, ShownTable
from .objects import Contents, Graph, Tensor, shown_ends

__all__ = ["Model"]


# What a model has until it is closed.
_LENT = ("graphs", "metadata", "signatures", "associated_files", "unknown")


class Model(Contents, ShownAsTable):
    """A whole .tflite file: what it holds, and how to load, save, copy and compare it."""

    @staticmethod
    def load(file: str | os.PathLike[str] | bytes | bytearray | memoryview) -> Model:
        """Read a model from a path or from bytes. Raises FileError with place and remedy.

        Files of less than 128 MB are read into memory, and may change afterwards. Larger ones are mapped, and must stay as they are
        as long as the model is used; replacing one by `save`, or by a rename, is not a change.
        """
        from .load import load

        model = Model()
        load(file, model)
        return model

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, whole or not at all. Raises ModelError with the place of what cannot be written."""
        from .save import save

        save(self, path)

    def to_bytes(self) -> bytes:
        """The .tflite file as bytes; the same model always produces the same."""
        from .save import to_bytes

        return to_bytes(self)

    def close(self) -> None:
        """Release the graphs and constants, and a large file that is mapped. Using the Model afterwards raises ModelError."""
        for name in _LENT:
            self.__dict__.pop(name, None)

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> NoReturn:
        # Only called for what is not there.
        if name in _LENT:
            raise ModelError("the model is closed", "Load it again" if self.source else None)
        raise AttributeError(f"a Model has no attribute {name!r}")

    @property
    def graph(self) -> Graph:
        """The first graph, which is the model; the others are called by it or by signatures."""
        return self.graphs[0]

    def cut(self, inputs: Iterable[Tensor | str], outputs: Iterable[Tensor | str]) -> None:
        """Keep only what computes `outputs` from `inputs` in the first graph, and the signatures that still fit.

        Raises TensorError, and changes nothing, if an output needs what is neither a constant nor computed from `inputs`.
        """
        self.graph.cut(inputs, outputs)
        self.signatures = [signature for signature in self.signatures if signature.graph is not self.graph or not any(signature.stale())]

    def copy(self) -> Model:
        """A Model that can be edited without changing this one; constants are shared, not copied, so replace them to change them."""
        from .clone import copied

        return copied(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        from .clone import copied

        self._check_constants()
        return copied(self, constants=True)

    def __getstate__(self) -> dict[str, Any]:
        self._check_constants()  # they are about to be pickled
        return self.__dict__

    def _check_constants(self) -> None:
        check_unchanged(tensor.buffer for graph in self.graphs for tensor in graph.all_tensors())

    def __eq__(self, other: object) -> bool:
        """Whether all that the models hold is the same; where they come from, and in whose memory constants lie, does not count."""
        if not isinstance(other, Model):
            return NotImplemented
        from .clone import same

        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """One line: where it comes from, what its first graph takes and returns, and how much there is."""
        where = f"{self.source!r}: " if self.source else ""
        if "graphs" not in self.__dict__:
            return f"Model({where}closed)"
        if not self.graphs:
            return f"Model({where}no graph)"
        others = f", {len(self.graphs) - 1} other graphs" if len(self.graphs) > 1 else ""
        return f"Model({where}{shown_ends(self.graph)}, {len(self.graph.ops)} ops{others})"

    def _shown_table(self) -> ShownTable | None:
        """The first graph's ops."""
        return self.graph._shown_table() if self.__dict__.get("graphs") else None
