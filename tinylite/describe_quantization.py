"""How a model is quantized: in one word, which ops stay in float, and every tensor's scale, zero point and range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .describe import new_table
from .model import Graph, Model, Op, Tensor

if TYPE_CHECKING:
    from rich.console import RenderableType

    from .converter.graphdef import GraphDef, Node

__all__ = ["describe", "describe_graph_def", "tables"]

_INTEGERS = {"UINT8": (0, 255), "INT8": (-128, 127), "INT16": (-32768, 32767), "INT4": (-8, 7), "INT32": (-(2**31), 2**31 - 1)}
_ENDS = ("QUANTIZE", "DEQUANTIZE")
_SENTENCES = {
    "float": "nothing is quantized",
    "fake-quantized": "it computes on floats that are rounded as integers would be: convert it with --inference_type QUANTIZED_UINT8",
    "weights only": "weights are stored smaller, and all that is computed is float",
    "partly quantized": "some ops compute on integers, and some on floats",
    "fully quantized": "all that is computed are integers",
}


def describe(model: Model) -> dict[str, Any]:
    """A .tflite model: `kind` is "float", "fake-quantized", "weights only", "partly quantized" or "fully quantized"."""
    graphs = [_graph(index, graph) for index, graph in enumerate(model.graphs)]
    kinds = {_kind(graph) for graph in model.graphs if graph.ops}
    kind = kinds.pop() if len(kinds) == 1 else "float" if not kinds else "partly quantized"
    types = sorted({str(t.type) for graph in model.graphs for t in graph.all_tensors() if _scaled(t) and t.type != "INT32"})
    return {"path": model.source, "kind": kind, "types": types, "means": _SENTENCES[kind], "graphs": graphs}


def _scaled(tensor: Tensor) -> bool:
    return tensor.quantization is not None and tensor.quantization.scale.size > 0 and tensor.type in _INTEGERS


def _computes_on_integers(op: Op) -> bool:
    return op.code not in _ENDS and any(_scaled(t) and not t.is_constant for t in (*op.inputs, *op.outputs) if t is not None)


def _computes_on_floats(op: Op) -> bool:
    return op.code not in _ENDS and any(t.type == "FLOAT32" for t in (*op.inputs, *op.outputs) if t is not None)


def _kind(graph: Graph) -> str:
    integers = any(_computes_on_integers(op) for op in graph.ops)
    floats = any(_computes_on_floats(op) for op in graph.ops)
    if integers:
        return "partly quantized" if floats else "fully quantized"
    # Floats that pass through integers at once are only rounded.
    rounded = any(op.code == "QUANTIZE" for op in graph.ops) and any(op.code == "DEQUANTIZE" for op in graph.ops)
    if rounded or any(op.code == "FAKE_QUANT" for op in graph.ops):
        return "fake-quantized"
    stored = any(t.is_constant and (_scaled(t) or t.type == "FLOAT16") for t in graph.all_tensors())
    return "weights only" if stored else "float"


def _graph(index: int, graph: Graph) -> dict[str, Any]:
    places = {id(op): place for place, op in enumerate(graph.ops)}
    return {
        "index": index,
        "name": graph.name,
        "float_ops": [
            {"index": places[id(op)], "name": op.name, "output": op.outputs[0].name if op.outputs else None}
            for op in graph.ops if _computes_on_floats(op)
        ],
        "integer_ops": sum(_computes_on_integers(op) for op in graph.ops),
        "fake_quants": [
            {"input": op.inputs[0].name if op.inputs[0] is not None else None, "min": op.options.min, "max": op.options.max,
             "bits": op.options.num_bits}
            for op in graph.ops if op.code == "FAKE_QUANT" and op.options is not None
        ],
        "tensors": [_tensor(number, tensor) for number, tensor in enumerate(graph.all_tensors())],
    }  # fmt: skip


def _tensor(number: int, tensor: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {"index": number, "name": tensor.name, "type": str(tensor.type), "constant": tensor.is_constant}
    quantization = tensor.quantization
    if quantization is None or not _scaled(tensor):
        return {**found, "scale": [], "zero_point": [], "quantized_dimension": None, "min": None, "max": None}
    scale = quantization.scale.astype(np.float64)
    zero = quantization.zero_point if quantization.zero_point.size == scale.size else np.zeros(scale.size, np.int64)
    low, high = _INTEGERS[str(tensor.type)]
    return {
        **found,
        "scale": [float(f"{value:.9g}") for value in scale],
        "zero_point": zero.tolist(),
        "quantized_dimension": quantization.quantized_dimension if scale.size > 1 else None,
        "min": float(((low - zero) * scale).min()),
        "max": float(((high - zero) * scale).max()),
    }


def describe_graph_def(graph: GraphDef) -> dict[str, Any]:
    """A TensorFlow graph: its FakeQuants with their ranges, where these are constants, and the layers without one behind them."""
    nodes = {node.name: node for node in graph.nodes}
    fake_quants = [_fake_quant(node, nodes) for node in graph.nodes if node.op.startswith("FakeQuantWithMinMax")]
    kind = "fake-quantized" if fake_quants else "float"
    return {"path": graph.source, "kind": kind, "types": [], "means": _SENTENCES[kind], "fake_quants": fake_quants}


def _fake_quant(node: Node, nodes: dict[str, Node]) -> dict[str, Any]:
    found = {
        "name": node.name, "input": _source(node, 0), "bits": int(node.attributes.get("num_bits", 8)),
        "narrow": bool(node.attributes.get("narrow_range", False)),
    }  # fmt: skip
    ends = []
    for place, name in ((1, "min"), (2, "max")):
        value: Any = node.attributes.get(name)
        if node.op != "FakeQuantWithMinMaxArgs":
            source = nodes.get(_source(node, place) or "")
            while source is not None and source.op == "Identity":
                source = nodes.get(_source(source, 0) or "")
            value = source.attributes.get("value") if source is not None and source.op == "Const" else None
        ends.append(None if value is None else np.asarray(value).reshape(-1).astype(float).tolist())
    return {**found, "min": ends[0], "max": ends[1]}


def _source(node: Node, place: int) -> str | None:
    return node.inputs[place].split(":")[0] if place < len(node.inputs) else None


def tables(description: dict[str, Any]) -> Iterator[RenderableType]:
    """The description as rich tables, one after the other."""
    from rich.text import Text

    types = f" ({', '.join(description['types'])})" if description["types"] else ""
    yield Text(f"{description['kind']}{types}: {description['means']}\n")
    if description.get("fake_quants"):
        rows = new_table("FakeQuant", "of", "min", "max", "bits", title="FakeQuants")
        for entry in description["fake_quants"]:
            bits = f"{entry['bits']}{', narrow' if entry['narrow'] else ''}"
            rows.add_row(entry["name"], entry["input"] or "", *(_numbers(entry[end]) for end in ("min", "max")), bits)
        yield rows
    for graph in description.get("graphs", ()):
        yield from _graph_tables(graph, description["kind"])


def _numbers(values: list[float] | None) -> str:
    if not values:
        return "a variable: freeze the graph"
    return f"{values[0]:.6g}" if len(values) == 1 else f"{len(values)}: {min(values):.4g}..{max(values):.4g}"


def _graph_tables(graph: dict[str, Any], kind: str) -> Iterator[RenderableType]:
    title = f"Graph {graph['index']} {graph['name'] or ''}".rstrip()
    if graph["float_ops"] and kind == "partly quantized":
        rows = new_table("op", "operator", "output", title=f"{title}: ops that stay in float")
        for op in graph["float_ops"]:
            rows.add_row(str(op["index"]), op["name"], op["output"] or "")
        yield rows
    if graph["fake_quants"]:
        rows = new_table("FAKE_QUANT of", "min", "max", "bits", title=f"{title}: fake quantization")
        for entry in graph["fake_quants"]:
            rows.add_row(entry["input"] or "", f"{entry['min']:.6g}", f"{entry['max']:.6g}", str(entry["bits"]))
        yield rows
    rows = new_table("tensor", "name", "type", "scale", "zero point", "real numbers", title=f"{title}: tensors")
    for tensor in graph["tensors"]:
        scale, zero = tensor["scale"], tensor["zero_point"]
        if len(scale) > 1:
            scales = f"{len(scale)} along {tensor['quantized_dimension']}: {min(scale):.4g}..{max(scale):.4g}"
            zeros = str(zero[0]) if len(set(zero)) == 1 else f"{min(zero)}..{max(zero)}"
        else:
            scales, zeros = (f"{scale[0]:.8g}", str(zero[0])) if scale else ("", "")
        real = "" if tensor["min"] is None or tensor["type"] == "INT32" else f"{tensor['min']:.5g}..{tensor['max']:.5g}"
        rows.add_row(str(tensor["index"]), tensor["name"] or "", tensor["type"], scales, zeros, real)
    yield rows
