# SPDX-License-Identifier: GPL-2.0-or-later
"""lib/msg.h as a format: what a compiler does not say of it."""

import ctypes
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

import msgcodec


@pytest.mark.parametrize("kind", msgcodec.TYPES)
def test_records_lie_where_they_may_be_read_in_place(kind):
    name, head, record = msgcodec.TYPES[kind]
    if record is None:
        return
    start = ctypes.sizeof(msgcodec.STRUCT["msg_header"])
    start += ctypes.sizeof(head) if head else 0
    assert start % ctypes.alignment(record) == 0, name
