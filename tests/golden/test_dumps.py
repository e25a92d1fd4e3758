"""What devices and tools have written, read back: every format, types, cases, and sizes that are wrong."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinylite.errors import FileError
from tinylite.files.io import content_of
from tinylite.golden import check, record, save
from tinylite.golden.dumps import format_of, formats, npy
from tinylite.golden.dumps.base.dump import Dump

from ..small_models import DEMO
from .dump_writers import WRITERS, assert_holds, decimal, drawn, hexadecimal, read
from .goldens import golden_of

DTYPES = ["int8", "uint8", "int16", "int32", "float32", "bool", "int64", "float16"]
DIGITS = DEMO / "digits_uint8.tflite"


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("cases", [1, 3])
def test_what_is_written_is_read(write: Callable[[Path, str, list[np.ndarray]], Path], cases: int, tmp_path: Path) -> None:
    for dtype in DTYPES:
        arrays = drawn(dtype, cases=cases)
        golden = golden_of({"scores": arrays})
        (tmp_path / dtype).mkdir()
        path = write(tmp_path / dtype, "scores", arrays)
        values = Dump(path).values(golden, cases - 1)
        value = values["scores"]
        if isinstance(value, int):
            assert value == golden.cases[-1][0].crc32
        else:
            np.testing.assert_array_equal(value, arrays[-1], strict=True, err_msg=f"{dtype} by {write.__name__}")


@pytest.mark.parametrize("keep", [True, False])
def test_other_goldens_are_dumps(keep: bool, tmp_path: Path) -> None:
    text = np.array([b"a\0", "für".encode()], object)
    arrays = {"a/b": drawn("int8", cases=2), "t": [text, text[::-1]]}
    golden = golden_of(arrays, inputs={"x": drawn("float32", cases=2)}, layers={"l": drawn("int32", cases=2)}, keep=keep)
    save(golden, tmp_path / "other.npz")
    assert_holds(tmp_path / "other.npz", golden, {"x", "a/b", "t", "l"})


def test_text_in_an_archive(tmp_path: Path) -> None:
    golden = golden_of({"words": [np.array([b"yes", b"no"], object)]})
    np.savez(tmp_path / "out.npz", words=np.array(["yes", "no"]))
    assert_holds(tmp_path / "out.npz", golden)
    (tmp_path / "out.bin").write_bytes(b"yesno")
    with pytest.raises(FileError, match="holds text, which this format does not"):
        read(tmp_path / "out.bin", golden)


def test_formats_are_found_by_their_files(tmp_path: Path) -> None:
    assert set(formats()) == {"crc_log", "folder", "memh", "npy", "npz", "numbers", "raw", "vectors"}
    for name, content, wanted in [
        ("a", b"1, 2, 3", "numbers"), ("b.dat", b"0a\n1b\n", "memh"), ("c.dat", bytes(range(256)), "raw"), ("d", b"\x93NUMPY\x01\0", "npy"),
        ("e.txt", b"CRC32: 0x12345678", "crc_log"), ("f.txt", b"10 20 30", "numbers"), ("g.txt", b"00 07 10", "memh"),
        ("h.txt", b"@0\n10 20", "memh"), ("i.out", b"PK\x03\x04", "npz"), ("j.txt", b"x = {1, -2,", "numbers"),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert format_of(str(tmp_path / name)) is formats()[wanted], name
    (tmp_path / "k").write_text("It is sunny")
    with pytest.raises(FileError, match=r"not a dump of a format that is known.*\.bin, .*\.npz"):
        format_of(str(tmp_path / "k"))


def test_long_files_are_recognized_by_their_beginning(tmp_path: Path) -> None:
    (values,) = drawn("int8", (1, 40_000))
    golden = golden_of({"y": [values]})
    for text in ("\n".join(hexadecimal(values)), decimal(values), f"y: {{{decimal(values)}}}"):
        assert len(text) > 100_000
        (tmp_path / "long.txt").write_text(text)
        assert_holds(tmp_path / "long.txt", golden)


def test_a_file_of_several_cases_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    golden = golden_of({"y": drawn("int8", cases=5)})
    np.save(tmp_path / "y.npy", np.stack(drawn("int8", cases=5)))
    opened: list[str] = []
    monkeypatch.setattr(npy, "content_of", lambda path: opened.append(path) or content_of(path))  # type: ignore[func-returns-value]
    assert_holds(tmp_path / "y.npy", golden)
    assert len(opened) == 1


def test_lists_of_several_outputs_without_names(tmp_path: Path) -> None:
    golden = golden_of({"a": drawn("int8", cases=3), "b": drawn("int16", (2, 2), cases=3)})
    lines = [f"{{{decimal(record.value)}}}" for case in golden.cases for record in case if record.value is not None]
    (tmp_path / "out.log").write_text("\n".join(lines))
    assert_holds(tmp_path / "out.log", golden)


# ---- words of a bus


@pytest.mark.parametrize("lanes", ["lsb-first", "msb-first"])
@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
@pytest.mark.parametrize("axes", [[0, 1, 2], [0, 2, 1]])
def test_words_of_a_bus_are_read_by_the_layout_beside_them(lanes: str, dtype: str, axes: list[int], tmp_path: Path) -> None:
    (values,) = drawn(dtype)
    golden = golden_of({"scores": [values]})
    per_word = 8 // values.itemsize
    elements = hexadecimal(values.transpose(axes))
    elements += ["0" * len(elements[0])] * (-len(elements) % per_word)
    words = [elements[start : start + per_word] for start in range(0, len(elements), per_word)]
    lines = ["".join(word[::-1] if lanes == "lsb-first" else word) for word in words]
    (tmp_path / "scores.mem").write_text("\n".join(lines))
    with pytest.raises(FileError, match=r"words of 16 digits hold several elements, and nothing says in which order.*layout\.json"):
        read(tmp_path / "scores.mem", golden)
    layout = {"file": "scores.memh", "bits_per_line": 64, "lanes": lanes, "axes": axes}
    (tmp_path / "layout.json").write_text(json.dumps({"arrays": [layout]}))
    assert_holds(tmp_path / "scores.mem", golden)
    (tmp_path / "scores.mem").write_text("\n".join(lines[1:]))
    with pytest.raises(FileError, match=r"words of 64 bits, and tensor 'scores'"):
        read(tmp_path / "scores.mem", golden)
    (tmp_path / "layout.json").write_text("[]")
    with pytest.raises(FileError, match=r"layout\.json: it is not as tinylite vectors writes it"):
        read(tmp_path / "scores.mem", golden)


def test_words_that_are_wider_than_elements_are_extended_by_their_sign(tmp_path: Path) -> None:
    golden = golden_of({"y": [np.array([[-1, 5, -128]], np.int8)]})
    (tmp_path / "y.mem").write_text("ffffffff\n00000005\nffffff80")
    assert_holds(tmp_path / "y.mem", golden)
    (tmp_path / "y.mem").write_text("ff\n5\n80")  # a zero before may be left out
    assert_holds(tmp_path / "y.mem", golden)
    (tmp_path / "y.mem").write_text("000000ff\n00000005\nffffff80")
    with pytest.raises(FileError, match="word 0, '000000ff', is more than an element of int8"):
        read(tmp_path / "y.mem", golden)
    unsigned = golden_of({"y": [np.array([[255, 5, 128]], np.uint8)]})
    (tmp_path / "y.mem").write_text("00ff\n0005\n0080")
    assert_holds(tmp_path / "y.mem", unsigned)


def test_binary_words(tmp_path: Path) -> None:
    golden = golden_of({"y": [np.array([[2, -3]], np.int8)]})
    (tmp_path / "y.mem").write_text("00000010\n11111101")
    assert_holds(tmp_path / "y.mem", golden)
    (tmp_path / "y.mem").write_text("00000010\n00000011")  # 2 and 3, or 16 and 17 in 32 bits
    with pytest.raises(FileError, match="may be binary or hexadecimal"):
        read(tmp_path / "y.mem", golden)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("00\n01\nxx", r"line 3: 'xx' has digits x, which is unknown"),
        ("00\n0z\n02", r"line 2: '0z' has digits z, which nothing drives"),
        ("00\n// fine\n01 0g", r"line 3: '0g' is not a hexadecimal number"),
        ("00\n01", r"it has 2 words, and tensor 'y', int8 \[3\], has 3"),
        ("00\n01\n02\n03\n04\n05", r"6 words, .* has 3\. It has 2 times as many: are these more cases"),
        ("@0 00 01\n@7 02", r"no word at the address @2, between @0 and @7"),
        (":10010000214601360121470136007EFE09D2190140", "Intel's hex format.*objcopy"),
        ("", r"it has 0 words"),
    ],
)
def test_memories_that_are_not_the_tensor_s(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "y.mem").write_text(text)
    with pytest.raises(FileError, match=f"y.mem: .*{problem}"):
        read(tmp_path / "y.mem", golden_of({"y": [np.array([0, 1, 2], np.int8)]}))


# ---- numbers as text


@pytest.mark.parametrize(
    ("dtype", "text", "problem"),
    [
        ("int8", "1, 2, 200", r"line 1: 200 is not from -128 to 127"),
        ("int8", "1\n2\n0.5", r"line 3: '0\.5' is a real number, and tensor 'y', .* stores whole ones\. Dump what the tensor stores, int8"),
        ("int8", "1, two, 3", r"line 1: 'two' is not a number"),
        ("int8", "1, 2", r"it has 2 numbers, and tensor 'y', int8 \[3\], has 3"),
        ("int8", "\n\ny = {1, 2", r"line 3: the list that begins there has no end"),
        ("int8", "\ny: {1,\n 2,\n 1000}", r"line 4: 1000 is not from -128"),
        ("int8", "0x01 0x02 0x100", r"line 1: 0x100 has more bits than int8"),
        ("bool", "0 1 2", r"2 is not from 0 to 1"),
        ("float32", "1.5 2.5 3,5", r"it has 4 numbers"),
        ("int8", "no numbers {at all}", "it has no list of numbers"),
        ("int8", "1 - 2", r"line 1: '-' is not a number"),
        ("complex64", "1 2 3", "complex numbers, which this format does not"),
    ],
)  # fmt: skip
def test_numbers_that_are_not_the_tensor_s(dtype: str, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text(text)
    with pytest.raises(FileError, match=f"y.csv.*: .*{problem}"):
        read(tmp_path / "y.csv", golden_of({"y": [np.array([0, 1, 1]).astype(dtype)]}))


def test_numbers_of_c(tmp_path: Path) -> None:
    values = np.array([1.5, -np.inf, np.nan, 0.25, -7], np.float32)
    (tmp_path / "y.csv").write_text("1.5f, -INFINITY, NAN, .25F, -7.f")
    assert_holds(tmp_path / "y.csv", golden_of({"y": [values]}))
    (tmp_path / "y.csv").write_text("127; INT8_MIN; 3u; -4L; 0x05")
    assert_holds(tmp_path / "y.csv", golden_of({"y": [np.array([127, -128, 3, -4, 5], np.int8)]}))


def test_what_looks_like_a_list_in_a_log_is_none(tmp_path: Path) -> None:
    golden = golden_of({"y": [np.array([7], np.int8)]})
    (tmp_path / "a.log").write_text("[12] started\nlayer[3] = 5\ny: [7]\n")
    assert_holds(tmp_path / "a.log", golden)


# ---- CRC32s


def test_the_log_of_tflite_micro_s_benchmark(tmp_path: Path) -> None:
    """Its random inputs are a twister's highest bytes; it prints no leading zeros, and ends lines as terminals want it."""
    outputs, inputs = {"a": drawn("int8", cases=2), "b": drawn("int16", cases=2)}, {"x": drawn("uint8", cases=2)}
    golden = golden_of(outputs, inputs=inputs)

    def line(what: str, values: np.ndarray) -> str:
        return f"{what} CRC32: 0x{zlib.crc32(values.tobytes()):X}\r\n"

    took = "\r\nCONV_2D took 249561 ticks (9 ms).\r\n"
    runs = [
        "".join([line("Input", inputs["x"][case]), took, *(line("Output", outputs[name][case]) for name in "ab")]) for case in range(2)
    ]  # fmt: skip
    log = tmp_path / "log"
    log.write_text("Configured arena size = 153600\r\n" + "".join(runs), newline="")
    assert_holds(log, golden, {"x", "a", "b"})
    log.write_text("".join(runs) * 3, newline="")  # a board runs again and again
    assert_holds(log, golden, {"x", "a", "b"})
    log.write_text("".join(runs[::-1]), newline="")
    with pytest.raises(FileError, match=r"run on other inputs than the golden's: of input 'x' in case 0, the CRC32 is [0-9a-f]{8}, not "):
        read(log, golden)
    log.write_text(runs[0], newline="")
    with pytest.raises(FileError, match="nothing of case 1: it has case 0, and the golden cases 0 to 1"):
        read(log, golden, 1)
    log.write_text("".join(runs) + runs[0].replace("Output CRC32: 0x", "Output CRC32: 0x1")[:-9], newline="")
    with pytest.raises(FileError, match=r"line \d+: it has more runs than the golden's 2, and they are not those again"):
        read(log, golden)


