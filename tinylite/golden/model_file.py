"""A model as goldens refer to it: by its file's name and SHA-256."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

from ..errors import FileError
from ..files.io import content_of
from ..model import Model
from ..model.source import model_from

__all__ = ["ModelFile", "beside"]


@dataclass(frozen=True)
class ModelFile:
    """A model and what its file is: `path`, None if it has none; `name`, without the folder; SHA-256 of its bytes."""

    model: Model = field(repr=False)
    path: str | None
    sha256: str

    @classmethod
    def of(cls, given: Any) -> ModelFile:
        """The model of a path, of a file's bytes, or a Model, whose SHA-256 is that of the file it would be saved as."""
        if isinstance(given, ModelFile):
            return given
        model = model_from(given, None)  # of a Model a copy, as it would be saved
        if isinstance(given, Model):
            return cls(model, model.source, hashlib.sha256(model.to_bytes()).hexdigest())
        content = given if model.source is None else content_of(model.source)
        return cls(model, model.source, hashlib.sha256(content).hexdigest())

    @property
    def name(self) -> str:
        return os.path.basename(self.path) if self.path else ""

    def content(self) -> bytes:
        """The bytes of a .tflite file of it, for other runtimes."""
        return self.model.to_bytes()


def beside(golden_path: str | None, name: str, sha256: str) -> ModelFile:
    """The model of a golden, which lies beside it or in the current directory. Raises FileError with a remedy if it does not."""
    folders = [os.path.dirname(golden_path)] if golden_path is not None else []
    tried = [os.path.join(folder, name) for folder in (*folders, "")] if name and name == os.path.basename(name) else []
    for path in tried:
        if os.path.isfile(path):
            return ModelFile.of(path)
    raise FileError(
        f"the model {name!r} is neither beside the golden nor in the current directory"
        if name
        else "the golden was recorded of a model without a file",
        f"Give its path, as in tinylite golden check g.npz MODEL; its SHA-256 is {sha256}",
    )
