"""What a runtime is to whoever compares with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from ....errors import MissingPackageError

__all__ = ["Run", "Runtime"]

# (model's bytes, inputs, indices of tensors, say what is being done) -> outputs, and of the tensors those that were kept.
Run = Callable[[bytes, list[np.ndarray], list[int], Callable[[str], None]], tuple[list[np.ndarray], dict[int, np.ndarray]]]


@dataclass(frozen=True)
class Runtime:
    """A runtime, of a package that need not be installed.

    about    what computes, in a few words
    module   what is imported
    package  what pip installs
    run      runs a model; called in a process of its own, since it may end that
    """

    about: str
    module: str
    package: str
    run: Run

    def version(self) -> str:
        """The version of the package. Raises MissingPackageError if it is not installed."""
        try:
            found = importlib.util.find_spec(self.module) is not None
        except (ImportError, ValueError):
            found = False
        if not found:
            raise MissingPackageError(f"{self.about} is part of the package {self.package}, which is not installed", self._remedy)
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return "unknown"

    @property
    def _remedy(self) -> str:
        return f"Install it: pip install {self.package}"
