"""Where values that are compared with a golden come from: tinylite itself, another runtime, or what a device has written.

A source returns values by the golden's keys (`Golden.keys`): arrays, or a CRC32 as an int where no more is known. It may lack
layers. What `tinylite golden check --with TEXT` means is looked up in `source`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..arithmetic import ARITHMETICS, Arithmetic, find
from ..errors import FileError, SettingError, nearest, quoted
from ..files.io import current_directory
from ..model import Model
from .golden import Golden
from .model_file import ModelFile
from .running import GraphRun

__all__ = ["OpSource", "Source", "TinyliteSource", "source"]


class Source(Protocol):
    """Values to compare. `name` says in reports where they come from."""

    @property
    def name(self) -> str: ...

    def values(self, golden: Golden, case: int) -> Mapping[str, np.ndarray | int]:
        """What tensors hold in a case of a golden, by its keys. The arrays may be overwritten by the next call.

        Names that the golden does not have are reported, with the nearest that it has. Raises TinyliteError.
        """
        ...


@runtime_checkable
class OpSource(Protocol):
    """A source that can also run an op alone, which tells whether the op or one before it is to blame."""

    def op(self, model: Model, op_index: int, inputs: Sequence[np.ndarray]) -> list[np.ndarray] | None:
        """The outputs of the op of this number in the model's first graph; None if the source cannot say.

        `inputs` are what its inputs hold that are not constants, each tensor once, in the order of the op; outputs are in its order.
        `golden.check` asks with models that hold the op alone, so that running the model is an answer.
        """
        ...


class TinyliteSource:
    """tinylite itself, with an arithmetic."""

    def __init__(self, model: ModelFile, arithmetic: Arithmetic | str) -> None:
        self.arithmetic = find(arithmetic)
        self.name = f"tinylite, {self.arithmetic.name} {self.arithmetic.version}"
        self._model = model.given
        self._run: GraphRun | None = None
        self._alone: tuple[Model, GraphRun] | None = None

    def values(self, golden: Golden, case: int) -> Mapping[str, np.ndarray | int]:
        run = self._run
        if run is None or (run.number, run.layers) != (golden.graph, golden.layers):
            run = self._run = GraphRun(self._model, golden.graph, self.arithmetic, golden.layers)
        run.run(_in_the_model_s_order(golden, case, [tensor.name or "" for tensor in run.graph.inputs]))
        return run.values(golden.layers)

    def op(self, model: Model, op_index: int, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What the model, of one op or of several, computes."""
        if self._alone is None or self._alone[0] is not model:
            self._alone = model, GraphRun(model, 0, self.arithmetic, False)
        run = self._alone[1]
        run.run(inputs)
        return [run.runner.get(run.runner.index_of(tensor)) for tensor in run.graph.outputs]


def _in_the_model_s_order(golden: Golden, case: int, names: list[str]) -> list[np.ndarray]:
    """A case's inputs, by the names of a model's inputs, which may have been put into another order since."""
    kept = [tensor.name for tensor in golden.tensors if tensor.role == "input"]
    values = golden.inputs(case)
    if kept == names or sorted(kept) != sorted(names) or len({*names}) < len(names):
        return values
    return [values[kept.index(name)] for name in names]


def source(text: str, model: Any = None) -> Source:
    """What `--with TEXT` means: the name of a runtime, such as "xnnpack", or the path of a dump. A file of such a name is ./xnnpack.

    A runtime needs the `model`, a path, a file's bytes, a Model or a ModelFile. Raises FileError for what is neither, with the nearest
    names, SettingError for a runtime without a model, and MissingPackageError for one that is not installed.
    """
    from .runtimes import names

    if text in names():
        from .runtimes.base.source import RuntimeSource

        if model is None:
            raise SettingError(f"{text} takes the model, to run it", "Give its path")
        return RuntimeSource(text, model)
    if os.path.exists(text):
        from .dumps.base.dump import Dump

        return Dump(text)
    if text in ARITHMETICS:
        raise FileError(
            f"{text!r} is an arithmetic of tinylite, and not a runtime", f"Ask for it by arithmetic={text!r}, --arithmetic {text}"
        )
    near = nearest(text, names())
    listed = f"The runtimes are {', '.join(names())}; a dump is a file or folder. {current_directory()}"
    raise FileError(f"{quoted(text)} is neither a runtime nor a file or folder", near or listed)
