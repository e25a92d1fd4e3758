"""The mutants of a source file: what could be written wrong in it, one place at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "mutants"]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the bytes from `start` to `end` become `new`. `functions`: first lines of those around it, inmost first."""

    path: str
    kind: str
    functions: tuple[int, ...]
    start: int
    end: int
    new: str

    def apply(self, source: bytes) -> bytes:
        """The source with this change."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """Place and diff."""
        line = source[: self.start].count(b"\n") + 1
        first, last = source.rfind(b"\n", 0, self.start) + 1, source.find(b"\n", self.end)
        after = source[first : self.start] + self.new.encode() + source[self.end : last]
        diff = [f"  {sign} {text}" for sign, side in (("-", source[first:last]), ("+", after)) for text in side.decode().split("\n")]
        return "\n".join([f"{self.path}:{line}: {self.kind}", *diff])


def mutants(root: Path, path: str) -> list[Mutant]:
    """All mutants of a file, in its order."""
    source = (root / path).read_bytes()
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def place(node: ast.stmt | ast.expr, insert: bool) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        return start, start if insert else starts[node.end_lineno - 1] + node.end_col_offset

    return [
        Mutant(path, kind, functions, *place(node, kind == RETURN), new) for kind, functions, node, new in _visit(ast.parse(source), ())
    ]


RETURN = "returned early"
_Change = tuple[str, ast.stmt | ast.expr, str]  # kind, what is replaced, by what


def _visit(node: ast.AST, functions: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], ast.stmt | ast.expr, str]]:
    """The changes of a node and all below it. Messages, annotations, decorators and what only type checkers read have none."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        functions = (min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))]), *functions)
    changes = _statement(node) if isinstance(node, ast.stmt) else _expression(node) if isinstance(node, ast.expr) else ()
    for kind, changed, new in changes:
        yield kind, functions, changed, new
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _visit(child, functions)


def _statement(node: ast.stmt) -> Iterator[_Change]:
    if isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) != "TYPE_CHECKING":
        yield "dropped guard", node.test, "False"
    elif isinstance(node, (ast.Continue, ast.Break)):
        yield "continue/break", node, "break" if isinstance(node, ast.Continue) else "continue"
    elif _acts(node):
        yield "removed statement", node, "pass"
    elif isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Constant) and node.returns.value is None:
        body = node.body[ast.get_docstring(node) is not None :]
        if len(body) > 1 and node.name != "__init__" and not hasattr(body[0], "decorator_list"):
            yield RETURN, body[0], "return\n" + " " * body[0].col_offset


def _acts(node: ast.stmt) -> bool:
    """Whether a statement does something and binds no name that others would miss at once."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom))
    return isinstance(node, ast.AugAssign) or (isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)))


def _expression(node: ast.expr) -> Iterator[_Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        flipped = ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators)
        yield "comparison", node, f"({ast.unparse(flipped)})"
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield "and/or", node, f"({ast.unparse(ast.BoolOp(other, node.values))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", node, f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _has_text(node.left, node.right):
        yield "arithmetic", node, f"({ast.unparse(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield "constant", node, repr(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, ast.Call) and len(node.args) >= 2 and not _has_text(*node.args[:2]):
        first, second = node.args[:2]
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred) and ast.dump(first) != ast.dump(second):
            yield "swapped arguments", node, ast.unparse(ast.Call(node.func, [second, first, *node.args[2:]], node.keywords))


def _has_text(*nodes: ast.expr) -> bool:
    return any(isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)) for node in nodes)
