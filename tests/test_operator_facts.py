"""Facts of an operator are in the operator's own file: adding one edits no list, in the engine, the converter or the quantizer."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tinylite.schema.tables import ENUMS

ROOT = Path(__file__).parent.parent / "tinylite"
CODES = set(ENUMS["BuiltinOperator"][1])
ACTIVATIONS = set(ENUMS["ActivationFunctionType"][1])  # some fused activations are called as operators are
# Files that are about some operators each, and are found by what they say: what a TensorFlow op becomes, what an arithmetic is proven for,
# what a family of explanations explains, what another tool's tests have headers for. A new operator needs none of them.
OWN = ("converter/tf_ops", "arithmetic", "explaining/families", "test_vectors/formats")
# Calls and collections that name several operators, and are not a list of operators that have a property.
ALLOWED = {
    ("passes/recognize_normalization.py", ("MUL", "SQUARE")): "the two ways to write a square, in a pattern",
    ("ops/linear/conditions.py", ("FULLY_CONNECTED", "TRANSPOSE_CONV")): "the layers that XNNPACK's delegate takes without a bias",
    **{
        (file, ("BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")): "the geometry of each kind of sums"
        for file in ("explaining/windows.py", "test_vectors/stages.py")
    },
}


def named(node: ast.AST | None) -> list[str]:
    """The operators that a string names: one, or several with spaces between them."""
    words = node.value.split() if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
    return words if words and CODES.issuperset(words) else []


def flat(found: Iterable[list[str]]) -> list[str]:
    return [code for codes in found for code in codes]


def lists(tree: ast.AST) -> Iterator[tuple[int, list[str]]]:
    """Where several operators are named side by side, and which.

    In a collection of nothing else, among a dictionary's keys or values, in a string, a call, or comparisons with one after the other.
    """
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            found = [named(element) for element in node.elts]
            yield node.lineno, flat(found) if all(found) else []
        elif isinstance(node, ast.Dict):
            for side in (node.keys, node.values):
                yield node.lineno, flat(map(named, side))
        elif isinstance(node, ast.Constant):
            yield node.lineno, named(node)
        elif isinstance(node, ast.Call):
            yield node.lineno, flat(map(named, node.args))
        elif isinstance(node, ast.BoolOp):
            equal = ast.Eq if isinstance(node.op, ast.Or) else ast.NotEq
            compared = [
                value.comparators[-1] for value in node.values if isinstance(value, ast.Compare) and isinstance(value.ops[-1], equal)
            ]
            yield node.lineno, flat(map(named, compared))


def found(path: Path) -> list[tuple[int, list[str]]]:
    tree = ast.parse(path.read_text())
    return [(line, codes) for line, codes in lists(tree) if len(set(codes)) > 1 and not ACTIVATIONS.issuperset(codes)]


@pytest.mark.parametrize(
    "path", [path for path in sorted(ROOT.rglob("*.py")) if not path.relative_to(ROOT).as_posix().startswith(OWN)], ids=str
)
def test_no_file_lists_operators(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for line, codes in found(path):
        assert (name, tuple(sorted(set(codes)))) in ALLOWED, f"{name}:{line} lists {', '.join(codes)}: say it in the operators' files"


def test_what_is_allowed_is_there() -> None:
    there = {(name, tuple(sorted(set(codes)))) for name in {name for name, _ in ALLOWED} for _, codes in found(ROOT / name)}
    assert set(ALLOWED) <= there


@pytest.mark.parametrize(
    "text",
    [
        "x = {'ADD', 'MUL'}", "x = ('ADD', 'MUL', 'SUB')", "x = {'ADD': 1, 'MUL': 2}", "x = {1: 'ADD', 2: 'MUL'}", "x = 'ADD MUL SUB'",
        "has(graph, 'ADD', 'MUL')", "x = op.code == 'ADD' or op.code == 'MUL'",
        "x = op.code != 'ADD' and op.code != 'MUL'", "x = [*y, {'CONV_2D': (0, 1), 'RELU': 3}]",
    ],
)  # fmt: skip
def test_lists_are_found(text: str) -> None:
    assert any(len(codes) > 1 for _, codes in lists(ast.parse(text)))


@pytest.mark.parametrize("text", ["x = ('MUL', 'x', ('ADD', 'y', 1.0))", "x = 'ADD and MUL'", "x = op.code == 'ADD'", "x = ['ADD', y]"])
def test_patterns_and_prose_are_no_lists(text: str) -> None:
    assert not any(len(codes) > 1 for _, codes in lists(ast.parse(text)))
