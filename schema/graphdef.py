"""The protocol buffers of TensorFlow's graphs and checkpoints, and of toco's flags, as data.

Each message has its fields by number, with name and kind. A kind is a scalar type of protocol buffers, or the name of a message; "*" in
front marks a repeated field, "map" one that holds pairs of a text and a message.
"""

from __future__ import annotations

__all__ = ["DATA_TYPES", "IO_TYPES", "MESSAGES", "TYPES"]

Fields = dict[int, tuple[str, str]]

MESSAGES: dict[str, Fields] = {
    "GraphDef": {1: ("node", "*NodeDef"), 2: ("library", "FunctionDefLibrary"), 3: ("version", "int32"), 4: ("versions", "VersionDef")},
    "VersionDef": {1: ("producer", "int32"), 2: ("min_consumer", "int32"), 3: ("bad_consumers", "*int32")},
    "NodeDef": {1: ("name", "string"), 2: ("op", "string"), 3: ("input", "*string"), 4: ("device", "string"), 5: ("attr", "map AttrValue")},
    "AttrValue": {
        1: ("list", "AttrValue.ListValue"), 2: ("s", "bytes"), 3: ("i", "int64"), 4: ("f", "float"), 5: ("b", "bool"), 6: ("type", "enum"),
        7: ("shape", "TensorShapeProto"), 8: ("tensor", "TensorProto"), 9: ("placeholder", "string"), 10: ("func", "NameAttrList"),
    },
    "AttrValue.ListValue": {
        2: ("s", "*bytes"), 3: ("i", "*int64"), 4: ("f", "*float"), 5: ("b", "*bool"), 6: ("type", "*enum"),
        7: ("shape", "*TensorShapeProto"), 8: ("tensor", "*TensorProto"), 9: ("func", "*NameAttrList"),
    },
    "NameAttrList": {1: ("name", "string"), 2: ("attr", "map AttrValue")},
    "TensorShapeProto": {2: ("dim", "*TensorShapeProto.Dim"), 3: ("unknown_rank", "bool")},
    "TensorShapeProto.Dim": {1: ("size", "int64"), 2: ("name", "string")},
    "TensorProto": {
        1: ("dtype", "enum"), 2: ("tensor_shape", "TensorShapeProto"), 3: ("version_number", "int32"), 4: ("tensor_content", "bytes"),
        5: ("float_val", "*float"), 6: ("double_val", "*double"), 7: ("int_val", "*int32"), 8: ("string_val", "*bytes"),
        9: ("scomplex_val", "*float"), 10: ("int64_val", "*int64"), 11: ("bool_val", "*bool"), 12: ("dcomplex_val", "*double"),
        13: ("half_val", "*int32"), 16: ("uint32_val", "*uint32"), 17: ("uint64_val", "*uint64"), 18: ("float8_val", "bytes"),
    },
    "FunctionDefLibrary": {1: ("function", "*FunctionDef"), 2: ("gradient", "*GradientDef")},
    "GradientDef": {1: ("function_name", "string"), 2: ("gradient_func", "string")},
    "FunctionDef": {
        1: ("signature", "OpDef"), 3: ("node_def", "*NodeDef"), 4: ("ret", "map string"), 5: ("attr", "map AttrValue"),
        6: ("control_ret", "map string"), 7: ("arg_attr", "*FunctionDef.ArgAttrEntry"),
    },
    "FunctionDef.ArgAttrEntry": {1: ("key", "uint32"), 2: ("value", "FunctionDef.ArgAttrs")},
    "FunctionDef.ArgAttrs": {1: ("attr", "map AttrValue")},
    "OpDef": {1: ("name", "string"), 2: ("input_arg", "*OpDef.ArgDef"), 3: ("output_arg", "*OpDef.ArgDef"), 17: ("is_stateful", "bool")},
    "OpDef.ArgDef": {
        1: ("name", "string"), 2: ("description", "string"), 3: ("type", "enum"), 4: ("type_attr", "string"), 5: ("number_attr", "string"),
        6: ("type_list_attr", "string"), 16: ("is_ref", "bool"),
    },
    "SavedModel": {1: ("saved_model_schema_version", "int64"), 2: ("meta_graphs", "*MetaGraphDef")},
    "MetaGraphDef": {
        1: ("meta_info_def", "MetaGraphDef.MetaInfoDef"), 2: ("graph_def", "GraphDef"), 5: ("signature_def", "map SignatureDef"),
        7: ("object_graph_def", "bytes"),
    },
    "MetaGraphDef.MetaInfoDef": {1: ("meta_graph_version", "string"), 4: ("tags", "*string"), 5: ("tensorflow_version", "string")},
    "SignatureDef": {1: ("inputs", "map TensorInfo"), 2: ("outputs", "map TensorInfo"), 3: ("method_name", "string")},
    "TensorInfo": {1: ("name", "string"), 2: ("dtype", "enum"), 3: ("tensor_shape", "TensorShapeProto")},
    # Of checkpoints: the first entry and the others in the index of version 2, and the first entry of version 1.
    "BundleHeaderProto": {1: ("num_shards", "int32"), 2: ("endianness", "enum"), 3: ("version", "VersionDef")},
    "BundleEntryProto": {
        1: ("dtype", "enum"), 2: ("shape", "TensorShapeProto"), 3: ("shard_id", "int32"), 4: ("offset", "int64"), 5: ("size", "int64"),
        6: ("crc32c", "fixed32"),
    },
    "SavedTensorSlices": {1: ("meta", "SavedTensorSliceMeta")},
    "SavedTensorSliceMeta": {1: ("tensor", "*SavedSliceMeta"), 2: ("versions", "VersionDef")},
    "SavedSliceMeta": {1: ("name", "string"), 2: ("shape", "TensorShapeProto"), 3: ("type", "enum")},
    # Of toco: what --model_flags_file holds.
    "ModelFlags": {
        1: ("input_arrays", "*InputArray"), 2: ("output_arrays", "*string"), 10: ("variable_batch", "bool"),
        12: ("rnn_states", "*RnnState"), 14: ("model_checks", "*ModelFlags.ModelCheck"), 16: ("allow_nonexistent_arrays", "bool"),
        17: ("allow_nonascii_arrays", "bool"),
        18: ("arrays_extra_info", "ArraysExtraInfo"), 19: ("change_concat_input_ranges", "bool"),
    },
    "InputArray": {
        1: ("name", "string"), 3: ("mean_value", "float"), 4: ("std_value", "float"), 5: ("data_type", "io_type"),
        6: ("shape", "InputArrayShape"),
    },
    "InputArrayShape": {2: ("dims", "*int32"), 3: ("unknown_rank", "bool")},
    "RnnState": {1: ("state_array", "string"), 2: ("back_edge_source_array", "string")},
    "ModelFlags.ModelCheck": {1: ("count_type", "string"), 2: ("count_min", "int32"), 3: ("count_max", "int32")},
    "ArraysExtraInfo": {1: ("entries", "*ArraysExtraInfo.Entry")},
    "ArraysExtraInfo.Entry": {1: ("name", "string"), 2: ("min", "double"), 3: ("max", "double")},
}  # fmt: skip