@pytest.mark.parametrize(
    "line",
    [
        "a/b CRC32: 0x{:x}", "[00:01] crc32(a/b) = {:08X}", "crc32 [a/b]: 0x{:08x}.", "\x1b[32mI (12) app: a_b crc-32 is 0x{:x}\x1b[0m",
        "Output 0 CRC32 {:08x}", "output[0] CRC32: 0x{:x};", "layer 3 'a/b' CRC_32=0x{:x}",
        "CRC32(output 0): 0x{:X}", "tensor_10 CRC32: 0x{:X}",
    ],
)  # fmt: skip
def test_lines_of_crc32s(line: str, tmp_path: Path) -> None:
    golden = golden_of({"a/b": drawn("int8")})
    (tmp_path / "log").write_text("noise\n" + line.format(golden.cases[0][0].crc32) + "\nmore noise about CRC32\n")
    assert_holds(tmp_path / "log", golden)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Output CRC32C: 0x12345678\nOutput CRC32: 0x12345678", "line 1: it logs a CRC32C, which is another checksum"),
        ("\nCRC32: 0x12345678", "line 2: it does not say of which tensor"),
        ("logits CRC32: 0x12345678", "none of the golden's tensors: nothing but 'logits'.*nearest names are 'logit'"),
    ],
)
def test_logs_of_crc32s_that_say_nothing(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text)
    with pytest.raises(FileError, match=problem):
        read(tmp_path / "log", golden_of({"logit": drawn("int8")}))


