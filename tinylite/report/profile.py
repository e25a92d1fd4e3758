"""Where a run spends its time."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from ..engine.segment import name_in_file
from ..interpreter import Interpreter

__all__ = ["OpTime", "Profile", "profile"]


@dataclass
class OpTime:
    """One op: its place in the graph, the kernels it runs, and the median of its times in seconds."""

    index: int
    name: str
    output: str
    shape: tuple[int, ...]
    kernels: tuple[str, ...]
    seconds: float


@dataclass
class Profile:
    """`seconds` is the median of whole runs; the ops are timed one by one, which adds some hundred nanoseconds to each."""

    seconds: float
    runs: int
    ops: list[OpTime]


def profile(interpreter: Interpreter, runs: int = 20, graph: int = 0) -> Profile:
    """Time `runs` runs of a graph on what its inputs hold, whole and op by op. Raises InvokeError before it is allocated."""
    runner = interpreter.get_graph_runner(graph)
    plan = runner.plan

    def invoke() -> None:
        interpreter.invoke() if graph == 0 else runner.invoke()

    invoke()
    whole = []
    for _ in range(runs):
        start = time.perf_counter()
        invoke()
        whole.append(time.perf_counter() - start)
    pieces = list(plan.pieces())
    times: list[list[float]] = [[] for _ in pieces]
    with runner.exclusive():
        for _ in range(runs):
            for (_, _, run), taken in zip(pieces, times, strict=True):
                start = time.perf_counter()
                run()
                taken.append(time.perf_counter() - start)
    ops: list[OpTime] = []
    for (node, kernels, _), taken in zip(pieces, times, strict=True):
        name, shape = next(((output.name, output.shape) for output in node.outputs), ("", ()))
        called = name_in_file(node.op)
        ops.append(OpTime(node.index, called, name, shape, kernels, statistics.median(taken)))
    return Profile(statistics.median(whole), runs, ops)
