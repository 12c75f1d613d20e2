# SPDX-License-Identifier: GPL-2.0-or-later
"""vipctl against a daemon made of recorded answers: what it prints, byte for
byte, and what it does when the other end is not vipd at all.

VIPD_GOLDEN_UPDATE=1 writes test/golden/ctl anew: read the difference.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import socket
import struct
import subprocess
import termios
import threading

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import ctl_models as models
from msgcodec import ENUM, MSG_MAX, build, parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIPD_BUILD", ROOT / "build")).resolve()
GOLDEN = ROOT / "test/golden/ctl"
WELL, NOT_WELL, USAGE, NO_DAEMON = range(4)


class Daemon:
    """Answers the first request with `frames`, bytes or what yields them."""

    def __init__(self, directory, frames, linger=0):
        self.path = directory / "control.sock"
        self.frames = frames
        self.linger = linger
        self.request = None
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.server.bind(str(self.path))
        self.server.listen()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            client, _ = self.server.accept()
        except OSError:  # closed before anybody asked
            return
        with client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.request = parse(client.recv(MSG_MAX)).head
            for frame in self.frames:
                client.send(frame)
            if self.linger:
                self.done.wait(self.linger)

    def close(self):
        self.done.set()
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)


def vipctl(*argv, **kwargs):
    return subprocess.run([BUILD / "vipctl", *argv], capture_output=True, text=True,
                          timeout=30, **kwargs)


@pytest.fixture
def ask(tmp_path):
    """ask(frames, argv...) -> CompletedProcess; the Daemon is ask.daemon."""
    daemons = []

    def run(frames, *argv, linger=0, **kwargs):
        for daemon in daemons:
            daemon.path.unlink(missing_ok=True)
        daemons.append(Daemon(tmp_path, frames, linger))
        run.daemon = daemons[-1]
        return vipctl("--socket", daemons[-1].path, *argv, **kwargs)

    yield run
    for daemon in daemons:
        daemon.close()


def same(name, text):
    path = GOLDEN / name
    if os.environ.get("VIPD_GOLDEN_UPDATE"):
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs"


NOTHING = [models.node(has_services=0), models.end()]
NO_SERVICES = [models.node(), *models.well_instances(), models.end()]
WELL_FRAMES = models.well()
COUNTERS = [("adverts_sent", 75000), ("adverts_received", 12), ("bad_checksum", 3)]
STANDBY = models.explained(*models.service(
    "six", "STANDBY", [models.wanted("2001:db8:185::18", "edge6")],
    endpoints=[models.endpoint("2001:db8:10::7", 22)]))
SERVING = models.explained(*list(models.well_services())[:7])
UNKNOWN = [models.node(), *models.well_instances(),
           models.end(1, "no such Service default/nobody")]
REFUSED = models.explained(*models.service(
    "thief", "REFUSED",
    [models.wanted("8.8.8.8", "", verdict="VERDICT_REFUSED",
                   reason=models.NOT_ALLOWED)], reason=models.NOT_ALLOWED))

POOLS = models.build("MSG_POOLS", total=2, source="vipd.conf", records=[
    models.pool("public", "192.168.185.40-192.168.185.99", (60, 0), (3, 0)),
    models.pool("tenants", "192.168.186.0/29", (6, 0), (6, 0), restricted=1)])
ALLOCATED = [models.node(), models.peer("worker-b", allocator=1), POOLS,
             *models.well_instances(), *models.service(
                 "web", "SERVING", [models.allocated("192.168.185.41"),
                                    models.allocated("192.168.184.7", of_pool=0)],
                 flags=models.ENUM["SERVICE_LOADBALANCER"]), models.end()]
FULL = [models.node(), models.peer("worker-b", allocator=1), POOLS,
        *models.well_instances(), *models.service(
            "web", "PENDING", flags=models.ENUM["SERVICE_LOADBALANCER"],
            verdict="VERDICT_PENDING",
            reason="address_pool tenants has no free IPv4 address: 0 of 6 are free"),
        models.end()]

PEERS = [models.peer("worker-a", instances=[("edge", "BACKUP", "192.168.185.1"),
                                            ("edge6", "MASTER", "fe80::1")], here=1),
         models.peer("worker-b", instances=[("edge", "MASTER", "192.168.185.2")],
                     allocator=1)]
NODES = [models.node(), *PEERS, models.end()]
DRIFTED = [models.node(), *PEERS,
           models.peer("worker-c", "fedcba9876543210", excluded=1),
           models.peer("worker-d", seen_us=models.UP - 3600 * models.SECOND),
           models.end()]
NAMED = [models.node(), *PEERS, *models.instance(1, "edge", models.BACKUP),
         models.end()]

# file: (arguments, answer, exit code)
CASES = {
    "status-well.txt": ("status", WELL_FRAMES, WELL),
    "status-wide.txt": ("status -o wide", WELL_FRAMES, WELL),
    "status-well.json": ("-o json status", WELL_FRAMES, WELL),
    "status-trouble.txt": ("status", list(models.troubled()), NOT_WELL),
    "status-trouble.json": ("status -o json", list(models.troubled()), NOT_WELL),
    "nodes.txt": ("nodes", NODES, WELL),
    "nodes-none.txt": ("nodes", NO_SERVICES, WELL),
    "nodes-drifted.txt": ("nodes -o wide", DRIFTED, NOT_WELL),
    "nodes-drifted.json": ("nodes -o json", DRIFTED, NOT_WELL),
    "instances-named.txt": ("instances", NAMED, WELL),
    "status-nothing.txt": ("status", NOTHING, WELL),
    "status-nothing.json": ("status -o json", NOTHING, WELL),
    "status-no-services.txt": ("status", NO_SERVICES, WELL),
    "instances.txt": ("instances", models.well(COUNTERS), WELL),
    "instances.json": ("instances --output=json", models.well(COUNTERS), WELL),
    "services.txt": ("services", WELL_FRAMES, WELL),
    "pools.txt": ("pools", list(models.pools()), NOT_WELL),
    "pools-wide.txt": ("-o wide pools", list(models.pools()), NOT_WELL),
    "pools.json": ("-o json pools", list(models.pools()), NOT_WELL),
    "pools-none.txt": ("pools", list(models.no_pools()), WELL),
    "services-wide.txt": ("-o wide services", WELL_FRAMES, WELL),
    "services-problems.txt": ("services --problems", list(models.troubled()),
                              NOT_WELL),
    "services-problems.json": ("--problems -o json services",
                               list(models.troubled()), NOT_WELL),
    "services-no-problems.txt": ("services --problems", WELL_FRAMES, WELL),
    "services-none.txt": ("services", NOTHING, WELL),
    "explain-serving.txt": ("explain shop/web", SERVING, WELL),
    "explain-standby.txt": ("explain default/six", STANDBY, WELL),
    "explain-standby.json": ("explain default/six -o json", STANDBY, WELL),
    "explain-refused.txt": ("explain default/thief", REFUSED, NOT_WELL),
    "explain-ignored.txt": ("explain default/typo", models.explained(*models.ignored(
        "typo", models.OTHER_CLASS, ENUM["SERVICE_FORLORN"])), NOT_WELL),
    "explain-elsewhere.txt": ("explain default/theirs", models.explained(
        *models.ignored("theirs", models.OTHER_CLASS)), WELL),
    "explain-elsewhere.json": ("explain default/theirs -o json", models.explained(
        *models.ignored("theirs", models.OTHER_CLASS)), WELL),
    "explain-allocated.txt": ("explain default/web", ALLOCATED, NOT_WELL),
    "explain-full.txt": ("explain default/web", FULL, NOT_WELL),
    "explain-full.json": ("explain default/web -o json", FULL, NOT_WELL),
    "explain-unknown.txt": ("explain default/nobody", UNKNOWN, NOT_WELL),
    "explain-unknown.json": ("-o json explain default/nobody", UNKNOWN, NOT_WELL),
    "events.txt": ("events", list(models.events()), WELL),
    "events.json": ("events -o json", list(models.events()), WELL),
    "events-none.txt": ("events", [models.end()], WELL),
    "metrics.txt": ("metrics", models.well([*COUNTERS, ("odd name\"", 1)]), WELL),
    "metrics-trouble.txt": ("metrics", list(models.troubled()), WELL),
    "metrics-nothing.txt": ("metrics", NOTHING, WELL),
    "metrics-cluster.txt": ("metrics", [*DRIFTED[:-1], *list(models.pools())[1:]], WELL),
    "reload-well.txt": ("reload", [
        models.text("edge: priority 150 -> 160"), models.text("lan: added"),
        models.end()], WELL),
    "reload-refused.json": ("reload -o json", [
        models.text(f"{models.CONFIG}:2:5: error: no", "LOG_LEVEL_ERR"),
        models.end(2, "nothing was changed")], USAGE),
    "handover.txt": ("handover edge", [models.handover(), models.end()], WELL),
    "handover.json": ("handover edge --to worker-b -o json",
                      [models.handover(), models.end()], WELL),
    "handover-nobody.json": ("handover edge -o json", [
        models.text("waiting for a new master"),
        models.handover(result="YIELD_KEPT", **models.NO_SUCCESSOR),
        models.end(1, "edge: nobody took over; it stays master")], NOT_WELL),
    "drain.txt": ("drain --reason kernel", [
        models.handover(), models.handover("lan", "YIELD_LATE", announced=2),
        models.handover("idle", addresses=0, announced=0),
        models.end(1, "lan: the new master announced 2 of 3 addresses only")],
        NOT_WELL),
    "drain-well.txt": ("drain", [models.handover(), models.end()], WELL),
    "undrain.txt": ("undrain", [models.end(0, "not drained any more")], WELL),
    "undrain.json": ("undrain -o json", [models.end(0, "was not drained")], WELL),
    "status-drained.txt": ("status", list(models.drained()), WELL),
    "status-drained.json": ("status -o json", list(models.drained()), WELL),
}


@pytest.mark.parametrize("name", CASES)
def test_output(ask, name):
    argv, frames, code = CASES[name]
    done = ask(frames, *argv.split())
    same(name, done.stdout)
    assert done.returncode == code, done.stderr
    if name == "events.json":
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()]
    elif name.endswith(".json"):
        json.loads(done.stdout)


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith("metrics")])
def test_the_metrics_are_openmetrics(name):
    families = list(text_string_to_metric_families((GOLDEN / name).read_text()))
    assert all(f.name.startswith("vipd_") and f.documentation for f in families)


def test_the_alerts_ask_for_metrics_that_exist():
    rules = yaml.safe_load((ROOT / "conf/prometheus/vipd.rules.yaml").read_text())
    told = {name for path in GOLDEN.glob("metrics*.txt")
            for name in re.findall(r"^(vipd_\w+)", path.read_text(), re.M)}
    # A counter of the engine that the recorded answer does not have.
    told |= {f"vipd_instance_{name}_total" for name in re.findall(
        r'= "(\w+)"', (ROOT / "daemon/engine/counter.c").read_text())}
    for rule in rules["groups"][0]["rules"]:
        asked = set(re.findall(r"\b(vipd_\w+)(?!\w*=)", re.sub(
            r"\{[^}]*\}", "", rule["expr"])))
        assert asked and asked <= told, rule["alert"]
        assert {"summary", "fix"} <= set(rule["annotations"])


@pytest.mark.parametrize("request_text, status", [
    ("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", "200 OK"),
    ("GET /metrics?x=1 HTTP/1.0\r\n\r\n", "200 OK"),
    ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
    ("GET /metricss HTTP/1.1\r\n\r\n", "404 Not Found"),
    ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
    ("GET /metrics HTTP/1.1\r\n", "400 Bad Request"),
    ("", "400 Bad Request"), ("x" * 100000, "400 Bad Request"),
    ("GET /metrics HTTP/1.1\r\n" + "A: b\r\n" * 1000 + "\r\n", "400 Bad Request")])
def test_metrics_over_http(ask, request_text, status):
    done = ask(WELL_FRAMES, "metrics", "--http", input=request_text)
    head, _, body = done.stdout.partition("\n\n")
    lines = head.splitlines()
    assert lines[0] == f"HTTP/1.1 {status}"
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert int(headers["Content-Length"]) == len(body)
    assert body.endswith("# EOF\n") == (status == "200 OK")


def test_metrics_over_http_say_when_no_daemon_answers(tmp_path):
    done = vipctl("--socket", tmp_path / "none", "metrics", "--http",
                  input="GET /metrics HTTP/1.1\r\n\r\n")
    assert done.stdout.startswith("HTTP/1.1 503 ")
    assert done.returncode == NO_DAEMON


def test_every_golden_file_is_of_a_case():
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


def test_the_request_names_the_command_and_its_argument(ask):
    ask(SERVING, "explain", "shop/web")
    request = ask.daemon.request
    assert request.protocol == ENUM["MSG_PROTOCOL"]
    assert request.command == ENUM["CTL_EXPLAIN"] and request.arg == b"shop/web"


def test_json_status_has_what_the_design_promises(ask):
    status = json.loads(ask(WELL_FRAMES, "-o", "json", "status").stdout)
    assert {"node", "version", "instances", "services", "kubernetes",
            "forwarding"} <= set(status)
    edge = status["instances"][0]
    assert {"name", "family", "interface", "virtual_router_id", "version", "state",
            "since", "priority", "effective_priority", "advert_interval_ms",
            "master_address", "addresses"} <= set(edge)
    assert edge["since"] == "2025-12-31T21:55:00.250Z"
    assert edge["addresses"][0] | {"address": "192.168.185.5/24", "origin": "static",
                                   "installed": True} == edge["addresses"][0]
    web = status["services"][-1]
    assert {"namespace", "name", "state", "addresses", "placement",
            "ports"} <= set(web)
    assert web["placement"][0] == {"address": "192.168.185.20", "instance": "edge"}
    assert web["ports"][0]["endpoints"][0] | {
        "address": "10.129.2.11", "port": 8443, "local": False} == \
        web["ports"][0]["endpoints"][0]
    assert {"source", "connected", "stale_seconds"} <= set(status["kubernetes"])
    assert {"mode", "reason", "in_sync"} <= set(status["forwarding"])


def test_a_refused_reload_prints_every_problem_and_is_exit_2(ask):
    lines = [f"{models.CONFIG}:{n}:1: error: problem {n}" for n in range(40)]
    done = ask([*(models.text(line, "LOG_LEVEL_ERR") for line in lines),
                models.end(2, "refused, nothing was changed")], "reload")
    assert done.returncode == USAGE
    assert done.stderr.splitlines() == [*lines,
                                        "vipctl: refused, nothing was changed"]


def test_a_terminal_gets_lines_of_its_width(tmp_path):
    """The last column is folded at spaces and commas; nothing is lost."""
    daemon = Daemon(tmp_path, WELL_FRAMES)
    primary, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run([BUILD / "vipctl", "--socket", daemon.path, "instances"],
                          stdout=terminal, stdin=terminal, timeout=10)
    os.close(terminal)
    data = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while chunk := os.read(primary, 4096):
            data += chunk
    os.close(primary)
    daemon.close()
    assert done.returncode == WELL
    lines = data.decode().splitlines()
    assert max(map(len, lines)) <= 80, data.decode()
    start = lines[0].index("ADDRESSES")
    assert [line[start:] for line in lines] == [
        "ADDRESSES", "192.168.185.5/24,", "192.168.185.18/32,",
        "192.168.185.19/32,", "192.168.185.20/32", "and 1 more",
        "2001:db8:185::5/64"]


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


def test_completion_offers_the_services_to_explain(ask):
    ask(WELL_FRAMES, "version")
    assert completions("--socket", str(ask.daemon.path), "explain", "shop/") == \
        {"shop/web"}


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
