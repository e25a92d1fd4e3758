"""The same model in tinylite, in LiteRT with XNNPACK and in LiteRT's reference kernels, fed alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

from tinylite import Interpreter, Model
from tinylite.report.work import total_work

__all__ = ["Baselines"]


def feed(interpreter: Any, feeds: Iterable[np.ndarray] | None) -> None:
    """Give an interpreter these inputs, or random ones: normal floats, bytes over their whole range, other integers 0 or 1."""
    rng = np.random.default_rng(0)
    given = iter(feeds) if feeds is not None else None
    for details in interpreter.get_input_details():
        dtype, shape = np.dtype(details["dtype"]), details["shape"]
        if given is not None:
            value = next(given)
        elif dtype.kind == "f":
            value = rng.normal(size=shape)
        elif dtype.itemsize == 1 and dtype.kind != "b":
            value = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape)
        else:
            value = rng.integers(0, 2, shape)
        interpreter.set_tensor(details["index"], np.asarray(value, dtype))


def difference(found: np.ndarray, wanted: np.ndarray) -> str | float:
    """How far an output is from the reference's: relative to the largest number for floats, in words for integers."""
    if found.tobytes() == wanted.tobytes():
        return 0.0
    with np.errstate(invalid="ignore"):
        off = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    if found.dtype.kind == "f":
        if np.array_equal(np.isnan(found), np.isnan(wanted)):
            return float(np.nanmax(off) / max(np.nanmax(np.abs(wanted)), np.finfo(np.float32).tiny))
        return "DIFFERENT: NaN in other places"
    return f"DIFFERENT: {np.count_nonzero(off)} of {off.size}, by up to {off.max():.0f}"


def with_logits(model: Model) -> Model:
    """The model with what goes into a softmax among its outputs: after one, where a class has it all, much looks equal."""
    outputs = model.graph.outputs
    for op in model.graph.ops:
        source = op.inputs[0] if op.code == "SOFTMAX" else None
        if source is not None and not any(source is tensor for tensor in (*outputs, *model.graph.inputs)):
            outputs.append(source)
    return model


@dataclass
class Baselines:
    """Interpreters of one model, ready to invoke; `reference` and `checked` are None where they are not wanted.

    `checked` is tinylite on the same model as `reference`, whose outputs tell more.
    """

    tinylite: Interpreter
    xnnpack: Any
    reference: Any
    checked: Interpreter | None
    operations: dict[str, int]

    @staticmethod
    def of(content: bytes, threads: int, feeds: list[np.ndarray] | None = None, reference: bool = True) -> Baselines:
        """Raises ValueError or RuntimeError where one of them refuses the model."""
        ours = Interpreter(model_content=content, num_threads=threads)
        xnnpack = LiteRT(model_content=content, num_threads=threads)
        oracle = checked = None
        if reference:
            telling = with_logits(Model.load(content)).to_bytes()
            plain = OpResolverType.BUILTIN_REF
            oracle = LiteRT(model_content=telling, num_threads=threads, experimental_op_resolver_type=plain)
            checked = Interpreter(model_content=telling, num_threads=threads)
        for interpreter in (ours, xnnpack, oracle, checked):
            if interpreter is not None:
                interpreter.allocate_tensors()
                feed(interpreter, feeds)
        return Baselines(ours, xnnpack, oracle, checked, total_work(ours).operations)

    def agreement(self) -> str:
        """How tinylite's outputs compare with the reference's after its first run: no speed is worth anything without this."""
        assert self.checked is not None
        wanted = [self.reference.get_tensor(details["index"]) for details in self.reference.get_output_details()]
        worst = 0.0
        for interpreter in (self.tinylite, self.checked):
            interpreter.invoke()
            found = [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
            for output, judged in zip(found, wanted, strict=False):  # the timed one lacks what with_logits() adds
                off = difference(output, judged)
                if isinstance(off, str):
                    return off
                worst = max(worst, off)
        return f"within {worst:.0e}" if worst else "same bits"
