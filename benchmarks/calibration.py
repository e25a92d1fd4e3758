"""Ranges of a float graph's tensors, from runs on representative inputs: a source of ranges for tinylite.quantize."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylite import Interpreter, Model
from tinylite.quantize import Range, Ranges

__all__ = ["Calibration"]


@dataclass(frozen=True)
class Calibration:
    """What runs of the float graph have seen: the least and the greatest value of each tensor, over a few inputs, and 0.

    `samples` has the shape of the graph's only input in its further dimensions.
    """

    samples: np.ndarray

    def provide(self, ranges: Ranges) -> None:
        interpreter = Interpreter(model_content=Model([ranges.graph]).to_bytes(), experimental_preserve_all_tensors=True)
        interpreter.allocate_tensors()
        places = {id(tensor): index for index, tensor in enumerate(ranges.graph.all_tensors())}
        seen = [tensor for tensor in ranges.graph.all_tensors() if tensor.type == "FLOAT32" and not tensor.is_constant]
        ends = np.zeros((len(seen), 2))
        for sample in self.samples:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sample[None])
            interpreter.invoke()
            for row, tensor in zip(ends, seen, strict=True):
                values = interpreter.get_tensor(places[id(tensor)])
                row[:] = min(row[0], values.min()), max(row[1], values.max())
        for (low, high), tensor in zip(ends.tolist(), seen, strict=True):
            ranges.set_if_missing(tensor, Range(low, high))
