"""What LiteRT's reference kernels say of an op: the same bits, nearly the same, or something else."""

from __future__ import annotations

import numpy as np

from ...errors import InvokeError, MissingPackageError
from ...golden.runtimes import load
from ...golden.runtimes.base.process import RuntimeProcess
from ...interpreter import Interpreter
from .case import OpCase

__all__ = ["verify"]

# The sets of kernels that are asked, and what is added if the reference kernels could not say it.
_RUNTIMES = {"litert": "", "litert-builtin": ", of LiteRT's optimized kernels"}
_LACKS = "Didn't find op"  # what LiteRT says of an operator that a set does not have
_NEAR = 1e-5  # of the largest output: as far as sums of floats in another order are apart


def verify(case: OpCase, process: RuntimeProcess | None = None, seed: int = 0) -> str:
    """Whether tinylite computes for an op what LiteRT's reference kernels compute, on `case.inputs(seed)`.

    "same bits"; "within 3e-07" of the largest number of an output, for floats; "differs: ..."; or "not verified: ..." where it cannot be
    said, because LiteRT is not installed or refuses the op. Of an operator that the reference kernels lack, LiteRT's optimized ones are
    asked, and the answer says so. LiteRT runs in `process`, or in one that ends with the call, so that one that
    it takes down is an answer as well. Raises what planning and running the op by tinylite raise.
    """
    if case.problem:
        return f"not verified: {case.problem}"
    content, inputs = case.model.to_bytes(), case.inputs(seed)
    found = _run(content, inputs)
    try:
        load("litert").version()
    except MissingPackageError:
        return "not verified: ai-edge-litert is not installed"
    runner = process or RuntimeProcess()
    try:
        return _verified(runner, content, inputs, found)
    finally:
        if process is None:
            runner.close()


def _verified(runner: RuntimeProcess, content: bytes, inputs: list[np.ndarray], found: list[np.ndarray]) -> str:
    """What is found of the first set of kernels that has the op: the reference kernels lack a few that LiteRT has otherwise."""
    refusals = []
    for runtime, note in _RUNTIMES.items():
        try:
            wanted, _ = runner.run(runtime, content, inputs, [])
        except (InvokeError, MissingPackageError) as error:
            refusals.append(" ".join(error.problem.split()))
            if _LACKS not in error.problem:
                break
        else:
            return _compared(found, wanted) + note
    return f"not verified: {refusals[0]}"


def _run(content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    with Interpreter(model_content=content) as interpreter:
        interpreter.allocate_tensors()
        for details, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


def _compared(found: list[np.ndarray], wanted: list[np.ndarray]) -> str:
    """The outputs of two runtimes compared."""
    if len(found) != len(wanted):
        return f"differs: {len(found)} outputs, and LiteRT has {len(wanted)}"
    furthest, signs = 0.0, False
    for place, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        where = f" of output {place}" if len(found) > 1 else ""
        if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
            return f"differs: {mine.dtype} {list(mine.shape)}{where}, and LiteRT has {theirs.dtype} {list(theirs.shape)}"
        if np.ascontiguousarray(mine).tobytes() == np.ascontiguousarray(theirs).tobytes():
            continue
        other = mine != theirs
        if mine.dtype.kind not in "fc":
            most = int(np.abs(mine.astype(object) - theirs.astype(object)).max()) if mine.dtype.kind in "iu" else 1
            return f"differs: {int(other.sum())} of {mine.size} elements{where}, by at most {most}"
        missing = np.isnan(mine) != np.isnan(theirs)
        infinite = (np.isinf(mine) | np.isinf(theirs)) & other
        if missing.any() or infinite.any():
            return f"differs: {int((missing | infinite).sum())} of {mine.size} elements{where} are NaN or infinite in one and not the other"
        finite = np.isfinite(mine)
        wide = np.complex128 if mine.dtype.kind == "c" else np.float64
        apart = np.abs(mine.astype(wide) - theirs.astype(wide))[finite].max(initial=0.0)
        largest = np.abs(theirs.astype(wide))[finite].max(initial=0.0)
        furthest, signs = max(furthest, float(apart / largest) if largest else float(apart > 0)), True
    if furthest == 0.0:
        return "same bits but for the signs of zeros" if signs else "same bits"
    return f"within {furthest:.0e}" if furthest <= _NEAR else f"differs: by up to {furthest:.1g} of the largest output"
