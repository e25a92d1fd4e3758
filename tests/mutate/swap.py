"""A mutant put into a running process: the code of the functions around it is exchanged."""

from __future__ import annotations

import ast
import gc
import importlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from .mutants import Mutant

__all__ = ["CannotSwapError", "swap"]


class CannotSwapError(Exception):
    """A mutant in a class's body, or one that changes what a function encloses."""


def swap(root: Path, mutant: Mutant) -> None:
    """Make the module, which is imported if it is not yet, behave as the mutant. Raises CannotSwapError."""
    parts = Path(mutant.path).with_suffix("").parts
    module = importlib.import_module(".".join(parts if parts[0] == "tinylite" else ("tinylite", *parts)).removesuffix(".__init__"))
    source = (root / mutant.path).read_bytes()
    mutated = mutant.apply(source)
    file = str(root / mutant.path)
    if not mutant.functions:
        _assign_again(module, mutant, source, mutated)
        return
    before, after = (_codes(compile(text, file, "exec")) for text in (source, mutated))
    changed = {}
    for name, codes in before.items():
        for old, new in zip(codes, after.get(name, []), strict=False):
            if old != new:
                changed[name, old.co_firstlineno] = new
    swapped = 0
    for function in [found for found in gc.get_objects() if isinstance(found, FunctionType) and found.__code__.co_filename == file]:
        new_code = changed.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
        if new_code is not None:
            try:
                function.__code__ = new_code
                swapped += 1
            except ValueError as error:
                raise CannotSwapError(str(error)) from None
    if not swapped:
        raise CannotSwapError("no function of the process has this code")


def _codes(code: CodeType) -> dict[str, list[CodeType]]:
    """All functions' code by qualified name, in the order of the file."""
    found: dict[str, list[CodeType]] = defaultdict(list)

    def walk(code: CodeType) -> Iterator[CodeType]:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield constant
                yield from walk(constant)

    for inner in walk(code):
        found[inner.co_qualname].append(inner)
    return found


def _assign_again(module: ModuleType, mutant: Mutant, source: bytes, mutated: bytes) -> None:
    """Run a module's assignment once more, as the mutant writes it; modules that have imported the name keep the old value."""
    line = source[: mutant.start].count(b"\n") + 1
    statement = next(node for node in ast.parse(mutated).body if node.lineno <= line <= (node.end_lineno or line))
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        raise CannotSwapError("it is neither in a function nor in an assignment")
    exec(compile(ast.Module([statement], []), mutant.path, "exec"), vars(module))
