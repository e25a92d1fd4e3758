"""Dumps that real tools have written, in whose place a board or a simulator stands elsewhere: each agrees with the golden."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tinylite import golden
from tinylite.errors import FileError

from ..small_models import DEMO
from .dump_writers import assert_holds, drawn, hexadecimal, read
from .goldens import golden_of

DIGITS = DEMO / "digits_uint8.tflite"


def run(*command: str | Path, folder: Path) -> str:
    """What a program prints; the test is skipped where it is not installed."""
    if shutil.which(str(command[0])) is None and not Path(command[0]).exists():
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def digits() -> golden.Golden:
    return golden.record(DIGITS, cases=2, layers=True)


def arrays_of(kept: golden.Golden, case: int) -> dict[str, np.ndarray]:
    return {key: record.value for key, record in zip(kept.keys, kept.cases[case], strict=True) if record.value is not None}


def assert_agrees(kept: golden.Golden, dump: Path, compared: int) -> None:
    report = golden.check(kept, DIGITS, using=str(dump))
    assert report.passes, report.text()
    assert report.compared == compared


# ---- numpy


def test_numpy_s_archives(digits: golden.Golden, tmp_path: Path) -> None:
    outputs = [arrays_of(digits, case)["scores"] for case in range(2)]
    np.savez(tmp_path / "stacked.npz", scores=np.stack(outputs))
    np.savez_compressed(tmp_path / "concatenated.npz", np.concatenate(outputs))
    for name in ("stacked", "concatenated"):
        assert_agrees(digits, tmp_path / f"{name}.npz", 2)
    np.savez(tmp_path / "all.npz", **{f"{case}/{key}": value for case in range(2) for key, value in arrays_of(digits, case).items()})
    assert_agrees(digits, tmp_path / "all.npz", 10)


def test_a_golden_that_unzip_has_made_a_folder_of(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    shutil.unpack_archive(tmp_path / "g.npz", tmp_path / "folder", "zip")
    (tmp_path / "folder" / "golden.json").unlink()
    assert_agrees(digits, tmp_path / "folder", 10)


def test_the_tree_of_arm_s_model_zoo(digits: golden.Golden, tmp_path: Path) -> None:
    for case in range(2):
        for folder, key in (("testing_input/picture", "picture"), ("testing_output/Identity", "scores")):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            np.save(tmp_path / folder / f"{case}.npy", arrays_of(digits, case)[key])
    assert_agrees(digits, tmp_path, 2)


# ---- simulators

BENCH = """
module bench;
  reg [{bits}-1:0] memory [{first}:{last}];
  initial begin
    $readmemh("in.mem", memory);
    $writememh("whole.mem", memory);
    $writememh("part.mem", memory, {first}, {last} - 1);
    $writememb("binary.mem", memory);
    memory[{last}] = {bits}'bx;
    $writememh("unknown.mem", memory);
  end
endmodule
"""


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "float32"])
def test_memories_of_icarus_verilog(dtype: str, tmp_path: Path) -> None:
    (values,) = drawn(dtype)
    kept = golden_of({"y": [values]})
    (tmp_path / "in.mem").write_text("\n".join(hexadecimal(values)))
    (tmp_path / "bench.v").write_text(BENCH.format(bits=8 * values.itemsize, first=16, last=15 + values.size))
    run("iverilog", "-g2012", "-o", "bench", "bench.v", folder=tmp_path)
    run("vvp", "bench", folder=tmp_path)
    assert_holds(tmp_path / "whole.mem", kept)
    assert_holds(tmp_path / "binary.mem", kept)
    with pytest.raises(FileError, match=f"it has {values.size - 1} words, and tensor 'y', {dtype} .* has {values.size}"):
        read(tmp_path / "part.mem", kept)
    with pytest.raises(FileError, match=rf"unknown\.mem: line {values.size + 1}: 'x+' has digits x, which is unknown"):
        read(tmp_path / "unknown.mem", kept)


def test_a_memory_of_sign_extended_words_of_icarus_verilog(tmp_path: Path) -> None:
    (values,) = drawn("int8")
    (tmp_path / "in.mem").write_text("\n".join(hexadecimal(values)))
    (tmp_path / "bench.v").write_text(
        "module bench; reg signed [7:0] narrow [0:14]; reg signed [31:0] wide [0:14]; integer i; initial begin\n"
        '$readmemh("in.mem", narrow); for (i = 0; i < 15; i = i + 1) wide[i] = narrow[i]; $writememh("wide.mem", wide);\n'
        "end endmodule\n"
    )
    run("iverilog", "-g2012", "-o", "bench", "bench.v", folder=tmp_path)
    run("vvp", "bench", folder=tmp_path)
    assert_holds(tmp_path / "wide.mem", golden_of({"y": [values]}))


# ---- C

BOARD = r"""
#include <cstdint>
#include <cstdio>
#include <random>

