"""Which tensors the names in dumps and folders are."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinylite.errors import FileError, SettingError
from tinylite.golden import Golden, check, record, source
from tinylite.golden.dumps.base.dump import Dump

from ..small_models import DEMO
from .dump_writers import assert_holds, decimal, drawn, read
from .goldens import golden_of

DIGITS = DEMO / "digits_uint8.tflite"


def named(*names: str, golden: Golden, folder: Path) -> set[str]:
    """The keys that an archive of arrays of these names has."""
    with zipfile.ZipFile(folder / "out.npz", "w") as archive:
        for name in names:
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.zeros(3, np.int8))
    return set(Dump(folder / "out.npz").values(golden, 0)) & set(golden.keys)


ZEROS = [np.zeros(3, np.int8)]
NAMES = golden_of(
    {"StatefulPartitionedCall:0": ZEROS, "StatefulPartitionedCall:1": ZEROS},
    inputs={"serving_default_image:0": ZEROS},
    layers={"net/conv/Relu;net/conv/BiasAdd;net/bn": ZEROS, "net/dense/MatMul;net/dense/BiasAdd": ZEROS, "Äste/é": ZEROS},
    indices=[0, 25, 24, 7, 8, 9],
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("StatefulPartitionedCall:1", 2), ("StatefulPartitionedCall", 1), ("StatefulPartitionedCall_0", 1),
        ("StatefulPartitionedCall_1", 2), ("24", 2), ("tensor_24", 2), ("T#25", 1), ("tensor 7", 3), ("ofm0", 1), ("ofm1", 2),
        ("output_1", 2), ("outputs[1]", 2), ("op_3", 3), ("op_4_fully_connected/output", 4), ("op 4/ofm0", 4), ("ofm1_case0", 2),
        ("arr_0", 1), ("ifm0", 0), ("input", 0), ("image", 0), ("image:0", 0), ("serving_default_image", 0),
        ("StatefulPartitionedCall/net/dense/BiasAdd", 4), ("net/dense/BiasAdd", 4), ("net_dense_BiasAdd", 4), ("NET.DENSE.MATMUL", 4),
        ("net_conv_Relu_net_conv_BiasAdd_net_bn", 3), ("Äste/é", 5),
    ],
)  # fmt: skip
def test_names(name: str, key: int, tmp_path: Path) -> None:
    assert named(name, golden=NAMES, folder=tmp_path) == {NAMES.keys[key]}


def test_the_best_name_counts(tmp_path: Path) -> None:
    """The weights of an op are called as one of the names that are joined in that of what it computes."""
    full = "net/dense/MatMul;net/dense/BiasAdd"
    assert named("net/dense/MatMul", full, golden=NAMES, folder=tmp_path) == {full}
    assert named("0", "25", "24", "7", golden=NAMES, folder=tmp_path) == {NAMES.keys[place] for place in range(4)}
    assert named("0", "1", golden=NAMES, folder=tmp_path) == {NAMES.keys[1], NAMES.keys[2]}  # no tensor has the number 1
    assert named("output", "ofm0", "ofm1", golden=NAMES, folder=tmp_path) == {NAMES.keys[1], NAMES.keys[2]}


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["output"], r"'output' may be any of 2 tensors of the golden: 'StatefulPartitionedCall:0', 'StatefulPartitionedCall:1'"),
        (["ofm0", "25"], r"'ofm0' and '25' are both the golden's 'StatefulPartitionedCall:0'"),
        (["net/dence/MatMul"], r"none of the golden's tensors: nothing but 'net/dence/MatMul'\. The nearest names are 'net/dense/MatMul;"),
        (["ofm0", "StatefulPartitionedCal:1"], r"no '.*Call:1', and the golden no '.*Cal:1'\. The nearest"),
        ([], "none of the golden's tensors: nothing"),
    ],
)  # fmt: skip
def test_names_that_are_none_or_several(names: list[str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=problem):
        named(*names, golden=NAMES, folder=tmp_path)


def test_numbers_that_may_be_two_things(tmp_path: Path) -> None:
    golden = golden_of({"y": ZEROS}, inputs={"x": ZEROS}, indices=[0, 5])
    with pytest.raises(FileError, match=r"'0' may be any of 2 tensors of the golden: 'x', 'y'.*tensor_7, output_0"):
        named("0", golden=golden, folder=tmp_path)
    assert named("0", "5", golden=golden, folder=tmp_path) == {"x", "y"}


def test_arrays_that_the_golden_lacks_are_named(tmp_path: Path) -> None:
    golden = record(DIGITS, cases=1)
    np.savez(tmp_path / "out.npz", scores=golden.cases[0][1].value, weights=np.zeros(3))
    report = check(golden, DIGITS, using=str(tmp_path / "out.npz"))
    assert report.passes and any("'weights'" in note for note in report.notes)


def test_a_dump_of_other_inputs_is_refused(tmp_path: Path) -> None:
    golden = golden_of({"y": ZEROS}, inputs={"x": [np.array([1, 2, 3], np.int8)], "f": [np.array([1, 1e-3], np.float32)]})
    np.savez(tmp_path / "out.npz", y=ZEROS[0], x=np.array([1, 2, 4], np.int8))
    with pytest.raises(FileError, match=r"run on other inputs than the golden's: of input 'x' in case 0, 1 of 3 values are others"):
        read(tmp_path / "out.npz", golden)
    np.savez(tmp_path / "out.npz", y=ZEROS[0], f=np.array([1, 1.1e-3], np.float32))
    with pytest.raises(FileError, match="of input 'f' in case 0, 1 of 2 values"):
        read(tmp_path / "out.npz", golden)
    np.savez(tmp_path / "out.npz", y=ZEROS[0], f=np.array([1, 1.00001e-3], np.float32))  # printed with fewer digits
    assert set(read(tmp_path / "out.npz", golden)) == {"y", "f"}
    np.savez(tmp_path / "out.npz", y=ZEROS[0], x=np.array([1, 2, 3]))
    with pytest.raises(FileError, match=r"it is int64 \[3\], not int8 \[3\]"):
        read(tmp_path / "out.npz", golden)


# ---- folders


def test_folders_within_the_tree_of_a_zoo(tmp_path: Path) -> None:
    golden = golden_of({"a/b": drawn("int8", cases=2)}, inputs={"x": drawn("uint8", cases=2)})
    for role, name, place in (("testing_input", "x", 0), ("testing_output", "a/b", 1)):
        (tmp_path / "zoo" / role / name).mkdir(parents=True)
        for case in range(2):
            np.save(tmp_path / "zoo" / role / name / f"{case}.npy", golden.cases[case][place].value)
    assert_holds(tmp_path / "zoo", golden, {"x", "a/b"})
    assert_holds(tmp_path / "zoo" / "testing_output", golden, {"a/b"})
    assert_holds(tmp_path / "zoo" / "testing_output" / "a" / "b", golden, {"a/b"})
    (tmp_path / "zoo" / "testing_output" / "a" / "b" / "1.npy").unlink()
    with pytest.raises(FileError, match="nothing of case 1: it has case 0"):
        read(tmp_path / "zoo" / "testing_output", golden, 1)


def test_files_of_a_role_are_counted(tmp_path: Path) -> None:
    golden = golden_of({"a": drawn("int8"), "b": drawn("int16")}, inputs={"x": drawn("uint8")})
    for name, place in (("testing_input/0", 0), ("testing_output/0", 1), ("testing_output/1", 2)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / f"{name}.npy", golden.cases[0][place].value)
    assert_holds(tmp_path, golden, {"x", "a", "b"})


def test_numbers_deep_in_folders_are_not_those_of_tensors(tmp_path: Path) -> None:
    golden = golden_of({"a": drawn("int8")}, indices=[0])
    for name in ("testing_output/a/0", "testing_data/weights/0", "testing_data/bias/0"):
        (tmp_path / name).parent.mkdir(parents=True)
        np.save(tmp_path / f"{name}.npy", golden.cases[0][0].value)
    assert set(Dump(tmp_path).values(golden, 0)) == {"a", "testing_data/weights/0", "testing_data/bias/0"}


def test_a_folder_whose_names_say_nothing_of_an_only_output(tmp_path: Path) -> None:
    golden = golden_of({"StatefulPartitionedCall:0": drawn("int8")})
    (tmp_path / "testing_output" / "Identity_int8").mkdir(parents=True)
    np.save(tmp_path / "testing_output" / "Identity_int8" / "0.npy", golden.cases[0][0].value)
    assert_holds(tmp_path, golden)


def test_archives_and_logs_in_folders(tmp_path: Path) -> None:
    golden = golden_of({"a": drawn("int8", cases=2), "b": drawn("int16", cases=2)})
    for case in range(2):
        (tmp_path / str(case)).mkdir()
        np.savez(tmp_path / str(case) / "out.npz", a=golden.cases[case][0].value)
        (tmp_path / str(case) / "b.log").write_text(f"b: [{decimal(golden.cases[case][1].value)}]")  # type: ignore[arg-type]
    assert_holds(tmp_path, golden)


def test_two_files_of_one_tensor(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", ZEROS[0])
    (tmp_path / "y.bin").write_bytes(bytes(3))
    with pytest.raises(FileError, match=r"y\.bin and y\.npy are both called 'y'"):
        read(tmp_path, golden_of({"y": ZEROS}))


def test_folders_that_hold_no_dump(tmp_path: Path) -> None:
    golden = golden_of({"y": ZEROS})
    with pytest.raises(FileError, match="no file of a format that is known"):
        read(tmp_path, golden)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / ".hidden.npy").write_bytes(b"")
    with pytest.raises(FileError, match="no file of a format that is known"):
        read(tmp_path, golden)
    deep = tmp_path
    for _ in range(30):
        deep = deep / "d"
    deep.mkdir(parents=True)
    with pytest.raises(FileError, match="folders within more than 20 others"):
        read(tmp_path, golden)


def test_names_of_runtimes_are_not_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tflm").write_bytes(b"")
    assert isinstance(source("./tflm"), Dump)
    with pytest.raises(SettingError, match="tflm takes the model"):
        source("tflm")
    with pytest.raises(FileError, match=r"'tfm' is neither a runtime nor a file or folder. The nearest names are 'tflm'"):
        source("tfm")
