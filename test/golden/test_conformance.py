# SPDX-License-Identifier: GPL-2.0-or-later
"""HACKING.md's table of the protocol's lines: none is missing or empty, and
every test it names exists."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = [f"{letter}{n}" for letter, last in
         {"E": 8, "L": 8, "K": 7, "T": 9, "F": 3, "V": 16, "A": 6, "D": 8}.items()
         for n in range(1, last + 1)]


def table():
    text = (ROOT / "HACKING.md").read_text().split("## VRRP conformance\n")[1]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text.split("\n## ")[0],
                      re.M)
    return {line: held for line, _, held in rows[1:]}


def known_tests():
    names = set()
    for path in (ROOT / "test").rglob("*"):
        if path.suffix == ".c":
            names |= set(re.findall(r"START_TEST\(\s*(\w+)\s*\)", path.read_text()))
        elif path.suffix == ".py":
            names |= set(re.findall(r"^def (test_\w+)", path.read_text(), re.M))
    return names


def test_every_line_has_a_row_that_says_something():
    rows = table()
    assert [line for line in LINES if line not in rows] == []
    assert [line for line, held in rows.items() if len(held.strip()) < 10] == []


@pytest.mark.parametrize("line, held", table().items())
def test_the_tests_of_a_line_exist(line, held):
    named = re.findall(r"`(\w{12,})`", held)
    words = {"v3_checksum_as_v2", "old_unicast_checksum"}
    assert set(named) - words <= known_tests()
    assert named or re.search("deviation|not applicable|kernel|test/lab", held)
