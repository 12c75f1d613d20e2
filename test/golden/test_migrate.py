# SPDX-License-Identifier: GPL-2.0-or-later
"""vipctl check --keepalived: every keyword of keepalived has an answer.

keepalived/NAME.conf is a file of keepalived's users, NAME.table what vipctl
says of it; keywords.txt names each keyword and what vipd does with it.
VIPD_GOLDEN_UPDATE=1 writes the tables anew: read the difference.
"""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIPD_BUILD", ROOT / "build")).resolve()
GOLDEN = ROOT / "test/golden/keepalived"
CASES = sorted(path.stem for path in GOLDEN.glob("*.conf"))
CODES = {"same": 0, "differs": 1, "ignored": 1, "refused": 2}
RANKS = ("refused", "differs", "ignored", "same")  # the table's order
CLASSES = ("has", "implied", "ignored", "refused")

NAMED = ("vrrp_instance", "vrrp_sync_group", "vrrp_script", "vrrp_track_file",
         "vrrp_track_process")


def check(path, *options, cwd=GOLDEN):
    return subprocess.run([BUILD / "vipctl", "check", "--keepalived", path, *options],
                          cwd=cwd, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_explained_as_recorded(name):
    done = check(f"{name}.conf")
    table = GOLDEN / f"{name}.table"
    if os.environ.get("VIPD_GOLDEN_UPDATE"):
        table.write_text(done.stdout + done.stderr)
    assert done.stdout + done.stderr == table.read_text()


@pytest.mark.parametrize("name", CASES)
def test_json_says_the_same_as_the_table(name):
    told = json.loads(check(f"{name}.conf", "-o", "json").stdout)
    done = check(f"{name}.conf")
    assert done.returncode == CODES[told["verdict"]]
    assert told["file"] == f"{name}.conf"
    lines = done.stdout.splitlines()[3:]
    lines = lines[:lines.index("")]
    assert [line.split()[0] for line in lines] == \
        [entry["keyword"] for entry in told["keywords"]]
    ranks = [RANKS.index(entry["verdict"]) for entry in told["keywords"]]
    assert ranks == sorted(ranks)
    assert told["counts"] == {verdict: sum(
        entry["verdict"] == verdict for entry in told["keywords"]) for verdict in RANKS}
    for entry in told["keywords"]:
        assert entry["verdict"] in CODES and entry["places"]
        assert entry["note"] or entry["verdict"] == "same"


def keywords():
    for line in (GOLDEN / "keywords.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            block, kind, *words = line.split()
            assert kind in CLASSES
            yield from ((block, kind, word) for word in words)


def text_with(block, word):
    """A file with the keyword, alone, in its block; its arguments are missing."""
    if block == "root":
        return f"{word}\n"
    if block == "virtual_ipaddress":
        return f"vrrp_instance a {{\nvirtual_ipaddress {{\n192.0.2.1 {word}\n}}\n}}\n"
    if block == "virtual_routes":
        return f"vrrp_instance a {{\nvirtual_routes {{\n192.0.2.0/24 {word}\n}}\n}}\n"
    name = " a" if block in NAMED else ""
    return f"{block}{name} {{\n{word}\n}}\n"


@pytest.mark.parametrize("block, kind, word", list(keywords()))
def test_every_keyword_is_accounted_for(block, kind, word, tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text(text_with(block, word))
    done = check(path, "-o", "json")
    if word == "include":
        assert "include takes one FILE" in done.stderr
        return
    told = {entry["keyword"]: entry for entry in json.loads(done.stdout)["keywords"]}
    entry = told[word]
    assert "unknown keyword" not in entry["note"]
    assert "keepalived has it elsewhere" not in entry["note"]
    if kind == "has":  # what is wrong is its missing argument
        assert "does not support" not in entry["note"]
        assert entry["verdict"] != "ignored"
    elif kind == "implied":
        assert (entry["verdict"], entry["note"]) == ("same", "vipd does so anyway")
    else:
        assert entry["verdict"] == kind and entry["note"]


def test_a_misspelt_keyword_is_named_with_the_right_one(tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text("vrrp_instance a {\n    virtual_ruoter_id 1\n}\n")
    done = check(path)
    assert done.returncode == 2
    assert "did you mean virtual_router_id?" in done.stdout


def test_a_file_that_vipd_runs_as_it_is_is_exit_0(tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text("vrrp_instance a {\n state BACKUP\n interface eth0\n"
                    " virtual_router_id 5\n accept\n"
                    " virtual_ipaddress {\n 192.0.2.1/24\n }\n}\n")
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{path}: vipd runs it: 6 the same\n\n")
    assert "Next: on a router that is BACKUP" in done.stdout


def test_lines_of_another_id_are_not_there(tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text("@left vrrp_instance\n@right global_defs { }\n")
    assert "vrrp_instance needs a NAME" in check(path, "--id", "left").stdout
    assert check(path, "--id", "right").returncode == 0


def test_a_file_that_is_not_there_is_exit_2(tmp_path):
    done = check(tmp_path / "none.conf")
    assert done.returncode == 2
    assert "cannot read: No such file or directory" in done.stderr
