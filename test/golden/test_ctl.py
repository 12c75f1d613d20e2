# SPDX-License-Identifier: GPL-2.0-or-later
"""vipctl against a daemon made of recorded answers: what it prints, byte for byte.

VIPD_GOLDEN_UPDATE=1 writes test/golden/ctl anew: read the difference.
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import ctl_models as models
from ctl_daemon import BUILD, NO_DAEMON, NOT_WELL, ROOT, USAGE, WELL, Daemon, ask, vipctl
from msgcodec import ENUM

GOLDEN = ROOT / "test/golden/ctl"


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
    "services-problems-wide.txt": ("services --problems -o wide",
                                   list(models.troubled()), NOT_WELL),
    "services-problems.json": ("--problems -o json services",
                               list(models.troubled()), NOT_WELL),
    "services-no-problems.txt": ("services --problems", WELL_FRAMES, WELL),
    "services-none.txt": ("services", NOTHING, WELL),
    "explain-serving.txt": ("explain shop/web", SERVING, WELL),
    "explain-standby.txt": ("explain default/six", STANDBY, WELL),
    "explain-standby-named.txt": ("explain default/six", [
        STANDBY[0], models.peer("worker-b", instances=[("edge6", "MASTER", "fe80::2")]),
        *STANDBY[1:]], WELL),
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
