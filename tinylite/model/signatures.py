"""Signatures of graphs that were edited: which input or output a name is of now."""

from __future__ import annotations

from ..errors import ModelError
from .objects import Graph, Signature, Tensor

__all__ = ["followed"]


def followed(signature: Signature, side: str) -> dict[str, Tensor]:
    """The "inputs" or "outputs" of a signature, each name with the tensor that it is of now.

    A name whose tensor is not an end of the graph any more goes to the end that has no name yet and that an edit put before or after it:
    an input that the tensor is computed from, or an output that is computed from it. Raises ModelError where that is not one.
    """
    names: dict[str, Tensor] = getattr(signature, side)
    ends: list[Tensor] = getattr(signature.graph, side)
    stale = {name for name, what in signature.stale() if f"{what}s" == side}
    if signature.loose or not stale:
        return names
    taken = {id(tensor) for name, tensor in names.items() if name not in stale}
    free = [end for end in ends if id(end) not in taken]
    found: dict[str, Tensor] = {}
    for name in stale:
        near = [end for end in free if _leads(signature.graph, *((end, names[name]) if side == "inputs" else (names[name], end)))]
        if len(near) != 1 or any(near[0] is other for other in found.values()):
            shown = ", ".join(repr(end.name) for end in ends) or "none"
            raise ModelError(
                f"its {side[:-1]} {name!r} is the tensor {names[name].name!r}, not an {side[:-1]} of its graph any more",
                f"Set signature.{side}[{name!r}] to one of graph.{side}, which are {shown}, or take the signature out of model.signatures",
            )
        found[name] = near[0]
    return {name: found.get(name, tensor) for name, tensor in names.items()}


def _leads(graph: Graph, start: Tensor, end: Tensor) -> bool:
    """Whether one tensor is computed from another."""
    reached = {id(start)}
    for op in graph.ops:
        if any(id(tensor) in reached for tensor in op.inputs):
            reached.update(map(id, op.outputs))
    return id(end) in reached
