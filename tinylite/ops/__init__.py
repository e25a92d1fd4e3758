"""What each operator is: one file an operator, named after it.

`tinylite/ops/conv_2d.py` defines CONV_2D; what several share is in `tinylite/ops/common/`. Nothing lists them: an
operator is found by its file, so adding one means adding files only. What the engine, the converter, the quantizer and passes must
know of an operator are attributes in its file: `facts_of(op).elementwise` and others, which `Operator` documents.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from typing import TYPE_CHECKING

from ..errors import UnsupportedError

if TYPE_CHECKING:
    from ..model import Op
    from .common.operator import Operator

__all__ = ["LIMITS", "facts_of", "find", "names", "operator_of"]

# What to do about a part of a model that tinylite does not run.
LIMITS = "`tinylite ops` lists what it runs; `tinylite inspect` still shows the model"

_found: dict[str, Operator] = {}


def find(code: str) -> Operator:
    """The operator of a BuiltinOperator name.

    Raises UnsupportedError if tinylite does not run it, and NameError for a file that does not register its operator.
    """
    if code not in _found:
        module = f"{__name__}.{code.lower()}"
        if not code.isidentifier() or importlib.util.find_spec(module) is None:
            raise UnsupportedError(f"tinylite has no kernel for operator {code}", LIMITS)
        from .common.operator import REGISTRY

        file = importlib.import_module(module).__file__
        if code not in REGISTRY:
            raise NameError(f"{file} must define the operator {code}: a class with this code, marked with @register")
        _found[code] = REGISTRY[code]
    return _found[code]


def operator_of(op: Op) -> Operator | None:
    """The operator of an op, builtin or custom; None if tinylite does not run it."""
    if op.code == "CUSTOM":
        from . import custom_ops

        return custom_ops.find(op.custom_code or "")
    try:
        return find(op.code)
    except UnsupportedError:
        return None


@functools.cache
def _facts(code: str, custom_code: str | None) -> Operator:
    from ..model import Op
    from .common.operator import Operator

    return operator_of(Op(code, [], [], custom_code=custom_code)) or Operator()


def facts_of(op: Op) -> Operator:
    """The operator of an op, for its facts: of what tinylite does not run, those of an operator of which nothing is known."""
    return _facts(op.code, op.custom_code)


def names() -> list[str]:
    """The operators that tinylite runs, sorted."""
    import pkgutil

    return sorted(module.name.upper() for module in pkgutil.iter_modules(__path__) if not module.ispkg)