def test_a_log_that_was_published(shared: Path, tmp_path: Path) -> None:
    """The README of TensorFlow Lite Micro's benchmark shows its log of person_detect on a Cortex-M4, with the kernels of CMSIS-NN."""
    inputs = (np.random.RandomState(0xFB).randint(0, 2**32, 96 * 96, np.uint32) >> 24).astype(np.uint8).view(np.int8)
    model = shared / "models" / "person_detect_int8.tflite"
    golden = record(model, inputs=[inputs.reshape(1, 96, 96, 1)])
    (tmp_path / "log").write_text("Input CRC32: 0x14F6A510\n\nSOFTMAX took 163 ticks (0 ms).\n\nOutput CRC32: 0xA4A6A6BE\n")
    report = check(golden, model, using=str(tmp_path / "log"))
    assert report.passes and report.compared


# ---- raw bytes, types and shapes


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        (0, r"it has 0 bytes, and tensor 'y', int8 \[1, 10\], takes 10: 10 elements of 1\. Dump the elements as they lie"),
        (9, r"it has 9 bytes"),
        (5, r"It has 1/2 of the bytes: is it of a smaller type, or was it cut off"),
        (20, r"It has 2 times the bytes: is it int16, not int8, or are these 2 cases"),
        (40, r"It has 4 times the bytes: is it int32 or float32, not int8, or are these 4 cases"),
        (30, r"It has 3 times the bytes: are these 3 cases"),
    ],
)
def test_raw_bytes_of_another_size(size: int, problem: str, tmp_path: Path) -> None:
    (tmp_path / "y.bin").write_bytes(bytes(size))
    with pytest.raises(FileError, match=problem):
        read(tmp_path / "y.bin", golden_of({"y": drawn("int8", (1, 10))}))


