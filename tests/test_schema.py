"""The schema says what the format is: in step with its generated tables, and with what LiteRT's readers expect."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinylite.schema.encode import encode
from tinylite.schema.fields import Kind
from tinylite.schema.table import FormatError, Table
from tinylite.schema.tables import ENUMS, OPERATOR_OPTIONS, TABLES, UNIONS

ROOT = Path(__file__).parent.parent


def test_the_tables_are_what_the_schema_says() -> None:
    subprocess.run([sys.executable, str(ROOT / "schema" / "generate.py"), "--check"], check=True)


def test_the_format_is_all_there() -> None:
    assert len(ENUMS["BuiltinOperator"][1]) == 210
    assert {"FLOAT8_E4M3FN", "FLOAT8_E5M2", "BFLOAT16", "INT2", "UINT4", "VARIANT"} <= ENUMS["TensorType"][1].keys()
    assert set(OPERATOR_OPTIONS) <= ENUMS["BuiltinOperator"][1].keys()
    assert set(OPERATOR_OPTIONS.values()) <= {*UNIONS["BuiltinOptions"], *UNIONS["BuiltinOptions2"]}
    assert {"sparsity", "variant_tensors", "external_buffer"} <= {field.name for field in TABLES["Tensor"]}


@pytest.fixture(scope="module")
def theirs() -> str:
    """The source of the reader that flatc made for LiteRT."""
    litert = pytest.importorskip("ai_edge_litert")
    return (Path(litert.__path__[0]) / "schema_py_generated.py").read_text()


def test_enums_are_litert_s(theirs: str) -> None:
    compared = 0
    for enum in (*ENUMS, *UNIONS):
        found = re.search(rf"^class {enum}\(object\):\n((?:    \w+ = -?\d+\n)+)", theirs, re.M)
        if not found:
            continue
        members = {name: int(number) for name, number in re.findall(r"(\w+) = (-?\d+)", found[1])}
        ours = ENUMS[enum][1] if enum in ENUMS else {"NONE": 0, **{name: place for place, name in enumerate(UNIONS[enum], 1)}}
        assert members.items() <= ours.items(), enum
        compared += 1
    assert compared > 15


def test_slots_are_litert_s(theirs: str) -> None:
    compared = 0
    for table, fields in TABLES.items():
        slots = {
            name.lower(): int(slot)
            for name, slot in re.findall(rf"^def {table}Add(\w+)\(builder, \w+\):\n    builder\.Prepend\w+Slot\((\d+)", theirs, re.M)
        }
        ours = {field.name.replace("_", "").lower(): field.id for field in fields}
        for name, slot in slots.items():
            plain = name if name in ours or not name.endswith("type") else None
            if plain is not None:
                assert ours[plain] == slot, f"{table}.{name}"
                compared += 1
    assert compared > 300


def test_defaults_are_litert_s(theirs: str) -> None:
    compared = 0
    for table, fields in TABLES.items():
        defaults = dict(
            re.findall(rf"^def {table}Add(\w+)\(builder, \w+\):\n    builder\.Prepend\w+Slot\(\d+, \w+, ([-\w.]+)", theirs, re.M)
        )
        ours = {field.name.replace("_", "").lower(): field for field in fields if field.kind in (Kind.SCALAR, Kind.ENUM)}
        for name, text in defaults.items():
            field = ours.get(name.lower())
            if field is not None:
                value = ENUMS[field.type][1][field.default] if field.kind == Kind.ENUM else field.default
                assert float(value) == float({"True": 1, "False": 0}.get(text, text)), f"{table}.{name}"
                compared += 1
    assert compared > 200


def test_a_table_names_its_fields() -> None:
    options = Table("Conv2DOptions", stride_w=2)
    assert options.stride_w == 2 and options.dilation_w_factor == 1
    with pytest.raises(AttributeError, match=r"Conv2DOptions has no field 'stride'; it has: padding, stride_w"):
        _ = options.stride
    with pytest.raises(AttributeError, match="no field 'stride'"):
        options.stride = 1


def test_encoding_refuses_what_does_not_fit() -> None:
    with pytest.raises(FormatError, match="SOMEWHERE"):
        encode(
            Table(
                "Model",
                subgraphs=[Table("SubGraph", operators=[Table("Operator", builtin_options=Table("Conv2DOptions", padding="SOMEWHERE"))])],
            )
        )
    with pytest.raises(FormatError, match="version"):
        encode(Table("Model", version=-1))
    with pytest.raises(FormatError, match=r"\(inf,\) does not fit a vector of int32"):
        encode(Table("Model", metadata_buffer=(np.inf,)))


def test_every_options_table_survives() -> None:
    """Each table with every scalar field set to something else than its default."""
    rng = np.random.default_rng(0)
    from tinylite.schema.decode import decode

    for union in ("BuiltinOptions", "BuiltinOptions2"):
        for name in UNIONS[union]:
            options = Table(name)
            for field in TABLES[name]:
                if field.kind == Kind.ENUM:
                    setattr(options, field.name, str(rng.choice(list(ENUMS[field.type][1]))))
                elif field.kind == Kind.SCALAR:
                    setattr(options, field.name, (not field.default) if field.type == "?" else type(field.default)(7))
                elif field.kind == Kind.VECTOR and field.type == "<i4":
                    setattr(options, field.name, np.array([3, 1, 4], np.int32))
            field_name = "builtin_options" if union == "BuiltinOptions" else "builtin_options_2"
            root = Table("Model", subgraphs=[Table("SubGraph", operators=[Table("Operator", **{field_name: options})])])
            read = decode(np.frombuffer(encode(root), np.uint8))
            assert getattr(read.subgraphs[0].operators[0], field_name) == options, name


def test_no_field_hides_behind_a_name_of_python_s() -> None:
    taken = set(dir(Table("Model")))
    assert not [(table, field.name) for table, fields in TABLES.items() for field in fields if field.name in taken]
