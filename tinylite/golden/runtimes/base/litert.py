"""LiteRT's Interpreter, with one of its sets of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .runtime import Runtime

__all__ = ["litert_runtime"]

Say = Callable[[str], None]


def litert_runtime(about: str, resolver: str, delegates: bool = False) -> Runtime:
    """LiteRT with the OpResolverType of this name. With `delegates`, parts of a model may be run by a delegate."""

    def run(content: bytes, inputs: list[np.ndarray], wanted: list[int], say: Say) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
        if not delegates or not wanted:
            ran = _run(content, resolver, inputs, say, keep=bool(wanted))
            return _outputs(ran), {index: value for index in wanted if (value := _tensor(ran, index)) is not None}
        # To keep all tensors, a delegate fuses less, and has changed the outputs of models by that. Then the layers are those of another
        # run than the one that is asked about.
        outputs = _outputs(_run(content, resolver, inputs, say))
        others, kept = _written(content, resolver, inputs, wanted, say)
        return outputs, kept if all(map(_same, outputs, others)) else {}

    return Runtime(about, "ai_edge_litert", "ai-edge-litert", run)


def _written(
    content: bytes, resolver: str, inputs: list[np.ndarray], wanted: list[int], say: Say
) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
    """The outputs, and of the wanted tensors those that the run has written.

    A tensor that a delegate skips, such as one that it has fused away, holds what was there before. So something is written there
    first; where it is found again, another run begins with something else, and what is left then was not written.
    """
    first = _run(content, resolver, inputs, say, keep=True, filled=dict.fromkeys(wanted, 0x5A))
    found = {index: value for index in wanted if (value := _tensor(first, index)) is not None}
    doubtful = {index: 0xA5 for index, value in found.items() if _is_filled(value, 0x5A)}
    if doubtful:
        second = _run(content, resolver, inputs, say, keep=True, filled=doubtful)
        for index in doubtful:
            value = _tensor(second, index)
            if value is None or not _same(value, found[index]):
                del found[index]
    return _outputs(first), found


def _run(
    content: bytes, resolver: str, inputs: list[np.ndarray], say: Say, keep: bool = False, filled: dict[int, int] | None = None
) -> Any:
    """An interpreter that has run. With `keep` it keeps all tensors; those `filled` had these bytes before."""
    import warnings

    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    say("its constructor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the memory that kept tensors take
        interpreter = Interpreter(
            model_content=content, experimental_op_resolver_type=getattr(OpResolverType, resolver), num_threads=1,
            experimental_preserve_all_tensors=keep,
        )  # fmt: skip
    details = interpreter.get_input_details()
    if len(details) != len(inputs):
        raise ValueError(f"the model has {len(details)} inputs, and there are {len(inputs)} values")
    for each, value in zip(details, inputs, strict=True):
        if tuple(each["shape"]) != value.shape:
            say("resize_tensor_input")
            interpreter.resize_tensor_input(each["index"], value.shape)
    say("allocate_tensors")
    interpreter.allocate_tensors()
    outside = {each["index"] for each in (*details, *interpreter.get_output_details())}
    for index, byte in (filled or {}).items():
        if index not in outside and (held := _tensor(interpreter, index)) is not None and held.dtype.kind in "iuf":
            interpreter.set_tensor(index, np.full(held.nbytes, byte, np.uint8).view(held.dtype).reshape(held.shape))
    say("set_tensor")
    for each, value in zip(details, inputs, strict=True):
        interpreter.set_tensor(each["index"], value)
    say("invoke")
    interpreter.invoke()
    return interpreter


def _outputs(interpreter: Any) -> list[np.ndarray]:
    return [np.asarray(interpreter.get_tensor(each["index"])) for each in interpreter.get_output_details()]


def _tensor(interpreter: Any, index: int) -> np.ndarray | None:
    """A copy of a tensor; None where it has no memory."""
    try:
        return np.asarray(interpreter.get_tensor(index))
    except ValueError:
        return None


def _is_filled(value: np.ndarray, byte: int) -> bool:
    return value.size > 0 and value.dtype.kind in "iuf" and bool((np.ascontiguousarray(value).reshape(-1).view(np.uint8) == byte).all())


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool((one == other).all()) if one.dtype == object else one.tobytes() == other.tobytes()