// Bit by bit, as a board without a table may.
static uint32_t crc32(const uint8_t* data, size_t size) {{
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {{
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
  }}
  return ~crc;
}}

static const {c} scores[] = {{ {scores} }};

int main() {{
  std::mt19937 engine(0xFB);
  std::uniform_int_distribution<uint32_t> bytes(0, 255);
  uint8_t input[{size}];
  for (size_t i = 0; i < sizeof(input); ++i) input[i] = bytes(engine);
  FILE* file = fopen("crc.log", "w");
  fprintf(file, "Configured arena size = 153600\r\n\r\nInput CRC32: 0x%X\r\n", (unsigned)crc32(input, sizeof(input)));
  fprintf(file, "\"Unique Tag\",\"Total ticks across all events with that tag.\"\r\nSOFTMAX, 363694\r\n\r\n");
  fprintf(file, "Output CRC32: 0x%X\r\n", (unsigned)crc32((const uint8_t*)scores, sizeof(scores)));
  fclose(file);
  file = fopen("print.log", "w");
  fprintf(file, "I (31) cpu_start: Pro cpu up.\nI (123) app: scores = {{");
  for (size_t i = 0; i < sizeof(scores) / sizeof(*scores); ++i) fprintf(file, i ? ", {format}" : "{format}", scores[i]);
  fprintf(file, "}}\n");
  fclose(file);
  file = fopen("raw.bin", "wb");
  fwrite(scores, sizeof(*scores), sizeof(scores) / sizeof(*scores), file);
  fclose(file);
}}
"""


@pytest.mark.parametrize(
    ("dtype", "c", "format"),
    [("uint8", "uint8_t", "%d"), ("int8", "int8_t", "%d"), ("int16", "int16_t", "%d"), ("float32", "float", "%.9g")],
)
def test_what_programs_in_c_print(dtype: str, c: str, format: str, tmp_path: Path) -> None:
    """The inputs are those of TensorFlow Lite Micro's benchmark."""
    c, format = ("float", "%.9g") if dtype == "float32" else (f"{dtype}_t", "%d")
    (values,) = drawn(dtype, (1, 10))
    inputs = (np.random.RandomState(0xFB).randint(0, 2**32, 40, np.uint32) >> 24).astype(np.uint8)
    kept = golden_of({"scores": [values]}, inputs={"x": [inputs]})
    scores = ", ".join(f"{value:.9g}f" if dtype == "float32" and "." in f"{value:.9g}" else f"{value:.9g}" for value in values.flat)
    (tmp_path / "board.cc").write_text(BOARD.format(c=c, scores=scores, size=inputs.size, format=format))
    run("g++", "-o", "board", "board.cc", folder=tmp_path)
    run(tmp_path / "board", folder=tmp_path)
    assert_holds(tmp_path / "crc.log", kept, {"x", "scores"})
    assert_holds(tmp_path / "print.log", kept)
    assert_holds(tmp_path / "raw.bin", kept)
    (tmp_path / "xxd.h").write_text(run("xxd", "-i", "raw.bin", folder=tmp_path))
    assert_holds(tmp_path / "xxd.h", kept)


def test_a_file_of_intel_s_hex_format_is_converted_as_the_error_says(tmp_path: Path) -> None:
    (values,) = drawn("int16", (4, 50))
    kept = golden_of({"y": [values]})
    (tmp_path / "y.bin").write_bytes(values.tobytes())
    run("objcopy", "-I", "binary", "-O", "ihex", "y.bin", "y.hex", folder=tmp_path)
    with pytest.raises(FileError, match=r"objcopy -I ihex -O binary IN OUT.bin"):
        read(tmp_path / "y.hex", kept)
    run("objcopy", "-I", "ihex", "-O", "binary", "y.hex", "back.bin", folder=tmp_path)
    assert_holds(tmp_path / "back.bin", kept)
