"""The published test data of CMSIS-NN, layer by layer, as far as it is INT8 and of an operator that `cmsis-nn` has.

It holds multipliers and shifts in place of scales, so a rule of its own hands them to the layers.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import Arithmetic, Interpreter
from tinylite.arithmetic import CMSIS_NN, Rule
from tinylite.ops.linear.pairs import CONVOLUTION
from tinylite.ops.linear.requantizing import FACTORS

from ..cases import Case, T
from ..conftest import feed_and_run
from .cmsis_nn import checkout

Config = dict[str, int]
Arrays = dict[str, np.ndarray]


def read(folder: Path) -> tuple[Config, Arrays]:
    """The macros and the arrays of the headers that a folder's test includes, without the prefix that they share."""
    names = re.findall(r'#include "(\w+\.h)"', (folder / "test_data.h").read_text())
    text = "\n".join((folder / name).read_text() for name in names)
    prefix = len(folder.name) + 1
    config = {name[prefix:]: int(value) for name, value in re.findall(r"#define (\w+) (-?\d+)\b", text)}
    arrays = {}
    for name, values in re.findall(r"const int(?:8|32)_t (\w+)\[\d*\]\s*=\s*\{([^}]*)\}", text):
        arrays[name[prefix:]] = np.array([int(number) for number in values.split(",") if number.strip()])
    same = {"bias": "biases", "output": "output_ref", "output_multiplier": "output_mult"}
    return config, {same.get(name, name): array for name, array in arrays.items()}


def layer(config: Config, arrays: Arrays) -> tuple[Case, np.ndarray] | None:
    """One op, and the input that it is fed; None if it is of another kind."""
    if not {"input", "weights", "output_ref"} <= {*arrays} or "OUT_CH" not in config:
        return None
    zero, out_zero, channels = -config["INPUT_OFFSET"], config["OUTPUT_OFFSET"], config["OUT_CH"]
    batch = config["INPUT_BATCHES"]
    bias = T((channels,), "INT32", scale=1.0, data=arrays["biases"]) if "biases" in arrays else None
    if "ACCUMULATION_DEPTH" in config:
        depth = config["ACCUMULATION_DEPTH"]
        x, weights = T((batch, depth), "INT8", scale=1.0, zero=zero), T((channels, depth), "INT8", scale=1.0, data=arrays["weights"])
        return Case("FULLY_CONNECTED", [x, weights, bias], [T((), "INT8", scale=1.0, zero=out_zero)], version=4), arrays["input"]
    if "STRIDE_X" not in config or "output_mult" not in arrays:
        return None
    x = T((batch, config["INPUT_H"], config["INPUT_W"], config["IN_CH"]), "INT8", scale=1.0, zero=zero)
    output = T((batch, config["OUTPUT_H"], config["OUTPUT_W"], channels), "INT8", scale=1.0, zero=out_zero)
    options: dict[str, Any] = {"stride_h": config["STRIDE_Y"], "stride_w": config["STRIDE_X"]}
    size = (config["FILTER_Y"], config["FILTER_X"])
    if "PAD_X_WITH_OFFSET" in config:
        options["padding"] = padding(config, "OUTPUT", "INPUT")
        weights = T((channels, *size, config["IN_CH"]), "INT8", scale=1.0, data=arrays["weights"])
        shape = T((4,), "INT32", data=output.shape)
        return Case("TRANSPOSE_CONV", [shape, weights, x, *([bias] if bias else [])], [output], options, version=3), arrays["input"]
    options |= {"dilation_h_factor": config["DILATION_Y"], "dilation_w_factor": config["DILATION_X"], "padding": padding(config)}
    if "CH_MULT" in config and len(arrays["weights"]) == channels * size[0] * size[1]:
        weights = T((1, *size, channels), "INT8", scale=1.0, axis=3, data=arrays["weights"])
        options["depth_multiplier"] = config["CH_MULT"]
        return Case("DEPTHWISE_CONV_2D", [x, weights, bias], [output], options, version=3), arrays["input"]
    weights = T((channels, *size, len(arrays["weights"]) // (channels * size[0] * size[1])), "INT8", scale=1.0, data=arrays["weights"])
    return Case("CONV_2D", [x, weights, bias], [output], options, version=3), arrays["input"]


def padding(config: Config, inner: str = "INPUT", outer: str = "OUTPUT") -> str:
    """The padding that leads from sizes to sizes; fails if it is not as much as the data says."""
    same, pads = True, []
    for letter, side in (("Y", "H"), ("X", "W")):
        size, out, stride = config[f"{inner}_{side}"], config[f"{outer}_{side}"], config[f"STRIDE_{letter}"]
        same &= out == -(-size // stride)
        pads.append(max((out - 1) * stride + (config[f"FILTER_{letter}"] - 1) * config[f"DILATION_{letter}"] + 1 - size, 0) // 2)
    assert [config["PAD_Y"], config["PAD_X"]] == (pads if same else [0, 0])
    return "SAME" if same else "VALID"


def test_published_layers_have_their_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[str] = Counter()
    once = 0
    for folder in sorted((checkout() / "Tests/UnitTest/TestCases/TestData").iterdir()):
        if re.search("int4|int16|_s16|_f16|_f32", folder.name) or not (folder / "test_data.h").exists():
            continue
        config, arrays = read(folder)
        found = layer(config, arrays)
        if found is None or config.get("FILTER_OFFSET"):  # tinylite has no zero points of INT8 weights
            continue
        case, values = found
        multipliers = arrays.get("output_mult", np.array([config.get("OUTPUT_MULTIPLIER", 0)]))
        shifts = arrays.get("output_shift", np.array([config.get("OUTPUT_SHIFT", 0)]))
        factors = np.broadcast_to(np.ldexp(multipliers.astype(np.float64), shifts - 31), config["OUT_CH"])
        monkeypatch.setitem(FACTORS, "published", lambda *operands, factors=factors: factors)
        rule = (CMSIS_NN.rules or {})[case.code, "INT8"] or next(pair.rule for pair in CONVOLUTION if pair.output == "INT8")
        results = []
        for method in (rule.method, "once"):
            published = Arithmetic("published", "separate", {(case.code, "INT8"): Rule(method, "published")})
            interpreter = Interpreter(case.model(), arithmetic=published)
            interpreter.allocate_tensors()
            (output,) = feed_and_run(interpreter, [values.astype(np.int8).reshape(case.feeds()[0].shape)], 1)
            results.append(np.clip(output.reshape(-1), config["OUT_ACTIVATION_MIN"], config["OUT_ACTIVATION_MAX"]))
        assert np.array_equal(results[0], arrays["output_ref"]), f"{folder.name}: {case.name}"
        once += not np.array_equal(results[1], arrays["output_ref"])
        done[case.code] += 1
    assert {*done} == {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"} and done.total() >= 50
    assert once > 0  # with single rounding they would not all be equal
