# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations: what `vipd -t` prints and refuses, byte for byte.

conf/NAME.conf is read; NAME.ok is its canonical form (exit code 0), NAME.err
what standard error said. Without NAME.ok it is refused (exit code 2).
VIPD_GOLDEN_UPDATE=1 writes them anew: read the difference.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIPD_BUILD", ROOT / "build")).resolve()
GOLDEN = ROOT / "test/golden/conf"
CASES = sorted(path.stem for path in GOLDEN.glob("*.conf"))
SHIPPED = sorted([ROOT / "conf/vipd.conf", *ROOT.glob("conf/examples/*.conf")])
MANUAL = ROOT / "man/vipd.conf.5"


def check(path, *options, cwd=GOLDEN):
    return subprocess.run([BUILD / "vipd", "-t", "-f", path, *options], cwd=cwd,
                          capture_output=True, text=True, timeout=30)


def manual_examples():
    """The displays of the EXAMPLES section, as a reader would copy them."""
    section = MANUAL.read_text().split(".Sh EXAMPLES\n")[1].split(".Sh ")[0]
    return [text.replace(r"\e", "\\").replace(r"\&", "")
            for text in re.findall(r"\.Bd .*\n((?:.*\n)*?)\.Ed", section)]


def expect(path, text):
    """Holds text against a golden file; no file and no text are the same."""
    if os.environ.get("VIPD_GOLDEN_UPDATE"):
        if text:
            path.write_text(text)
        else:
            path.unlink(missing_ok=True)
    assert text == (path.read_text() if path.exists() else "")


@pytest.mark.parametrize("name", CASES)
def test_a_configuration_prints_and_complains_as_recorded(name):
    done = check(f"{name}.conf", "-i", "here")
    expect(GOLDEN / f"{name}.ok", done.stdout)
    expect(GOLDEN / f"{name}.err", done.stderr)
    assert done.returncode == (0 if (GOLDEN / f"{name}.ok").exists() else 2)


@pytest.mark.parametrize("name", CASES)
def test_every_error_has_a_place_and_the_places_are_in_order(name):
    err = GOLDEN / f"{name}.err"
    places = []
    for line in err.read_text().splitlines() if err.exists() else []:
        found = re.fullmatch(r"([^:]+):(\d+):(\d+): (error|warning): .+", line)
        assert found, line
        if found[1] == f"{name}.conf":
            places.append((int(found[2]), int(found[3])))
    assert places == sorted(places)


@pytest.mark.parametrize(
    "name", [name for name in CASES if (GOLDEN / f"{name}.ok").exists()])
def test_the_canonical_form_reads_back_as_itself(name, tmp_path):
    text = (GOLDEN / f"{name}.ok").read_text()
    again = tmp_path / "again.conf"
    again.write_text(text)
    done = check(again)
    assert " error: " not in done.stderr
    assert done.stdout == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_shipped_has_no_fault(path):
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", manual_examples(), ids=lambda text: text.split()[1])
@pytest.mark.parametrize("config_id", ["worker-a", "worker-b"])
def test_the_examples_of_the_manual_have_no_fault(text, config_id, tmp_path):
    path = tmp_path / "example.conf"
    path.write_text(text)
    done = check(path, "-i", config_id)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_default_id_is_the_first_label_of_the_host_name(tmp_path):
    name = os.uname().nodename.split(".")[0]
    path = tmp_path / "id.conf"
    path.write_text(f"@{name} global_defs {{ router_id yes }}\n"
                    f"@^{name} global_defs {{ router_id no }}\n")
    assert "router_id yes" in check(path).stdout


def test_names_and_sequences_are_what_is_written_out():
    replaced, written = (check(ROOT / f"test/golden/vars/{name}.conf", "-i", "here")
                         for name in ("replaced", "written"))
    assert (replaced.returncode, replaced.stderr) == (0, "")
    assert replaced.stdout == written.stdout


def test_a_name_may_come_from_the_environment_and_from_a_file_before(tmp_path, monkeypatch):
    (tmp_path / "names.conf").write_text("$VRID=7\n$HERE=${_PWD}\n")
    path = tmp_path / "vipd.conf"
    path.write_text("include names.conf\nglobal_defs { router_id ${HERE} }\n"
                    "vrrp_instance a { interface ${_ENV VIPD_TEST_IF}\n"
                    "virtual_router_id $VRID\nvirtual_ipaddress { 192.0.2.1 } }\n")
    monkeypatch.setenv("VIPD_TEST_IF", "lan7")
    shown = check(path).stdout
    assert "interface lan7\n" in shown and "virtual_router_id 7\n" in shown
    assert f"router_id {tmp_path}\n" in shown


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    done = check(tmp_path / "none.conf")
    assert done.returncode == 2
    assert done.stderr == (f"{tmp_path}/none.conf: error: cannot read: "
                           "No such file or directory\n")


def test_a_key_file_is_read_only_if_nobody_else_can(tmp_path):
    """auth_hmac; no message tells the key."""
    secret = "0123456789abcdef" * 4
    key = tmp_path / "key"
    key.write_text(f"hex:{secret}\n")
    path = tmp_path / "vipd.conf"
    path.write_text("vrrp_instance a { interface eth0 virtual_router_id 1\n"
                    "auth_hmac { key 1 file:key active_key 1 }\n"
                    "virtual_ipaddress { 192.0.2.5 } }\n")
    key.chmod(0o600)
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"key 1 file:{key}\n" in done.stdout and secret not in done.stdout
    for mode in (0o640, 0o604, 0o620):
        key.chmod(mode)
        done = check(path)
        assert done.returncode == 2
        assert f"{key}: others may read or change it (chmod 600)" in done.stderr
        assert secret not in done.stderr
    key.chmod(0o600)
    key.write_text("short\n")
    assert "a key has 32 to 64 bytes" in check(path).stderr
    key.unlink()
    assert "No such file or directory" in check(path).stderr
    key.mkdir()
    assert "no regular file" in check(path).stderr
