"""Graphs that keep a variable, for the operators that do so only together."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylite.model import Graph, Op, Tensor

from .cases import Case, T


def handle(name: str = "state") -> Op:
    return Op("VAR_HANDLE", [], [Tensor("handle", (), "RESOURCE", has_rank=True)], container="", shared_name=name)


def assigns(value: Tensor, name: str = "state") -> list[Op]:
    of = handle(name)
    return [of, Op("ASSIGN_VARIABLE", [of.outputs[0], value], [])]


def reads(value: Tensor, name: str = "state") -> list[Op]:
    of = handle(name)
    return [of, Op("READ_VARIABLE", of.outputs, [value])]


def once(ops: list[Op]) -> Op:
    """An op that runs others once."""
    return Op("CALL_ONCE", [], [], init_subgraph_index=Graph("init", ops=ops))


def accumulator(code: str, shape: tuple[int, ...] = (3,), type: str = "FLOAT32") -> Case:
    """What the runs were fed, added up in a variable."""

    def ops(inputs: list[Any], outputs: list[Tensor]) -> list[Op]:
        first, before = T(shape, type, data=np.ones(shape)).tensor("first"), T(shape, type).tensor("before")
        read = reads(before)
        write = Op("ASSIGN_VARIABLE", [read[0].outputs[0], *outputs], [])
        return [once(assigns(first)), *read, Op("ADD", [before, *inputs], outputs), write]

    return Case(code, [T(shape, type)], [T(shape, type)], ops=ops, runs=3, name=f"{code}-{type}{list(shape)}")
