"""Custom operators that LiteRT registers by itself: one file an operator, named after its custom_code in small letters."""

from __future__ import annotations

import importlib
import importlib.util

from ..common.operator import REGISTRY, Operator

__all__ = ["find", "names", "remedy"]

# Custom operators that a compiler for an accelerator puts in place of a model's own: what they compute is that accelerator's code.
_COMPILED = {
    "edgetpu-custom-op": "the Edge TPU",
    "ethos-u": "an Ethos-U NPU",
    "DISPATCH_OP": "an NPU",
}


def find(name: str) -> Operator | None:
    """The operator with this custom_code, if tinylite runs it."""
    module = f"{__name__}.{name.lower()}"
    if name not in REGISTRY and name.isidentifier() and name.isascii() and importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
    operator = REGISTRY.get(name)
    return operator if type(operator).__module__ == module else None


def names() -> list[str]:
    """The custom operators that tinylite runs, sorted, in small letters."""
    import pkgutil

    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def remedy(name: str) -> str:
    """What to do about a custom operator that tinylite does not run."""
    if name in _COMPILED:
        return f"The file is compiled for {_COMPILED[name]}: use the .tflite file that the compiler was given"
    if name.startswith("Flex"):
        return f"It is TensorFlow's operator {name[4:]}: convert the model again without SELECT_TF_OPS, for example with tinylite convert"
    return "`tinylite inspect` still shows the model; cut it before this op"
