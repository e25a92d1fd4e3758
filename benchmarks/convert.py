"""tinylite's converter beside TensorFlow's: the same frozen graphs, each converter in a process of its own.

Networks of keras.applications with random weights are built and frozen, then both converters read the frozen file. Both results
run under LiteRT, tinylite's under tinylite too, and are compared with what Keras computes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["APPLICATIONS", "Comparison", "compare"]

# ConvNeXtLarge and ConvNeXtXLarge are left out for their size; VGG and the largest get small pictures.
APPLICATIONS = (
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetB0", "EfficientNetB1", "EfficientNetB2",
    "EfficientNetB3", "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7", "EfficientNetV2B0", "EfficientNetV2B1",
    "EfficientNetV2B2", "EfficientNetV2B3", "EfficientNetV2S", "EfficientNetV2M", "EfficientNetV2L", "DenseNet121", "DenseNet169",
    "DenseNet201", "InceptionV3", "InceptionResNetV2", "Xception", "ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2",
    "ResNet152V2", "VGG16", "VGG19", "NASNetMobile", "NASNetLarge", "ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase",
)  # fmt: skip
_SMALL = {"VGG16": 32, "VGG19": 32}


@dataclass
class Comparison:
    """One network: `ours` and `theirs` have seconds, peak (bytes of the process), ops and bytes; differences are of the largest value."""

    name: str
    nodes: int
    ours: dict[str, float]
    theirs: dict[str, float] | None
    difference_litert: float
    difference_tinylite: float
    more_ops: dict[str, int]

    def ratio(self, figure: str) -> float | None:
        """tinylite's seconds, peak or bytes divided by TensorFlow's, if that has converted too."""
        return None if self.theirs is None else self.ours[figure] / self.theirs[figure]


def compare(names: list[str], keras: str, rounds: int, alone: bool = False) -> Iterator[Comparison]:
    """Convert networks by both, or by tinylite alone, one after the other; of several rounds the fastest counts."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            made = _child("make", name, keras, folder)
            arrays = (made["input"], made["output"])
            best = {
                who: min((_child(who, folder, *arrays) for _ in range(rounds)), key=_seconds)
                for who in (("tinylite",) if alone else ("tinylite", "tensorflow"))
            }
            yield _compared(name, made["nodes"], best["tinylite"], best.get("tensorflow"), Path(folder))


def _seconds(figures: dict[str, float]) -> float:
    return figures["seconds"]


def _child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.convert", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _compared(name: str, nodes: int, ours: dict[str, float], theirs: dict[str, float] | None, folder: Path) -> Comparison:
    from ai_edge_litert.interpreter import Interpreter as LiteRT

    from tinylite import Interpreter, Model

    counts: dict[str, Counter[str]] = {"tensorflow": Counter()}
    for who, figures in (("tinylite", ours), *([("tensorflow", theirs)] if theirs else [])):
        counts[who] = Counter(op.name for graph in Model.load(folder / f"{who}.tflite").graphs for op in graph.ops)
        figures["ops"] = counts[who].total()
    wanted, picture = np.load(folder / "wanted.npy"), np.load(folder / "picture.npy")
    differences = []
    for engine in (LiteRT, Interpreter):
        interpreter = engine(model_path=str(folder / "tinylite.tflite"))
        (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.resize_tensor_input(given["index"], picture.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], picture)
        interpreter.invoke()
        differences.append(float(np.abs(interpreter.get_tensor(asked["index"]) - wanted).max() / np.abs(wanted).max()))
    return Comparison(name, nodes, ours, theirs, *differences, dict(counts["tinylite"] - counts["tensorflow"]) if theirs else {})


# ---- what runs in processes of its own


def _make(name: str, keras: str, folder: str) -> dict[str, Any]:
    """A network with random weights, frozen; a picture, and what Keras makes of it."""
    import importlib

    import tinylite

    applications = importlib.import_module(f"{keras}.applications")
    size = _SMALL.get(name)
    model = getattr(applications, name)(weights=None, **({"input_shape": (size, size, 3), "classes": 10} if size else {}))
    rng = np.random.default_rng(1)
    for weight in model.weights:
        path = getattr(weight, "path", weight.name)
        fan_in = max(int(np.prod(weight.shape[:-1])), 1)
        spread = rng.uniform(0.8, 1.2, weight.shape) if "variance" in path or "gamma" in path else rng.normal(0, fan_in**-0.5, weight.shape)
        weight.assign(spread.astype(np.float32))
    shape = [1, *(side or 224 for side in model.inputs[0].shape[1:])]
    scaled = any(word in name for word in ("Efficient", "MobileNetV3", "ConvNeXt"))
    picture = rng.uniform(0, 255 if scaled else 1, shape).astype(np.float32)
    np.save(Path(folder) / "picture.npy", picture)
    np.save(Path(folder) / "wanted.npy", np.asarray(model(picture, training=False)))
    frozen = tinylite.freeze(model)
    frozen.save(Path(folder) / "frozen.pb")
    return {"input": frozen.inputs[0].name, "output": frozen.outputs[0].name, "nodes": len(frozen.graph_def.node)}


def _tinylite(folder: str, input: str, output: str) -> None:
    from tinylite import convert

    shapes = {input: _shape(folder)}
    convert(f"{folder}/frozen.pb", [input], [output], input_shapes=shapes).save(f"{folder}/tinylite.tflite")


def _tensorflow(folder: str, input: str, output: str) -> None:
    import tensorflow as tf

    names = [name.removesuffix(":0") for name in (input, output)]
    shapes = {names[0]: _shape(folder)}
    converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(f"{folder}/frozen.pb", names[:1], names[1:], shapes)
    Path(f"{folder}/tensorflow.tflite").write_bytes(converter.convert())


def _shape(folder: str) -> list[int]:
    return list(np.load(Path(folder) / "picture.npy", mmap_mode="r").shape)


def _peak() -> int:
    """The most bytes that this process has had in memory. What getrusage says holds those of the process that started it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def _main(who: str, *arguments: str) -> None:
    if who == "make":
        figures = _make(*arguments)
    else:
        run = {"tinylite": _tinylite, "tensorflow": _tensorflow}[who]
        if who == "tensorflow":  # what importing takes is not counted
            import tensorflow  # noqa: F401
        else:
            import tinylite.converter.load_source
            import tinylite.converter.tf_ops
            import tinylite.model.save

            tinylite.converter.tf_ops.names()
        start = time.perf_counter()
        run(*arguments)
        size = Path(arguments[0], f"{who}.tflite").stat().st_size
        figures = {"seconds": time.perf_counter() - start, "peak": _peak(), "bytes": size}
    print(json.dumps(figures))


if __name__ == "__main__":
    _main(*sys.argv[1:])