# TensorFlow's DataType by number: what it calls them behind DT_, and what .tflite files do. 100 more is a reference to one.
TYPES = {
    0: ("INVALID", "INVALID"), 1: ("FLOAT", "FLOAT32"), 2: ("DOUBLE", "FLOAT64"), 19: ("HALF", "FLOAT16"),
    **{number: (name, name) for number, name in {
        3: "INT32", 4: "UINT8", 5: "INT16", 6: "INT8", 7: "STRING", 8: "COMPLEX64", 9: "INT64", 10: "BOOL", 11: "QINT8",
        12: "QUINT8", 13: "QINT32", 14: "BFLOAT16", 15: "QINT16", 16: "QUINT16", 17: "UINT16", 18: "COMPLEX128", 20: "RESOURCE",
        21: "VARIANT", 22: "UINT32", 23: "UINT64", 24: "FLOAT8_E5M2", 25: "FLOAT8_E4M3FN", 26: "FLOAT8_E4M3FNUZ",
        27: "FLOAT8_E4M3B11FNUZ", 28: "FLOAT8_E5M2FNUZ", 29: "INT4", 30: "UINT4", 31: "INT2", 32: "UINT2", 33: "FLOAT4_E2M1FN",
    }.items()},
}  # fmt: skip
DATA_TYPES = {number: name for number, (_, name) in TYPES.items()}

# Toco's IODataType, the kind "io_type", by number.
IO_TYPES = dict(enumerate([
    "IO_DATA_TYPE_UNKNOWN", "FLOAT", "QUANTIZED_UINT8", "INT32", "INT64", "STRING", "QUANTIZED_INT16", "BOOL", "COMPLEX64",
    "QUANTIZED_INT8", "FLOAT16", "FLOAT64", "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT8", "INT8", "INT16", "UINT16",
]))  # fmt: skip
