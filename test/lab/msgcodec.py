# SPDX-License-Identifier: GPL-2.0-or-later
"""lib/msg.h in Python: the messages between vipd's processes, both ways.

Enums, structs and sizes are read from lib/ipaddr.h and lib/msg.h, what a type
carries from the table in lib/msg.c, so this file cannot fall behind them:

    build("MSG_CTL_END", code=0)                     -> bytes
    build("MSG_INSTANCE_ADVERTISED", records=[ipaddr("192.0.2.1")], id=7)
    parse(data)                                      -> Message

Every enum constant is in ENUM (ENUM["VRRP_MASTER"]), every struct a
ctypes.Structure in STRUCT (STRUCT["msg_state"]), laid out as the compiler does.
"""

import ctypes
import ipaddress
import pathlib
import re
import socket

LIB = pathlib.Path(__file__).resolve().parents[2] / "lib"
MSG_MAX = 16384

SCALARS = {
    "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64,
    "int32_t": ctypes.c_int32, "char": ctypes.c_char,
}
ENUM = {}
STRUCT = {}
# {type: (name, head struct or None, record struct or None)}
TYPES = {}


def source(name):
    """A file of lib/ without its comments."""
    return re.sub(r"/\*.*?\*/", "", (LIB / name).read_text(), flags=re.S)


def read_enums(text):
    for match in re.finditer(r"^#define (\w+) (\d+)\s*$", text, re.M):
        ENUM[match[1]] = int(match[2])
    for match in re.finditer(r"^enum \w+ \{(.*?)\};", text, re.M | re.S):
        value = -1
        for item in filter(None, map(str.strip, match[1].split(","))):
            name, _, given = map(str.strip, item.partition("="))
            value = int(given) if given else value + 1
            ENUM[name] = value


def read_structs(text):
    for match in re.finditer(r"^struct (\w+) \{\n(.*?)^\};", text, re.M | re.S):
        fields = []
        for kind, name, size in re.findall(
                r"^\t(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?;", match[2], re.M):
            ctype = SCALARS.get(kind) or STRUCT.get(kind)
            if ctype and size:
                ctype *= int(size) if size.isdigit() else ENUM[size]
            fields.append((name, ctype))
        if all(ctype for _, ctype in fields):  # no pointers: it travels
            STRUCT[match[1]] = type(match[1], (ctypes.Structure,),
                                    {"_fields_": fields})


def read_types(text):
    def struct_of(words):
        if "REF" in words:
            return STRUCT["msg_instance_ref"]
        return STRUCT[words.split()[-1]] if "struct" in words else None

    size = r"(?:sizeof\()?([\w ]+)\)?"
    for name, head, record in re.findall(
            rf"^ROW\((\w+), {size}, {size}, (?:PEER|CHILD)", text, re.M):
        TYPES[ENUM[name]] = (name, struct_of(head), struct_of(record))


for header in ("ipaddr.h", "msg.h"):
    read_enums(source(header))
    read_structs(source(header))
read_types((LIB / "msg.c").read_text())
assert len(TYPES) == ENUM["MSG_TYPE_COUNT"] - 1, "lib/msg.c is not understood"


def make(struct, **values):
    """A struct of that name; strings and addresses are written as text."""
    made = STRUCT[struct]() if isinstance(struct, str) else struct()
    for name, value in values.items():
        kind = dict(made._fields_)[name]
        if isinstance(value, dict):
            value = make(kind, **value)
        elif kind is STRUCT["ipaddr"]:
            value = ipaddr(value)
        elif isinstance(value, str) and issubclass(kind, ctypes.Array):
            value = value.encode()
        elif isinstance(value, str):
            value = ENUM[value]
        elif isinstance(value, bytes) and not hasattr(kind, "value"):
            value = kind(*value)
        setattr(made, name, value)
    return made


def ipaddr(text):
    if isinstance(text, STRUCT["ipaddr"]):
        return text
    made = STRUCT["ipaddr"]()
    if text:
        parsed = ipaddress.ip_address(text)
        made.family = socket.AF_INET if parsed.version == 4 else socket.AF_INET6
        ctypes.memmove(made.bytes, parsed.packed, len(parsed.packed))
    return made


def ipaddr_text(addr):
    if not addr.family:
        return ""
    return socket.inet_ntop(
        addr.family, bytes(addr.bytes)[:4 if addr.family == socket.AF_INET else 16])


class Message:
    """A message taken apart: name, seq, head (or None), records."""

    def __init__(self, name, seq, head, records):
        self.name, self.seq, self.head, self.records = name, seq, head, records


def build(name, /, records=(), seq=0, **head):
    """The bytes of a message. A record is a struct or a dict of its fields."""
    kind = ENUM[name]
    _, head_struct, record_struct = TYPES[kind]
    data = bytes(STRUCT["msg_header"](kind, len(records), seq))
    if head_struct:
        data += bytes(make(head_struct, **head))
    for record in records:
        data += bytes(make(record_struct, **record)
                      if isinstance(record, dict) else record)
    assert len(data) <= MSG_MAX, f"{name}: {len(data)} bytes"
    return data


def parse(data):
    header = STRUCT["msg_header"].from_buffer_copy(data)
    name, head_struct, record_struct = TYPES[header.type]
    at = ctypes.sizeof(header)
    head = None
    if head_struct:
        head = head_struct.from_buffer_copy(data, at)
        at += ctypes.sizeof(head_struct)
    records = []
    for _ in range(header.count):
        records.append(record_struct.from_buffer_copy(data, at))
        at += ctypes.sizeof(record_struct)
    if at != len(data):
        raise ValueError(f"{name}: {len(data)} bytes, {at} expected")
    return Message(name, header.seq, head, records)
