# SPDX-License-Identifier: GPL-2.0-or-later
"""HACKING.md's tables of the lines of the main job, of the protocol and of the contract with
the API: none is missing or empty, and every test they name exists."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = {
    "Main job": {"B": 10, "J": 17},
    "VRRP conformance": {"E": 8, "L": 8, "K": 7, "T": 9, "F": 3, "V": 16, "A": 6, "D": 8},
    "Kubernetes contract": {"S": 20, "E": 12, "N": 4, "L": 18, "A": 8, "W": 7, "LE": 7, "X": 5},
}
# What looks like a test there and is something else.
WORDS = {"v3_checksum_as_v2", "old_unicast_checksum", "claim_unclassed"}


def table(title):
    text = (ROOT / "HACKING.md").read_text().split(f"## {title}\n")[1]
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


@pytest.mark.parametrize("title", TABLES)
def test_every_line_has_a_row_that_says_something(title):
    rows = table(title)
    lines = [f"{letter}{n}" for letter, last in TABLES[title].items()
             for n in range(1, last + 1)]
    assert [line for line in lines if line not in rows] == []
    assert [line for line, held in rows.items() if len(held.strip()) < 10] == []


@pytest.mark.parametrize("title, line, held", [
    (title, line, held) for title in TABLES for line, held in table(title).items()])
def test_the_tests_of_a_line_exist(title, line, held):
    named = re.findall(r"`(\w{12,})`", held)
    assert set(named) - WORDS <= known_tests(), f"{title}, {line}"
    assert named or re.search("deviation|not applicable|kernel|test/lab", held)
