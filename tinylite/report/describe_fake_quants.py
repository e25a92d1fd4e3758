"""Where a TensorFlow graph is fake-quantized: its FakeQuants with their ranges, and the layers that lack one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..files.graphdef import GraphDef, Node

__all__ = ["describe_nodes"]

_LAYERS = {"Conv2D": (0, 1), "DepthwiseConv2dNative": (0, 1), "MatMul": (0, 1), "Conv2DBackpropInput": (2, 1)}  # data, weights
# What a layer consists of besides, on the way to its FakeQuant.
_SUMS = {"Add", "AddV2", "Sub", "Mul"}  # if the other operand is not an activation
_PARTS = _SUMS | {
    "BiasAdd", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Relu", "Relu6", "Identity", "Reshape", "BatchToSpaceND",
}  # fmt: skip
# What hands its input's range on; a Merge returns a FakeQuant's output or, while it is delayed, its input.
_HANDS_ON = {
    "Identity", "Reshape", "Squeeze", "ExpandDims", "Transpose", "Pad", "Slice", "StridedSlice", "Gather", "GatherV2", "MaxPool", "AvgPool",
    "Mean", "Max", "Min", "Sum", "ConcatV2", "ResizeBilinear", "ResizeNearestNeighbor", "SpaceToBatchND", "BatchToSpaceND", "SpaceToDepth",
    "DepthToSpace", "Merge", "Switch", "ReadVariableOp",
}  # fmt: skip
_FIXED = {"Softmax", "LogSoftmax", "Sigmoid", "Tanh"}  # their range is always the same


def describe_nodes(graph: GraphDef) -> dict[str, Any]:
    """The lists "fake_quants" and "layers" of the graph and of its functions.

    A FakeQuant's "min" and "max" are lists, of one number or of one for each channel, or None where a variable holds them.
    A layer's "data", "weights" and "output" each have the "tensor" at which the search for a range ended, and "range": the
    FakeQuant that says it, "input" for what mean and std say, "fixed" for an activation that always has the same, or None.
    """
    scopes = [_Scope("", graph.nodes), *(_Scope(f"{name}/", function.nodes) for name, function in graph.functions.items())]
    return {
        "fake_quants": [entry for scope in scopes for entry in scope.fake_quants()],
        "layers": [entry for scope in scopes for entry in scope.layers()],
    }


def _is_fake_quant(node: Node) -> bool:
    return node.op.startswith("FakeQuantWithMinMax") and not node.op.endswith("Gradient")


class _Scope:
    """The nodes of the graph or of one of its functions, which are named with a prefix."""

    def __init__(self, prefix: str, nodes: Iterable[Node]) -> None:
        self.prefix = prefix
        self.nodes = {node.name: node for node in nodes}
        self.readers: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            for source in self.inputs(node):
                self.readers.setdefault(source.name, []).append(node)

    def input(self, node: Node, place: int) -> Node | None:
        return self.nodes.get(node.inputs[place].split(":")[0]) if place < len(node.inputs) else None

    def inputs(self, node: Node) -> list[Node]:
        """What a node reads; what only has to run before it has another name, with ^."""
        return [source for place in range(len(node.inputs)) if (source := self.input(node, place)) is not None]

    def fake_quants(self) -> list[dict[str, Any]]:
        return [
            {
                "name": self.prefix + node.name,
                "input": self.prefix + node.inputs[0].split(":")[0] if node.inputs else None,
                "bits": int(node.number("num_bits", 8)),
                "narrow": bool(node.number("narrow_range", False)),
                "min": self.end(node, 1, "min", -6.0),
                "max": self.end(node, 2, "max", 6.0),
            }
            for node in self.nodes.values()
            if _is_fake_quant(node)
        ]

    def end(self, node: Node, place: int, name: str, default: float) -> list[float] | None:
        """An end of a FakeQuant's range."""
        if node.op == "FakeQuantWithMinMaxArgs":
            return [float(node.number(name, default))]
        source, seen = self.input(node, place), set[str]()
        while source is not None and source.op == "Identity" and source.name not in seen:  # a damaged graph may go round in a circle
            seen.add(source.name)
            source = self.input(source, 0)
        if source is None or source.op != "Const":
            return None
        ends: list[float] = source.numbers("value").reshape(-1).astype(float).tolist()
        return ends

    # ---- layers

    def layers(self) -> list[dict[str, Any]]:
        found = []
        for node in self.nodes.values():
            if node.op in _LAYERS and f"{node.name}_Fold" not in self.nodes:  # of which a copy with its batch norm folded counts
                data, weights = (self.input(node, place) for place in _LAYERS[node.op])
                sides = {"data": self.before(data), "weights": self.before(weights), "output": self.behind(node)}
                found.append({"name": self.prefix + node.name, "op": node.op, **sides})
        return found

    def told(self, node: Node | None, range: str | None = None) -> dict[str, str | None]:
        return {"tensor": None if node is None else self.prefix + node.name, "range": range}

    def before(self, node: Node | None) -> dict[str, str | None]:
        """Where the range of what a layer reads comes from: some way back, past data-movement ops."""
        last, seen, waiting = node, set[str](), [node]
        while waiting:
            at = waiting.pop()
            if at is None:  # an argument of a function
                return self.told(None, "input")
            if at.name in seen:
                continue
            seen.add(at.name)
            last = at
            if _is_fake_quant(at):
                return self.told(at, self.prefix + at.name)
            if at.op == "Placeholder":
                return self.told(at, "input")
            if at.op in _FIXED:
                return self.told(at, "fixed")
            if at.op in _HANDS_ON:
                several = at.op in ("ConcatV2", "Merge")
                waiting += reversed(self.inputs(at)) if several else [self.input(at, 0)]
            elif at.op in ("Split", "SplitV"):
                waiting.append(self.input(at, at.op == "Split"))
        return self.told(last)

    def behind(self, node: Node) -> dict[str, str | None]:
        """The FakeQuant of a layer's output: after its bias, batch norm and activation."""
        last, seen, waiting = node, {node.name}, [node]
        while waiting:
            last = waiting.pop()
            readers = self.readers.get(last.name, [])
            for reader in readers:
                if _is_fake_quant(reader):
                    return self.told(last, self.prefix + reader.name)
            for reader in readers:
                if reader.name not in seen and reader.op in _PARTS and not self.joins(reader, last):
                    seen.add(reader.name)
                    waiting.append(reader)
        return self.told(last)

    def joins(self, node: Node, one: Node) -> bool:
        """Whether a sum or product has another activation beside `one`: then it is not part of a layer."""
        others = [source for source in self.inputs(node) if source is not one]
        return node.op in _SUMS and (not others or any(map(self.is_activation, others)))

    def is_activation(self, node: Node | None) -> bool:
        """Whether a tensor comes from a layer or an input, rather than from constants, variables and statistics."""
        seen = set[str]()
        while node is not None and node.name not in seen:
            if node.op in _LAYERS or node.op in _FIXED or node.op == "Placeholder" or _is_fake_quant(node):
                return True
            seen.add(node.name)
            node = self.input(node, 0) if node.op in _PARTS | _HANDS_ON | {"LeakyRelu", "Elu", "Selu"} else None
        return False
