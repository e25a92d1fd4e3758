"""Plain C: the arrays, a table that says what they are, and a function that compares a buffer with one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Held, Settings
from ..vector import Vector, VectorSet
from ._c_text import array_text, c_string, c_type, comment, read_array

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()

_HEADER = """\
#ifndef {macro}_VECTORS_H
#define {macro}_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* An array, row by row. Quantized ones stand for scale * (element - zero point). */
typedef struct {{
    const char *name;           /* in this file, without what all names begin with */
    const char *role;           /* input, weights, bias, constant, state, output, acc, acc+bias, scaled, multiplier, shift, factor */
    const char *tensor;         /* its name in the model, in UTF-8 */
    const char *type;           /* INT8, FLOAT32, ... */
    int run;                    /* which run of the model it is of, or -1 for all */
    int rank;
    int64_t shape[{rank}];
    size_t count;               /* of elements */
    size_t element_size;        /* in bytes */
    char kind;                  /* of the elements: 'i' signed, 'u' unsigned, 'f' floating point */
    int scale_count;            /* 0: not quantized; 1; or one for each index along quantized_dimension */
    int quantized_dimension;
    const float *scales;
    const int64_t *zero_points;
    const void *data;
}} {name}_vector;

{declarations}
#define {macro}_VECTOR_COUNT {count}
extern const {name}_vector {name}_vectors[{count}];

/* Compares `actual`, of as many elements, with an array, bit for bit, and prints the first element that differs. Returns how many do. */
size_t {name}_check(const {name}_vector *expected, const void *actual);

#ifdef __cplusplus
}}
#endif

#endif
"""

_CHECK = """\
static void print_element(const {name}_vector *vector, const void *data, size_t index)
{{
    const unsigned char *at = (const unsigned char *)data + index * vector->element_size;
    if (vector->kind == 'f' && vector->element_size == sizeof(float)) {{
        float value;
        memcpy(&value, at, sizeof value);
        printf("%.9g", (double)value);
    }} else if (vector->kind == 'f' && vector->element_size == sizeof(double)) {{
        double value;
        memcpy(&value, at, sizeof value);
        printf("%.17g", value);
    }} else if (vector->kind == 'i') {{
        int8_t value8;
        int16_t value16;
        int32_t value32;
        int64_t value64 = 0;
        switch (vector->element_size) {{
        case 1: memcpy(&value8, at, 1); value64 = value8; break;
        case 2: memcpy(&value16, at, 2); value64 = value16; break;
        case 4: memcpy(&value32, at, 4); value64 = value32; break;
        default: memcpy(&value64, at, 8); break;
        }}
        printf("%lld", (long long)value64);
    }} else {{
        uint8_t value8;
        uint16_t value16;
        uint32_t value32;
        uint64_t value64 = 0;
        switch (vector->element_size) {{
        case 1: memcpy(&value8, at, 1); value64 = value8; break;
        case 2: memcpy(&value16, at, 2); value64 = value16; break;
        case 4: memcpy(&value32, at, 4); value64 = value32; break;
        default: memcpy(&value64, at, 8); break;
        }}
        printf("%llu", (unsigned long long)value64);
    }}
}}

size_t {name}_check(const {name}_vector *expected, const void *actual)
{{
    const size_t size = expected->element_size;
    size_t different = 0;
    size_t first = 0;
    for (size_t index = 0; index < expected->count; index++) {{
        if (memcmp((const unsigned char *)expected->data + index * size, (const unsigned char *)actual + index * size, size) != 0) {{
            if (different++ == 0) {{
                first = index;
            }}
        }}
    }}
    if (different != 0) {{
        size_t rest = first;
        int64_t place[{rank}] = {{0}};
        for (int axis = expected->rank - 1; axis >= 0; axis--) {{
            place[axis] = (int64_t)(rest % (size_t)expected->shape[axis]);
            rest /= (size_t)expected->shape[axis];
        }}
        printf("%s: %lu of %lu elements differ, first at [", expected->name, (unsigned long)different, (unsigned long)expected->count);
        for (int axis = 0; axis < expected->rank; axis++) {{
            printf("%s%lld", axis ? ", " : "", (long long)place[axis]);
        }}
        printf("]: expected ");
        print_element(expected, expected->data, first);
        printf(", got ");
        print_element(expected, actual, first);
        printf("\\n");
    }}
    return different;
}}
"""


def write(made: VectorSet, settings: Settings) -> list[File]:
    stems = list(made.stems())
    rank = max([1, *(vector.values.ndim for _, vector in stems)])
    declarations, arrays, rows, held = [], [], [], []
    for stem, vector in stems:
        name = f"{made.name}_{stem}"
        declarations.append(f"extern const {c_type(vector)} {name}[{max(vector.values.size, 1)}];\n")
        arrays.append(array_text(name, vector))
        if vector.scale:
            scales, zeros = _parameters(vector)
            arrays += [array_text(f"{name}_scales", scales, "static const"), array_text(f"{name}_zero_points", zeros, "static const")]
        rows.append(_row(name, stem, vector))
        held.append(Held(vector, {"array": name}))
    names = {"name": made.name, "macro": made.name.upper(), "rank": rank, "count": len(rows)}
    header = comment(settings.said) + _HEADER.format(**names, declarations="".join(declarations))
    source = [
        comment(settings.said), '#include "vectors.h"\n\n#include <math.h>\n#include <stdio.h>\n#include <string.h>\n', *arrays,
        f"const {made.name}_vector {made.name}_vectors[{len(rows)}] = {{\n{''.join(rows)}}};\n", _CHECK.format(**names),
    ]  # fmt: skip
    return [File("vectors.h", header.encode()), File("vectors.c", "\n".join(source).encode(), tuple(held))]


def _parameters(vector: Vector) -> tuple[Vector, Vector]:
    """Its scales and zero points as arrays."""
    return (
        Vector("scales", "", np.array(vector.scale, np.float32), "FLOAT32"),
        Vector("zero_points", "", np.array(vector.zero_point, np.int64), "INT64"),
    )


def _row(name: str, stem: str, vector: Vector) -> str:
    shape = ", ".join(map(str, vector.values.shape)) or "0"
    kind = "f" if vector.type in ("FLOAT32", "FLOAT64") else "i" if vector.values.dtype.kind == "i" else "u"
    quantized = f"{name}_scales, {name}_zero_points" if vector.scale else "NULL, NULL"
    return (
        f"    {{{c_string(stem)}, {c_string(vector.role)}, {c_string(vector.tensor)}, {c_string(vector.type)}, "
        f"{-1 if vector.case is None else vector.case}, {vector.values.ndim}, {{{shape}}}, {vector.values.size}, "
        f"{vector.values.dtype.itemsize}, '{kind}', {len(vector.scale)}, {vector.quantized_dimension}, {quantized}, {name}}},\n"
    )


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return read_array(content, str(held.get("array")), held)
