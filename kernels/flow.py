"""Control flow and variables: kernels that run the steps of other graphs, and values that outlast a run."""

from __future__ import annotations

from .executor import walk
from .interrupt import LOOK, due
from .kernel import device, kernel
from .lazy import simd


@device
def runs(graph, steps, failed, scratch):
    """Run the steps of a graph; leaves in `failed` what that gave, and says whether all went well."""
    failed[0] = walk(graph, steps, scratch)
    return failed[0] == 0


def _graph(name: str) -> dict[str, str]:
    """The fields of a record for a graph that the kernel runs. If that fails, the kernel's status is the graph's number, from 1."""
    return {name: "i64*", f"{name}_steps": "i64", f"{name}_failed": "i64*"}


@kernel("while_loop", test="u8*", limit="i64", pace="i64", **_graph("cond"), **_graph("body"))
def while_loop(a, lo, hi, scratch):
    """Run `body` as long as `cond` leaves something else than 0 at `test`. Fails with 3 if there is no end after `limit` turns.

    Every `pace` turns it looks whether a signal wants it to end.
    """
    turns = 0
    pause = min(a.pace, a.limit)
    while True:
        if not runs(a.cond, a.cond_steps, a.cond_failed, scratch):
            return 1
        if a.test[0] == 0:
            return 0
        if turns >= pause:
            if turns >= a.limit:
                return 3
            if due(scratch, LOOK):
                return 2
            pause = min(turns + a.pace, a.limit)
        turns += 1
        if not runs(a.body, a.body_steps, a.body_failed, scratch):
            return 2


@kernel("branch", test="u8*", **_graph("on_true"), **_graph("on_false"))
def branch(a, lo, hi, scratch):
    """Run one of two graphs: the second if there is a 0 at `test`."""
    if a.test[0] != 0:
        return 0 if runs(a.on_true, a.on_true_steps, a.on_true_failed, scratch) else 1
    return 0 if runs(a.on_false, a.on_false_steps, a.on_false_failed, scratch) else 2


@kernel("run_once", done="i64*", **_graph("init"))
def run_once(a, lo, hi, scratch):
    """Run a graph, unless that was `done`."""
    if a.done[0] == 0:
        if not runs(a.init, a.init_steps, a.init_failed, scratch):
            return 1
        a.done[0] = 1
    return 0


@kernel("read_variable", variable="u8*", cell="i64*", form="i64", output="u8*", size="i64")
def read_variable(a, lo, hi, scratch):
    """Copy a variable. Fails with 1 if it has no value, with 2 if it has another form than this is for."""
    if a.cell[0] != a.form:
        return 1 if a.cell[0] == 0 else 2
    simd.copy(a.output, a.variable, a.size)
    return 0


@kernel("assign_variable", variable="u8*", cell="i64*", form="i64", value="u8*", size="i64")
def assign_variable(a, lo, hi, scratch):
    """Copy a value to a variable, which has this form from now on."""
    simd.copy(a.variable, a.value, a.size)
    a.cell[0] = a.form
