"""What other programs make of the files: gcc and g++ of C and C++, Icarus Verilog of memories and parameters."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite.model import Model

from ..cases import Case, T
from .test_formats import HOSTILE, moved, values

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"
WARNINGS = ("-Wall", "-Wextra", "-pedantic", "-Werror")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}")


C_TEST = """
#include "v/vectors.h"
#include <stdlib.h>
#include <string.h>
int main(void)
{
    for (int i = 0; i < V_VECTOR_COUNT; i++) {
        size_t size = v_vectors[i].count * v_vectors[i].element_size;
        unsigned char *copy = malloc(size);
        memcpy(copy, v_vectors[i].data, size);
        if (v_check(&v_vectors[i], copy) != 0) return 1;
        copy[size - 1] ^= 1;
        if (v_check(&v_vectors[i], copy) != 1) return 2;
        free(copy);
    }
    return 0;
}
"""


def compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "test.c").write_text(C_TEST)
    built = run(folder, "gcc", "-std=c99", *WARNINGS, "test.c", "v/vectors.c", "-o", "test")
    assert built.returncode == 0, built.stderr
    assert run(folder, "g++", "-Wall", "-Wextra", "-fsyntax-only", "-x", "c++", "v/vectors.c").returncode == 0
    return run(folder, "./test")


@pytest.mark.parametrize("type", ["INT8", "UINT8", "INT16", "INT32", "INT64", "FLOAT32", "BOOL"])
def test_c_arrays_compile_and_compare_themselves(type: str, tmp_path: Path) -> None:
    needs("gcc", "g++")
    given = values(type)
    last = given.reshape(-1)[-1:]
    last[:] = 1.5 if given.dtype.kind == "f" else True if given.dtype.kind == "b" else np.iinfo(given.dtype).max
    tinylite.vectors(moved(type, name=HOSTILE), tmp_path / "v", format="c", inputs=[given])
    done = compiled(tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["input", "output"]
    assert lines[0].startswith(f"input: 1 of {given.size} elements differ, first at [0, 2, 4, 1]: expected ")
    assert float(lines[0].split("expected ")[1].split(",")[0]) == float(last[0])


def test_c_arrays_of_an_op_say_what_differs(tmp_path: Path) -> None:
    needs("gcc", "g++")
    tinylite.vectors(DIGITS, tmp_path / "v", format="c", op=1, cases=2)
    done = compiled(tmp_path)
    assert done.returncode == 0
    (output,) = (vector for vector in tinylite.read_vectors(tmp_path / "v").find("output") if vector.case == 1)
    last = int(output.values.reshape(-1)[-1])
    place = ", ".join(str(size - 1) for size in output.values.shape)
    assert f"output_case1: 1 of {output.values.size} elements differ, first at [{place}]: expected {last}, got {last ^ 1}\n" in done.stdout


def test_c_plus_plus_arrays_of_tflm_compile(tmp_path: Path) -> None:
    needs("g++")
    tinylite.vectors(DIGITS, tmp_path / "v", format="tflm", op=2)
    sources = [path.name for path in (tmp_path / "v").glob("*.cc")]
    (tmp_path / "v" / "main.cpp").write_text(
        '#include <cstdint>\n#include "v_model_data.h"\n#include "v_golden_uint8_test_data.h"\n'
        "int main() { return !(g_v_model_data_size > 99 && g_v_model_data[4] == 'T' && (uintptr_t)g_v_model_data % 16 == 0"
        " && g_v_golden_uint8_test_data_size > 0); }\n"
    )
    built = run(tmp_path / "v", "g++", "-std=c++17", *WARNINGS, "main.cpp", *sources, "-o", "main")
    assert built.returncode == 0, built.stderr
    assert run(tmp_path / "v", "./main").returncode == 0


# Computes the last stages of a layer from what the files and parameters say.
BENCH = """
module bench;
  `include "params.svh"
  reg [V_SCALED_LINE_BITS-1:0] scaled [0:V_SCALED_LINES-1];
  reg [V_ACC_BIAS_LINE_BITS-1:0] sums [0:V_ACC_BIAS_LINES-1];
  reg [V_OUTPUT_LINE_BITS-1:0] golden [0:V_OUTPUT_LINES-1];
  integer i, wrong;
  reg signed [63:0] product;
  reg signed [31:0] sum, high, rest, mask, threshold, found, value, shift;
  reg [7:0] want;
  localparam CHANNELS = V_OUTPUT_DIM_3;
  localparam SUM_LANES = V_SCALED_LINE_BITS / V_SCALED_BITS;
  localparam LANES = V_OUTPUT_LINE_BITS / V_OUTPUT_BITS;
  initial begin
    $readmemh(V_SCALED_FILE, scaled);
    $readmemh(V_ACC_BIAS_FILE, sums);
    $readmemh(V_OUTPUT_FILE, golden);
    wrong = 0;
    for (i = 0; i < V_OUTPUT_ELEMENTS; i = i + 1) begin
      sum = sums[i / SUM_LANES][32 * (i % SUM_LANES) +: 32];
      shift = V_SHIFT[32 * (i % CHANNELS) +: 32];
      product = $signed(sum) * $signed({32'b0, V_MULTIPLIER[32 * (i % CHANNELS) +: 32]});
      high = (product + 64'sd1073741824) >>> 31;
      mask = (32'sd1 <<< -shift) - 1;
      rest = high & mask;
      threshold = (mask >>> 1) + (high < 0);
      found = high >>> -shift;
      if (rest > threshold) found = found + 1;
      value = scaled[i / SUM_LANES][32 * (i % SUM_LANES) +: 32];
      if (found !== value) wrong = wrong + 1;
      value = value + V_OUTPUT_ZERO_POINT;
      if (value < V_ACTIVATION_MIN) value = V_ACTIVATION_MIN;
      if (value > V_ACTIVATION_MAX) value = V_ACTIVATION_MAX;
      want = golden[i / LANES][8 * (i % LANES) +: 8];
      if (value[7:0] !== want) wrong = wrong + 1;
    end
    $display("%0d elements, %0d wrong", V_OUTPUT_ELEMENTS, wrong);
    $finish;
  end
endmodule
"""


def simulated(folder: Path, bench: str) -> str:
    (folder / "bench.sv").write_text(bench)
    built = run(folder, "iverilog", "-g2012", "-Wall", "-o", "bench", "bench.sv")
    assert built.returncode == 0 and not built.stderr, built.stderr
    return run(folder, "./bench").stdout


def per_channel() -> Model:
    """A convolution of INT8 with another factor for each channel."""
    scales = np.geomspace(0.001, 0.03, 6).astype(np.float32)
    rng = np.random.default_rng(8)
    inputs = [
        T((1, 5, 6, 3), "INT8", scale=0.05, zero=-11),
        T((6, 3, 3, 3), "INT8", scale=scales, data=rng.integers(-127, 128, (6, 3, 3, 3))),
        T((6,), "INT32", scale=np.float32(0.05) * scales, data=rng.integers(-500, 500, 6)),
    ]
    options = {"padding": "SAME", "stride_h": 2, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    return Case("CONV_2D", inputs, [T((1, 3, 6, 6), "INT8", scale=0.2, zero=7)], options, version=3).model()


@pytest.mark.parametrize("options", [{}, {"bus": 128}, {"bus": 256}], ids=str)
@pytest.mark.parametrize("model", [DIGITS, per_channel()], ids=["uint8", "int8"])
def test_a_simulator_reads_memories_and_parameters(model: Any, options: dict[str, Any], tmp_path: Path) -> None:
    """Icarus Verilog requantizes the sums of a layer, and finds every stage in the files."""
    needs("iverilog")
    tinylite.vectors(model, tmp_path / "v", format="memh", op=0, **options)
    (output,) = tinylite.read_vectors(tmp_path / "v").find("output")
    assert simulated(tmp_path / "v", BENCH) == f"{output.values.size} elements, 0 wrong\n"


ORDER = """
module bench;
  `include "params.svh"
  reg [V_INPUT_LINE_BITS-1:0] memory [0:V_INPUT_LINES-1];
  initial begin
    $readmemh(V_INPUT_FILE, memory);
    $display("%0d %0d %0d", $signed(memory[0][7:0]), $signed(memory[0][15:8]), $signed(memory[0][31:24]));
    $display("%0d %0d", V_INPUT_SIGNED, V_INPUT_ZERO_POINT);
  end
endmodule
"""


@pytest.mark.parametrize(
    ("lanes", "layout", "order"), [("lsb-first", "nhwc", (0, 1, 3)), ("msb-first", "nhwc", (3, 2, 0)), ("lsb-first", "nchw", (0, 2, 6))]
)
def test_a_simulator_finds_lanes_and_layouts(lanes: str, layout: str, order: tuple[int, ...], tmp_path: Path) -> None:
    needs("iverilog")
    given = np.array([-7, 5, 127, -128, 1, 2, 3, 4], np.int8)
    model = moved("INT8", (1, 2, 2, 2), scale=[0.5], zero_point=[-3])
    tinylite.vectors(model, tmp_path / "v", format="memh", inputs=[given.reshape(1, 2, 2, 2)], bus=32, lanes=lanes, layout=layout)
    assert simulated(tmp_path / "v", ORDER) == " ".join(str(given[place]) for place in order) + "\n1 -3\n"
