"""What writes dumps as boards, simulators and scripts do, and what reads them for tests."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinylite.golden import Golden
from tinylite.golden.dumps.base.dump import Dump

__all__ = ["WRITERS", "assert_holds", "decimal", "drawn", "hexadecimal", "read"]


def drawn(dtype: str, shape: tuple[int, ...] = (1, 3, 5), cases: int = 1) -> list[np.ndarray]:
    """Random values of the whole range of a type."""
    rng = np.random.default_rng(zlib.crc32(dtype.encode()))
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return [(rng.standard_normal(shape) * 100).astype(kind) for _ in range(cases)]
    if kind.kind == "b":
        return [rng.integers(0, 2, shape).astype(kind) for _ in range(cases)]
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    return [rng.integers(low, high, shape, kind, endpoint=True) for _ in range(cases)]


def read(path: Path, golden: Golden, case: int = 0) -> dict[str, np.ndarray | int]:
    values = Dump(path).values(golden, case)
    return {key: values[key] for key in golden.keys if key in set(values)}


def assert_holds(path: Path, golden: Golden, keys: set[str] | None = None) -> None:
    """Assert that a dump holds what a golden does, of its outputs unless others are named."""
    keys = keys or {key for key, tensor in zip(golden.keys, golden.tensors, strict=True) if tensor.role == "output"}
    dump = Dump(path)
    for case, records in enumerate(golden.cases):
        values = dump.values(golden, case)
        assert set(values) == keys
        for key, kept in zip(golden.keys, records, strict=True):
            if key in keys:
                value = values[key]
                if isinstance(value, int):
                    assert value == kept.crc32
                else:
                    assert kept.value is not None
                    np.testing.assert_array_equal(value, kept.value, strict=True)


def hexadecimal(values: np.ndarray) -> list[str]:
    """Elements as digits, two's complement, most significant first."""
    digits = np.ascontiguousarray(values, values.dtype.newbyteorder(">")).tobytes().hex()
    return [digits[start : start + 2 * values.itemsize] for start in range(0, len(digits), 2 * values.itemsize)]


def decimal(values: np.ndarray) -> str:
    if values.dtype.kind == "f":
        return ", ".join(f"{float(value):.9g}" for value in values.flat)
    return ", ".join(str(int(value)) for value in values.flat)


def npz(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    np.savez(folder / "out.npz", **{f"{case}/{name}": array for case, array in enumerate(arrays)})
    return folder / "out.npz"


def npz_compressed_of_all(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    np.savez_compressed(folder / "out.npz", **{name: np.concatenate(arrays)})
    return folder / "out.npz"


def npz_by_position(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    np.savez(folder / "out.npz", np.stack(arrays) if len(arrays) > 1 else arrays[0])
    return folder / "out.npz"


def npy_big_endian(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    stacked = np.concatenate(arrays)
    np.save(folder / "result_of_board_3.npy", np.asfortranarray(stacked.astype(stacked.dtype.newbyteorder(">"))))
    return folder / "result_of_board_3.npy"


def binary(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    (folder / "dump.bin").write_bytes(b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays))
    return folder / "dump.bin"


def memory(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    lines = [line for array in arrays for line in hexadecimal(array)]
    (folder / "out.mem").write_text("// 0x00000000\n" + "\n".join(lines) + "\n")
    return folder / "out.mem"


def memory_with_addresses(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    """The second half first, in capitals and with comments and underscores, at addresses that begin at 0x100."""
    lines = [line.upper() for array in arrays for line in hexadecimal(array)]
    half = len(lines) // 2
    lines[0] = f"{lines[0][:1]}_{lines[0][1:]}"
    text = f"@{0x100 + half:x}\n{' '.join(lines[half:])}\n@100 // the first\n/* and\n all */ {' '.join(lines[:half])}"
    (folder / "out.txt").write_text(text)
    return folder / "out.txt"


def numbers(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    (folder / "out.csv").write_text("# a comment\n" + "\n".join(map(decimal, arrays)) + "\n")
    return folder / "out.csv"


def c_arrays(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    text = ",\n  ".join(map(decimal, arrays))
    (folder / "out.h").write_text(
        f"#include <stdint.h>\nconst int other[2] = {{1, 2}};\nalignas(16) const int8_t g_{name}[] = {{\n  {text}}};\n"
    )
    return folder / "out.h"


def c_bits(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    text = ", ".join(f"0x{line}" for array in arrays for line in hexadecimal(array))
    (folder / "out.c").write_text(f"unsigned {name}_data[] = {{ {text} }};\n")
    return folder / "out.c"


def c_bytes(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    """As xxd -i writes a file of raw bytes."""
    content = binary(folder, name, arrays).read_bytes()
    (folder / "out.c").write_text(f"unsigned char dump_bin[] = {{\n  {', '.join(f'0x{byte:02x}' for byte in content)}\n}};\n")
    return folder / "out.c"


def board_log(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    lines = ["I (12) boot: ok {not a number}"] + [f"I ({number}) app: {{{decimal(array)}}}" for number, array in enumerate(arrays)]
    (folder / "serial.log").write_text("\r\n".join(lines))
    return folder / "serial.log"


def python_log(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    lines = ["[   0.1] started"] + [f"[  12.{number}] {name} = [{decimal(array)}]" for number, array in enumerate(arrays)]
    (folder / "serial.txt").write_text("\n".join(lines))
    return folder / "serial.txt"


def crc_log(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    lines = [f"00:00:0{number} Output CRC32: 0x{zlib.crc32(array.tobytes()):X}\r\n" for number, array in enumerate(arrays)]
    (folder / "serial.log").write_bytes("Configured arena size = 153600\r\n\r\n".encode("utf-16") + "".join(lines).encode("utf-16-le"))
    return folder / "serial.log"


def tree(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    (folder / "zoo" / "testing_output" / name).mkdir(parents=True)
    (folder / "zoo" / "model.tflite").write_bytes(b"\0\0\0\0TFL3")
    (folder / "zoo" / "definition.yaml").write_text("shape: [1, 2]")
    for case, array in enumerate(arrays):
        np.save(folder / "zoo" / "testing_output" / name / f"{case}.npy", array)
    return folder / "zoo"


def folder_a_case(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    for case, array in enumerate(arrays):
        (folder / "runs" / f"case_{case}").mkdir(parents=True)
        (folder / "runs" / f"case_{case}" / "ofm0.bin").write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return folder / "runs"


def numbered_files(folder: Path, name: str, arrays: list[np.ndarray]) -> Path:
    (folder / "dumps").mkdir()
    for case, array in enumerate(arrays):
        (folder / "dumps" / f"10_case{case}.mem").write_text("\n".join(hexadecimal(array)))
    return folder / "dumps"


# Each writes an output, by name and case, to a folder, and returns the path of the dump.
WRITERS: list[Callable[[Path, str, list[np.ndarray]], Path]] = [
    npz, npz_compressed_of_all, npz_by_position, npy_big_endian, binary, memory, memory_with_addresses, numbers, c_arrays, c_bits, c_bytes,
    board_log, python_log, crc_log, tree, folder_a_case, numbered_files,
]  # fmt: skip
