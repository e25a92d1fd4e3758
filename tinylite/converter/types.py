"""Which types the operators' kernels take in a model without quantization, as each operator's file says.

What is not taken is reported when a graph is converted, and not when the file is loaded.
"""

from __future__ import annotations

from .. import ops
from ..errors import UnsupportedError
from ..model import Op

__all__ = ["takes", "type_names", "untaken", "wider"]

_WIDER = {"INT8": "INT32", "UINT8": "INT32", "INT16": "INT32", "UINT16": "INT32", "UINT32": "INT64", "FLOAT16": "FLOAT32"}


def takes(code: str, type: str | int) -> bool:
    """Whether an operator has a kernel for a type; True for operators that tinylite does not run."""
    try:
        return ops.find(code).takes(type)
    except UnsupportedError:
        return True


def type_names(code: str) -> list[str]:
    """The types that an operator takes, sorted; empty for operators that take any."""
    return sorted((ops.find(code).plain_types or "").split())


def untaken(op: Op) -> str | int | None:
    """The type that an op reads or writes and that its operator has no kernel for; None if there are kernels for all."""
    operator = ops.operator_of(op)
    for tensor in operator.data_of(op) if operator is not None else ():
        if tensor is not None and operator is not None and not operator.takes(tensor.type) and tensor.quantization is None:
            return tensor.type
    return None


def wider(code: str, type: str) -> str:
    """The type to compute in: this one, or one that has all of its values if the operator takes only that.

    Sums, differences and products that are cast back come out as they would have in the narrow type.
    """
    wide = _WIDER.get(type)
    return wide if wide is not None and not takes(code, type) and takes(code, wide) else type