def test_raw_bytes_of_one_case_of_many(tmp_path: Path) -> None:
    (tmp_path / "y.bin").write_bytes(bytes(20))
    with pytest.raises(FileError, match=r"in 4 cases takes 80.*It is one case, and the golden has 4\. Give the cases"):
        read(tmp_path / "y.bin", golden_of({"y": drawn("int16", (1, 10), 4)}))
    np.save(tmp_path / "y.npy", drawn("int16", (1, 10))[0])
    with pytest.raises(FileError, match=r"its shape is \[1, 10\], and tensor 'y', .* in 4 cases has \[4, 1, 10\]"):
        read(tmp_path / "y.npy", golden_of({"y": drawn("int16", (1, 10), 4)}))


def test_cases_of_different_shapes_are_not_taken_apart(tmp_path: Path) -> None:
    golden = golden_of({"y": [np.zeros((1, 2), np.int8), np.zeros((1, 3), np.int8)]})
    (tmp_path / "y.bin").write_bytes(bytes(5))
    with pytest.raises(FileError, match="another in each case"):
        read(tmp_path / "y.bin", golden)
    np.savez(tmp_path / "y.npz", **{"0/y": np.zeros((1, 2), np.int8), "1/y": np.zeros((1, 3), np.int8)})
    assert_holds(tmp_path / "y.npz", golden)


def test_booleans_are_bytes_of_0_and_1(tmp_path: Path) -> None:
    (tmp_path / "y.bin").write_bytes(b"\0\1\2")
    with pytest.raises(FileError, match="neither 0 nor 1"):
        read(tmp_path / "y.bin", golden_of({"y": [np.zeros(3, bool)]}))


def test_arrays_with_a_type_and_shape_of_their_own_keep_them(tmp_path: Path) -> None:
    """Whoever compares says what they are; a flat array is not the tensor."""
    golden = record(DIGITS, cases=1)
    scores = golden.cases[0][1].value
    assert scores is not None
    np.savez(tmp_path / "out.npz", scores=(scores * np.float32(1 / 256)))
    report = check(golden, DIGITS, using=str(tmp_path / "out.npz"))
    assert "it holds real numbers, float32, and the golden stored ones, uint8" in report.text() and not report.passes
    np.save(tmp_path / "out.npy", scores.reshape(-1))
    report = check(golden, DIGITS, using=str(tmp_path / "out.npy"))
    assert "its shape is [10], and the golden's [1, 10]" in report.text() and not report.passes
