"""An output of a run, as people and programs want to see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...limits import check_size
from .terminal import echo, finite

__all__ = ["Result"]

_A_NUMBER = 150  # bytes, as objects of Python and as text


@dataclass
class Result:
    """An output: its name, stored values and details, and the labels of its places, or of its values if `of_values`."""

    name: str
    values: np.ndarray
    details: dict[str, Any]
    labels: Sequence[str] = field(default_factory=list)
    of_values: bool = False

    def real(self) -> np.ndarray:
        """The numbers that the values represent."""
        from ...inputs.media import real_values

        return real_values(self.values, self.details)

    def plain(self) -> dict[str, Any]:
        """What JSON can hold: values nested as their shape, stored and, if they are quantized, real; labels of the largest or of values.

        NaN and infinity are texts, and complex numbers [real, imaginary].
        """
        check_size(self.values.size * _A_NUMBER, f"output {self.name!r} as text", "Write it with -o")
        found = {"name": self.name, "dtype": str(self.values.dtype), "shape": list(self.values.shape), "values": _plain(self.values)}
        real = self.real()
        if real is not self.values:
            found["real_values"] = _plain(real)
        if self.labels:
            found["labels"] = [self._label(value) for value in real.reshape(-1)] if self.of_values else list(self.labels)
        return found

    def show(self, top: int) -> None:
        """Print it: the `top` largest of a row of numbers, or what its values span."""
        real = self.real()
        shape = "x".join(map(str, self.values.shape)) or "scalar"
        echo(f"{self.name}: {self.values.dtype} {shape}", bold=True)
        if not self.values.size:
            echo("  empty")
            return
        vector = real.reshape(-1) if real.ndim <= 1 or real.size == real.shape[-1] else None
        if vector is None:
            echo(f"  from {real.min():.5g} to {real.max():.5g}, mean {real.mean():.5g}")
        elif self.labels and self.of_values:
            echo(f"  {', '.join(self._label(value) for value in vector[:top])}{' ...' if vector.size > top else ''}")
        elif vector.size == 1:
            echo(f"  {vector[0]:.6g}" if real.dtype.kind == "f" else f"  {vector[0]}")
        elif real.dtype.kind != "f":
            echo(f"  {' '.join(map(str, vector[:top]))}{' ...' if vector.size > top else ''}")
        else:
            self._show_largest(vector, top)

    def _show_largest(self, vector: np.ndarray, top: int) -> None:
        if len(self.labels) == vector.size - 1:
            echo(
                f"Note: {self.name} has {vector.size} classes and there are {len(self.labels)} labels; if class 0 is the background, "
                "give it the first line of the labels",
                err=True,
            )
        for index in np.argsort(-vector.astype(np.float64), kind="stable")[:top]:
            label = self.labels[index] if index < len(self.labels) else ""
            echo(f"  {vector[index]:10.5g}  {index:>4}  {label}".rstrip())

    def _label(self, value: Any) -> str:
        """The label of a value, or the value itself if it has none."""
        number = float(np.real(value))
        known = math.isfinite(number) and number == int(number) and 0 <= number < len(self.labels)
        return self.labels[int(number)] if known else f"{value:g}"


def _plain(values: np.ndarray) -> Any:
    if values.dtype.kind == "c":
        return _plain(np.stack([values.real, values.imag], axis=-1))
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return finite(values.tolist())
    return values.tolist()
