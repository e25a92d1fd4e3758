"""Turn schema/tflite.fbs and schema/metadata.fbs into schema/tables.py.

Usage: python schema/generate.py           write tables.py
       python schema/generate.py --check   exit with 1 if tables.py is not what they say

Understands the part of the flatbuffers schema language that they use: enums, unions, tables and attributes.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# A flatbuffers scalar and the numpy type string of its little-endian form.
SCALARS = {
    "bool": "?", "byte": "<i1", "ubyte": "<u1", "short": "<i2", "ushort": "<u2", "int": "<i4", "int32": "<i4",
    "uint": "<u4", "float": "<f4", "long": "<i8", "ulong": "<u8", "double": "<f8",
}  # fmt: skip

TOKEN = re.compile(r'"[^"]*"|-?[\w.]+|[{}()\[\]:;,=]')


@dataclass
class Schema:
    """What a .fbs file declares, by name and in its order."""

    enums: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    unions: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    operator_options: dict[str, str] = field(default_factory=dict)
    root: str = ""
    identifier: str = ""


class Parser:
    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(re.sub(r"//[^\n]*", "", text))
        self.at = 0
        self.schema = Schema()

    def peek(self) -> str:
        return self.tokens[self.at]

    def take(self, wanted: str | None = None) -> str:
        token = self.tokens[self.at]
        if wanted is not None and token != wanted:
            raise SyntaxError(f"token {self.at}: wanted {wanted!r}, got {token!r}")
        self.at += 1
        return token

    def accept(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.accept("("):
            while not self.accept(")"):
                name = self.take()
                found[name] = self.take().strip('"') if self.accept(":") else ""
                self.accept(",")
        return found

    def parse(self) -> Schema:
        while self.at < len(self.tokens):
            keyword = self.take()
            if keyword in ("namespace", "file_extension", "attribute"):
                self.take()
                self.take(";")
            elif keyword == "file_identifier":
                self.schema.identifier = self.take().strip('"')
                self.take(";")
            elif keyword == "root_type":
                self.schema.root = self.take()
                self.take(";")
            elif keyword in ("enum", "union", "table"):
                getattr(self, keyword)()
            else:
                raise SyntaxError(f"token {self.at}: unknown declaration {keyword!r}")
        return self.schema

    def enum(self) -> None:
        name = self.take()
        self.take(":")
        base = SCALARS[self.take()]
        values: dict[str, int] = {}
        self.take("{")
        while not self.accept("}"):
            value = self.take()
            self.take("=")
            values[value] = int(self.take())
            options = self.attributes().get("options")
            if options:
                self.schema.operator_options[value] = options
            self.accept(",")
        self.schema.enums[name] = (base, values)

    def union(self) -> None:
        name = self.take()
        members: list[str] = []
        self.take("{")
        while not self.accept("}"):
            members.append(self.take())
            self.attributes()
            self.accept(",")
        self.schema.unions[name] = members

    def table(self) -> None:
        name = self.take()
        fields: list[dict[str, Any]] = []
        self.take("{")
        while not self.accept("}"):
            declared: dict[str, Any] = {"name": self.take()}
            self.take(":")
            declared["vector"] = self.accept("[")
            declared["type"] = self.take()
            if declared["vector"]:
                self.take("]")
            declared["default"] = self.take() if self.accept("=") else None
            declared["attributes"] = self.attributes()
            self.take(";")
            fields.append(declared)
        self.schema.tables[name] = fields


def resolve(schema: Schema, fields: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The fields of a table as (id, name, kind, type, default, align, index_of); a union takes two ids, its type's first."""
    resolved = []
    slot = 0
    for declared in fields:
        of, vector, default = declared["type"], declared["vector"], declared["default"]
        if of in SCALARS:
            kind, of = ("VECTOR" if vector else "SCALAR"), SCALARS[of]
            value: Any = False if of == "?" else 0.0 if of[1] == "f" else 0
            if default is not None:
                value = {"true": True, "false": False}.get(default)
                value = type(1.0 if of[1] == "f" else 1)(default) if value is None else value
        elif of in schema.enums:
            kind = "ENUM_VECTOR" if vector else "ENUM"
            names = {number: name for name, number in schema.enums[of][1].items()}
            value = default or names[0]
        elif of == "string" and not vector:
            kind, value = "STRING", None
        elif of in schema.unions and not vector:
            kind, value = "UNION", None
            slot += 1
        elif of in schema.tables:
            kind, value = ("TABLE_VECTOR" if vector else "TABLE"), None
        else:
            raise TypeError(f"{declared['name']}: unknown type {of}")
        if vector:
            value = None
        attributes = declared["attributes"]
        align = int(attributes.get("force_align", 0))
        resolved.append((slot, declared["name"], kind, of, value, align, attributes.get("index_of")))
        slot += 1
    return resolved


