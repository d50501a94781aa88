"""The classes of `schemas/nv.proto`, without a compiler.

Classes that a protobuf compiler wrote need a runtime of their version; these take any, and a pool
of their own, so that an application may have its own messages of that name.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

_FIELD_KINDS = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _FIELD_KINDS.TYPE_STRING,
    "float": _FIELD_KINDS.TYPE_FLOAT,
    "double": _FIELD_KINDS.TYPE_DOUBLE,
}
_MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^ +(repeated )?(map<string, string>|[\w.]+) (\w+) = ([0-9]+);", re.MULTILINE)
_MAP = "map<string, string>"


def message_class(name: str) -> Any:
    """The class of one message of the schema, as `Frame`."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(_file().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"nv.{name}"))


def _file() -> Any:
    """The schema as a descriptor: it reads what stands in that one file, not all of the grammar."""
    text = files("penstock.messages").joinpath("schemas/nv.proto").read_text()
    file = descriptor_pb2.FileDescriptorProto(
        name="penstock/nv.proto",
        package="nv",
        syntax="proto3",
        dependency=[timestamp_pb2.DESCRIPTOR.name],
    )
    for message_name, body in _MESSAGE.findall(text):
        message = file.message_type.add(name=message_name)
        for repeated, kind, field_name, number in _FIELD.findall(body):
            field = message.field.add(name=field_name, number=int(number))
            many = repeated or kind == _MAP
            field.label = _FIELD_KINDS.LABEL_REPEATED if many else _FIELD_KINDS.LABEL_OPTIONAL
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
                continue
            field.type = _FIELD_KINDS.TYPE_MESSAGE
            name = _add_entry(message, field_name) if kind == _MAP else kind
            field.type_name = f".{name}" if "." in name else f".nv.{name}"
    return file


def _add_entry(message: Any, field_name: str) -> str:
    """The message behind a map of texts, as the grammar's own name for it demands."""
    entry = message.nested_type.add(name=f"{field_name[0].upper()}{field_name[1:]}Entry")
    entry.options.map_entry = True
    for number, name in enumerate(("key", "value"), start=1):
        entry.field.add(
            name=name,
            number=number,
            label=_FIELD_KINDS.LABEL_OPTIONAL,
            type=_FIELD_KINDS.TYPE_STRING,
        )
    return f"nv.{message.name}.{entry.name}"
