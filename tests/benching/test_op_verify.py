"""What LiteRT's reference kernels say of ops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.benching.test_op_text import EXAMPLES
from tinylite import InvokeError, MissingPackageError
from tinylite.benching.op_text import grammar_text, ops_of, parse_op, verify, verifying
from tinylite.golden.runtimes.base.process import RuntimeProcess
from tinylite.ops import custom_ops, names


@pytest.fixture(scope="module")
def process() -> Iterator[RuntimeProcess]:
    pytest.importorskip("ai_edge_litert")
    made = RuntimeProcess(60)
    yield made
    made.close()


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_runs_and_agrees_with_litert(line: str, process: RuntimeProcess) -> None:
    said = verify(parse_op(line), process)
    if line.startswith("LOCAL_RESPONSE_NORMALIZATION"):  # the reference kernel leaves out a channel (the operator's docstring)
        assert said.startswith("differs: by up to")
    else:
        assert said.startswith(("same bits", "within "))
        assert said.startswith("same bits") or " f32" in line  # integers are equal, not near


def test_what_litert_refuses_or_does_not_survive_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(RuntimeProcess):
        def run(self, runtime: str, *_: Any) -> Any:
            raise InvokeError(f"{runtime} ended its process (SIGSEGV)\nin invoke", "Check with another runtime")

    monkeypatch.setattr(verifying.load("litert").__class__, "version", lambda self: "2.1")
    assert verify(parse_op("RELU f32 4"), Refusing()) == "not verified: litert ended its process (SIGSEGV) in invoke"


def test_the_optimized_kernels_are_asked_where_the_reference_kernels_lack_the_op(process: RuntimeProcess) -> None:
    assert verify(parse_op("CEIL f32 100"), process) == "same bits, of LiteRT's optimized kernels"


def test_without_litert_it_is_not_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Any) -> str:
        raise MissingPackageError("it is not installed", "Install it")

    monkeypatch.setattr(verifying.load("litert").__class__, "version", missing)
    assert verify(parse_op("RELU f32 4")) == "not verified: ai-edge-litert is not installed"


def test_what_cannot_run_alone_is_not_verified() -> None:
    assert verify(replace(parse_op("RELU f32 4"), problem="it has no output")) == "not verified: it has no output"


def test_a_model_s_op_is_verified_with_its_own_numbers(process: RuntimeProcess) -> None:
    ((case, _),) = ops_of(parse_op("CONV_2D i8 1x8x8x4 8x3x3x4 relu6").model)
    assert verify(case, process) == "same bits"


def test_the_grammar_shows_an_example_of_every_operator() -> None:
    text = grammar_text()
    lines = [line.strip() for line in text.splitlines()]
    assert set(EXAMPLES) <= set(lines)
    for name in (*names(), *custom_ops.names()):
        assert name.lower() in text.lower()
    assert "ASSIGN_VARIABLE, CALL_ONCE, IF, READ_VARIABLE, VAR_HANDLE, WHILE calls graphs or keeps variables" in text
    assert max(map(len, text.split("An example of each operator")[0].splitlines())) <= 140


@pytest.mark.parametrize("line", ["RANDOM_UNIFORM f32 [56,24]", "RANDOM_STANDARD_NORMAL f32 [56,24]"])
def test_numbers_that_are_drawn_without_a_seed_cannot_be_compared(line: str, process: RuntimeProcess) -> None:
    assert verify(parse_op(line), process).startswith("not verified: it draws other random numbers each time")
    assert verify(parse_op(f"{line} seed=1"), process) != verify(parse_op(line), process)