def joined(schema: Schema, other: Schema) -> Schema:
    """What both declare, with the first one's root. Raises TypeError for a name that both have."""
    for part in ("enums", "unions", "tables"):
        both = getattr(schema, part).keys() & getattr(other, part).keys()
        if both:
            raise TypeError(f"declared twice: {', '.join(sorted(both))}")
        getattr(schema, part).update(getattr(other, part))
    return schema


def render(schema: Schema, metadata: Schema) -> str:
    schema = joined(schema, metadata)
    lines = [
        '"""GENERATED by schema/generate.py from schema/tflite.fbs and schema/metadata.fbs: do not edit."""',
        "",
        "from .fields import Field, Kind",
        "",
        f"ROOT = {schema.root!r}",
        f"IDENTIFIER = {schema.identifier.encode()!r}",
        f"METADATA_ROOT = {metadata.root!r}",
        f"METADATA_IDENTIFIER = {metadata.identifier.encode()!r}",
        "",
        "ENUMS: dict[str, tuple[str, dict[str, int]]] = {",
    ]
    for name, (base, values) in schema.enums.items():
        lines.append(f"    {name!r}: ({base!r}, {{")
        lines += [f"        {value!r}: {number}," for value, number in values.items()]
        lines.append("    }),")
    lines += ["}", "", "# A member's type code in a file is its place here, counted from 1.", "UNIONS: dict[str, tuple[str, ...]] = {"]
    for name, members in schema.unions.items():
        lines.append(f"    {name!r}: (")
        lines += [f"        {member!r}," for member in members]
        lines.append("    ),")
    lines += ["}", "", "TABLES: dict[str, tuple[Field, ...]] = {"]
    for name, fields in schema.tables.items():
        rows = resolve(schema, fields)
        if not rows:
            lines.append(f"    {name!r}: (),")
            continue
        lines.append(f"    {name!r}: (")
        for slot, field_name, kind, of, value, align, index_of in rows:
            extra = (f", align={align}" if align else "") + (f", index_of={index_of!r}" if index_of else "")
            lines.append(f"        Field({slot}, {field_name!r}, Kind.{kind}, {of!r}, {value!r}{extra}),")
        lines.append("    ),")
    lines += ["}", "", "# The options table of each builtin operator that has one.", "OPERATOR_OPTIONS: dict[str, str] = {"]
    lines += [f"    {operator!r}: {options!r}," for operator, options in schema.operator_options.items()]
    lines += ["}", ""]
    return "\n".join(lines).replace("'", '"')


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate schema/tables.py from schema/tflite.fbs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if tables.py is out of step")
    arguments = parser.parse_args()
    text = render(*(Parser((HERE / name).read_text()).parse() for name in ("tflite.fbs", "metadata.fbs")))
    target = HERE / "tables.py"
    if not arguments.check:
        target.write_text(text)
    elif not target.exists() or target.read_text() != text:
        print("schema/tables.py is not what the .fbs files say: run python schema/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
