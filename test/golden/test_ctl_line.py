# SPDX-License-Identifier: GPL-2.0-or-later
"""vipctl when the other end is not vipd, or not there, and vipctl's command line."""

import json
import re
import socket
import subprocess
import threading

import pytest

import ctl_models as models
from ctl_daemon import BUILD, NO_DAEMON, NOT_WELL, ROOT, USAGE, WELL, Daemon, ask, vipctl
from msgcodec import MSG_MAX, build


# ---- who is not vipd ----

def endless():
    frame = build("MSG_CTL_TEXT", level=2, text="x" * 400)
    while True:
        yield frame


def cut(frame):
    return [frame[:-1]]


def unterminated():
    frame = bytearray(models.end(0, "x"))
    frame[-160:] = b"y" * 160
    return [bytes(frame)]


def renamed(frame, kind):
    return [kind.to_bytes(2, "little") + frame[2:]]


INSTANCE = list(models.instance(1, "edge", models.MASTER))
SERVICE = list(models.service("ssh", "SERVING", [models.wanted("192.168.185.18")],
                              endpoints=[models.endpoint("10.0.0.1", 22, index=1)]))
HOSTILE = {
    "nothing": [],
    "no end": [models.node()],
    "garbage": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "one byte": [b"x"],
    "larger than a message": [b"\0" * (MSG_MAX + 1)],
    "a truncated struct": cut(models.node()),
    "a string without an end": unterminated(),
    "an unknown type": renamed(models.end(), 999),
    "a message of the engine": [build("MSG_HELLO")],
    "a message not meant for vipctl": [build("MSG_STOP")],
    "the node twice": [models.node(), models.node(), models.end()],
    "addresses without an instance": [build("MSG_CTL_ADDRESSES", id=1),
                                      models.end()],
    "addresses of another instance": [
        *INSTANCE, build("MSG_CTL_ADDRESSES", id=2), models.end()],
    "a Service in a Service": [SERVICE[0], SERVICE[0]],
    "a Service without its end": [SERVICE[0], models.end()],
    "a Service without its state": [*SERVICE[:3], SERVICE[-2], models.end()],
    "the state of another Service": [
        *SERVICE[:3], SERVICE[-2], *list(models.service("x", "SERVING"))[-1:],
        models.end()],
    "an endpoint of no port": [*SERVICE, models.end()],
    "addresses outside a Service": [SERVICE[1], models.end()],
    "a state out of range": [build("MSG_CTL_INSTANCE", state={"state": 9})],
    "a source out of range": [build("MSG_CTL_NODE", source={"source": 77})],
    "no node": [models.end()],
    "no end ever": endless(),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_who_does_not_answer_as_vipd_is_no_daemon(ask, what):
    done = ask(HOSTILE[what], "status")
    assert done.returncode == NO_DAEMON, done.stdout + done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"vipctl: .+\n", done.stderr), done.stderr


def test_silence_is_given_up_with_a_clear_message(ask):
    done = ask([models.node()], "status", linger=20)
    assert done.returncode == NO_DAEMON
    assert "has said nothing for 5 s" in done.stderr


def test_whoever_follows_events_sees_each_when_it_comes(tmp_path):
    """And no deadline ends that."""
    *frames, _ = models.events()
    hold = threading.Event()

    def one_by_one():
        yield frames[0]
        hold.wait(10)
        yield frames[1]

    daemon = Daemon(tmp_path, one_by_one(), linger=10)
    with subprocess.Popen([BUILD / "vipctl", "--socket", daemon.path, "events",
                           "--follow"], stdout=subprocess.PIPE, text=True) as follower:
        assert "started with" in follower.stdout.readline()
        hold.set()
        assert "INIT -> BACKUP" in follower.stdout.readline()
        assert daemon.request.arg == b"follow"
        follower.terminate()
    daemon.close()


def test_a_terminal_and_a_json_reader_are_not_at_the_mercy_of_names(ask):
    evil = b"\x1b]0;owned\x07\xff\xc2\x9b2J\xed\xa0\x80\n\xc3\xa9"
    frames = [models.node(config_error=evil), *models.service(
        "x", "FAILED", reason=evil), models.end()]
    for form in ("table", "wide", "json"):
        done = ask(frames, "-o", form, "status")
        assert done.returncode == NOT_WELL
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout), form
        assert "?]0;owned??" in done.stdout and "\xe9" in done.stdout
    assert json.loads(done.stdout)["services"][0]["reason"].endswith("?\xe9")


@pytest.mark.parametrize("code", [4, 255, 2**32 - 1])
def test_a_code_that_is_none_is_not_well(ask, code):
    assert ask([models.end(code, "odd")], "reload").returncode == NOT_WELL


# ---- nobody there ----

@pytest.mark.parametrize("make, says", [
    (lambda path: None, "no such socket"),
    (lambda path: path.write_text(""), "nobody listens"),
    (lambda path: stale(path, socket.SOCK_SEQPACKET), "nobody listens"),
    (lambda path: listening(path), "not a control socket"),
])
def test_no_daemon_is_exit_3_and_says_why(tmp_path, make, says):
    path = tmp_path / "control.sock"
    keep = make(path)
    done = vipctl("status", "--socket", path)
    assert done.returncode == NO_DAEMON and done.stdout == ""
    assert says in done.stderr and str(path) in done.stderr
    del keep


def stale(path, kind):
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(str(path))


