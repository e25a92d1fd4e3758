"""Every error that tinylite raises on purpose.

TinyliteError
├── FileError (ValueError)            what a path or bytes hold is not usable
│   ├── NotATfliteFileError           another kind of file; says which, and what to do
│   └── CorruptFileError              a .tflite file whose bytes break the format's rules
├── ModelError (ValueError)           a Model that breaks the rules of graphs: indices, shapes, types, order
├── UnsupportedError (ValueError)     an operator, version or type that tinylite does not run
│   └── UnprovenError                 an operator that an arithmetic is not proven for
├── ConvertError (ValueError)         a TensorFlow graph that cannot become a .tflite file
├── FreezeError (ValueError)          a TensorFlow graph or model that cannot be joined with its values
│   └── CodeRefusedError              one that would run code or reach for files on the way, and nobody allowed it
├── QuantizeError (ValueError)        a TensorFlow graph that cannot be rewritten for training with quantization
├── GoldenError (AssertionError)      a result that differs from what a golden holds
├── TensorError (ValueError)          a tensor given or asked for that does not fit the model
├── InvokeError (RuntimeError)        a run that could not be finished
├── ExplainError (RuntimeError)       an explanation that does not arrive at what the kernel has computed
├── OutOfMemoryError (MemoryError)    a model that needs more memory than there is or than was allowed
├── SettingError (ValueError)         a setting, such as an environment variable, that cannot be used
├── MissingPackageError (ImportError) a package that is not installed and that this needs; says which
└── KernelError (RuntimeError)        a kernel that could not be compiled or loaded

The built-in types in brackets are also bases: scripts written for tf.lite catch ValueError and RuntimeError.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from .text import printable

__all__ = [
    "CodeRefusedError",
    "ConvertError",
    "CorruptFileError",
    "ExplainError",
    "FileError",
    "FreezeError",
    "GoldenError",
    "InvokeError",
    "KernelError",
    "MissingPackageError",
    "ModelError",
    "NotATfliteFileError",
    "OutOfMemoryError",
    "QuantizeError",
    "SettingError",
    "TensorError",
    "TinyliteError",
    "UnprovenError",
    "UnsupportedError",
]


class TinyliteError(Exception):
    """The base of all. `remedy` is a sentence that says what to do, or None; str() shows it after the problem."""

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.places: list[str] = []  # innermost first; see `at`

    def __str__(self) -> str:
        place = ", ".join(map(printable, reversed(self.places)))
        text = printable(self.problem, lines=True)
        text = f"{place}: {text}" if place else text
        return f"{text}. {printable(self.remedy, lines=True)}" if self.remedy else text


def quoted(value: Any) -> str:
    """A value that somebody has given, for a message: its repr on one line, or what it is where that is long."""
    if isinstance(value, (str, bytes, bytearray)) and len(value) > 200:
        return f"{value[:60]!r}... ({len(value)} {'characters' if isinstance(value, str) else 'bytes'})"
    if isinstance(getattr(value, "shape", None), tuple) and hasattr(value, "dtype"):
        return f"an array of {value.dtype} {list(value.shape)}"
    if isinstance(value, (memoryview, list, tuple, dict, set, frozenset)) and len(value) > 100:
        return f"a {type(value).__name__} of {len(value)}"
    try:
        text = repr(value).replace("\n", " ")
    except Exception:  # of the value's own, or of Python for lists in lists in lists
        text = f"a {type(value).__name__}"
    return text if len(text) <= 300 else f"{text[:200]}... (a {type(value).__name__})"


def nearest(name: Any, names: Iterable[str | None]) -> str | None:
    """A remedy for a name that is none: those that are written nearly so."""
    if not isinstance(name, str):
        return None
    import difflib

    known = {each.lower(): each for each in names if each}
    near = difflib.get_close_matches(name[:100].lower(), known, 3, 0.55)
    return f"The nearest names are {', '.join(repr(known[each]) for each in near)}" if near else None


class FileError(TinyliteError, ValueError):
    """What a path or bytes hold is not usable."""


class NotATfliteFileError(FileError):
    """The bytes are something else than a .tflite file."""


class CorruptFileError(FileError):
    """The bytes start as a .tflite file does and then break the format's rules."""


class ModelError(TinyliteError, ValueError):
    """The Model breaks a rule of graphs."""


class UnsupportedError(TinyliteError, ValueError):
    """The model is valid, and tinylite has no kernel for a part of it."""


class UnprovenError(UnsupportedError):
    """The arithmetic that was asked for is not proven for an operator of the model."""


class ConvertError(TinyliteError, ValueError):
    """The TensorFlow graph cannot become a .tflite file, or not as was asked."""


class FreezeError(TinyliteError, ValueError):
    """A TensorFlow graph or model cannot be joined with the values of its variables."""


class CodeRefusedError(FileError, FreezeError):
    """A file would run code, or reach for other files, while it is frozen, and nobody allowed it."""


class QuantizeError(TinyliteError, ValueError):
    """A TensorFlow graph cannot be rewritten for training with quantization."""


class GoldenError(TinyliteError, AssertionError):
    """A result differs from what a golden holds. The report of all differences is its attribute `report`, if there is one."""

    report: Any = None


class TensorError(TinyliteError, ValueError):
    """A tensor given or asked for does not fit the model."""


class InvokeError(TinyliteError, RuntimeError):
    """A run could not be finished; the interpreter can be used again."""


class ExplainError(TinyliteError, RuntimeError):
    """An explanation does not arrive at what the kernel has computed, which is a fault of tinylite."""


class OutOfMemoryError(TinyliteError, MemoryError):
    """The model needs more memory than there is, or than was allowed."""


class SettingError(TinyliteError, ValueError):
    """An environment variable, or an argument that is not about a model, has a value that cannot be used."""


class MissingPackageError(TinyliteError, ImportError):
    """A package that is not installed and that this needs; the remedy says how to install it."""


class KernelError(TinyliteError, RuntimeError):
    """A kernel could not be compiled or loaded."""


class at:  # noqa: N801, reads as a word of the with statement
    """`with at("op 3 CONV_2D"):` notes the place in every TinyliteError that leaves the block."""

    __slots__ = ("place",)

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, TinyliteError):
            error.places.append(self.place)