def listening(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    sock.listen()
    return sock


# ---- check needs nobody ----

RIGHT = """vrrp_instance edge {
    interface eth0
    virtual_router_id 87
    virtual_ipaddress { 192.168.185.5/24 }
}
"""


@pytest.mark.parametrize("text, code, says", [
    (RIGHT, WELL, ""),
    (RIGHT.replace("87", "87\n    smtp_alert"), WELL, ":4:5: warning:"),
    (RIGHT.replace("virtual_router_id 87", "virtual_router_idd 87"), USAGE,
     ":3:5: error:"),
    (RIGHT.replace("interface", "priority 300\n    interface"), USAGE,
     ":2:14: error:"),
])
def test_check_prints_every_problem_and_needs_no_daemon(tmp_path, text, code, says):
    path = tmp_path / "vipd.conf"
    path.write_text(text)
    done = vipctl("check", path, "--socket", tmp_path / "nobody")
    assert done.returncode == code
    assert done.stdout == ("" if code else f"{path}: ok\n")
    assert all(line.startswith(f"{path}:") for line in done.stderr.splitlines())
    assert f"{path}{says}" in done.stderr if says else done.stderr == ""


def test_check_of_a_file_that_is_not_there_is_exit_2(tmp_path):
    done = vipctl("check", tmp_path / "vipd.conf")
    assert done.returncode == USAGE and "No such file" in done.stderr


# ---- the command line ----

@pytest.mark.parametrize("argv, says", [
    ("", "no command given"),
    ("frobnicate", "unknown command 'frobnicate'"),
    ("status now", "'now' is one word too many"),
    ("explain", "explain needs NS/NAME"),
    ("explain a/b c", "'c' is one word too many"),
    ("explain web", "NAMESPACE/NAME"),
    ("explain /web", "NAMESPACE/NAME"),
    ("explain a/b/c", "NAMESPACE/NAME"),
    ("status -o yaml", "the formats are table, wide and json"),
    ("status --problems", "status takes no --problems"),
    ("status --frob", "unknown option --frob"),
    ("status -x", "unknown option -x"),
    ("status -o", "-o needs a value"),
    ("handover", "handover needs INSTANCE"),
    ("handover edge --reason x", "handover takes no --reason"),
    ("drain --to n2", "drain takes no --to"),
    ("drain --reason", "--reason needs a value"),
    ("--socket", "--socket needs a value"),
    ("--socket " + "/x" * 60 + " status", "longer than"),
])
def test_wrong_usage_is_exit_2(argv, says):
    done = vipctl(*argv.split())
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert says in done.stderr


def test_a_full_disk_is_not_success():
    with open("/dev/full", "w") as full:
        done = subprocess.run([BUILD / "vipctl", "--help"], stdout=full,
                              stderr=subprocess.PIPE)
    assert done.returncode != WELL and b"standard output" in done.stderr


def commands():
    """{word: argument or ''} of the usage text, made from the table."""
    usage = vipctl("--help").stdout
    return dict(re.findall(r"^  ([a-z]\w*)(?: (\S+))? ", usage, re.M))


def long_options():
    return set(re.findall(r"--[a-z]+", vipctl("--help").stdout))


def completions(*words):
    """What bash offers behind `vipctl WORDS`; the last one is incomplete."""
    script = (
        'PATH="$1:$PATH"; source "$2"; shift 2; COMP_WORDS=(vipctl "$@"); '
        "COMP_CWORD=$#; COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}; "
        '_vipctl; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(
        ["bash", "-c", script, "bash", BUILD, ROOT / "conf/completion/vipctl",
         *words], capture_output=True, text=True, timeout=10)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def test_completion_offers_every_command_and_option():
    assert completions("") == set(commands())
    assert completions("st") == {"status"}
    assert completions("--") == long_options()
    assert completions("-o", "") == {"table", "wide", "json"}
    assert completions("status", "-o", "j") == {"json"}


def test_the_version_needs_no_daemon_and_is_json_for_programs():
    words, numbers = ([BUILD / "vipctl", "--socket", "/nowhere", *options, "version"]
                      for options in ((), ("-o", "json")))
    version = subprocess.check_output(words, text=True).removeprefix("vipctl ").strip()
    assert json.loads(subprocess.check_output(numbers)) == {"version": version}


def test_completion_offers_what_the_daemon_knows(ask):
    ask(models.well(), "version")
    assert completions("--socket", str(ask.daemon.path), "explain", "shop/") == \
        {"shop/web"}
    # worker-b's Lease is old, so a remedy stands below the table.
    ask([models.node(), models.peer("worker-a", here=1), models.peer("worker-b", seen_us=0),
         models.end()], "version")
    assert completions("--socket", str(ask.daemon.path), "handover", "edge", "--to", "") == \
        {"worker-a", "worker-b"}
    assert not completions("check", "--id", "")


def test_the_manual_names_every_command_and_option():
    page = (ROOT / "man/vipctl.8").read_text()
    named = set(re.findall(r"^\.It (?:Cm|Ic) (\w+)", page, re.M))
    assert named == set(commands())
    options = set(re.findall(r"Fl -(\w+)", page))
    assert {f"--{name}" for name in options} == long_options()


def test_the_manual_of_vipd_names_every_option():
    usage = subprocess.run([BUILD / "vipd", "-h"], capture_output=True, text=True)
    words = re.findall(r"^  --?([a-zA-Z][a-z-]*)", usage.stdout, re.M)
    page = (ROOT / "man/vipd.8").read_text()
    assert words and not [
        word for word in words
        if not re.search(rf"^\.It Fl {'-' if len(word) > 1 else ''}{word}\b", page,
                         re.M)]


@pytest.mark.parametrize("page", ["vipctl.8", "vipd.8"])
def test_the_manual_is_well_formed(page):
    done = subprocess.run(["mandoc", "-Tlint", ROOT / "man" / page],
                          capture_output=True, text=True)
    # Which other pages are installed, and indexed, is not the page's affair.
    assert not [line for line in (done.stdout + done.stderr).splitlines()
                if "referenced manual not found" not in line
                and "outdated mandoc.db" not in line]
