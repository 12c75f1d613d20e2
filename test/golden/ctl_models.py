# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded answers of vipd, as frames: what vipctl's golden tests feed it."""

import ctypes
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
from msgcodec import ENUM, build  # noqa: E402

SECOND = 1_000_000
UP = 100_000 * SECOND                      # monotonic time of every answer
WALL = 1_767_225_600 * SECOND + 250_000    # 2026-01-01T00:00:00.250Z
CONFIG = "/etc/vipd/vipd.conf"
API = "https://192.168.185.200:6443"


def node(source=(), forward=(), **fields):
    """MSG_CTL_NODE of a node that is well."""
    healthy = {"source": "SOURCE_API", "health": "HEALTH_OK",
               "fresh_us": UP - 3 * SECOND, "node_name": "worker-a",
               "node_name_source": "node_name", "server": API}
    in_place = {"mode": "FORWARD_NFTABLES", "in_sync": 1,
                "reason": "auto: nothing else forwards here"}
    known = {"node": "worker-a", "node_source": "node_name", "version": "0.1.0",
             "now_us": UP, "wall_us": WALL, "started_us": UP - 93_784 * SECOND,
             "has_services": 1, "config": CONFIG}
    return build("MSG_CTL_NODE", source=healthy | dict(source),
                 forward=in_place | dict(forward), **known | fields)


def address(text, origin="ORIGIN_STATIC", installed=1, prefixlen=None, **fields):
    bits = 128 if ":" in text else 32
    return {"addr": text, "origin": origin, "installed": installed,
            "prefixlen": bits if prefixlen is None else prefixlen, "dev": "eth0",
            **fields}


def service_address(text, **fields):
    return address(text, "ORIGIN_EXTERNAL_IP", **fields)


def instance(number, name, state, addresses=(), conf=(), counters=(), tracks=(),
             **fields):
    """Frames of one instance; state is a dict of msg_state."""
    known = {"id": number, "ifindex": 2, "name": name, "interface": "eth0",
             "family": socket.AF_INET, "version": 3, "vrid": 86 + number,
             "priority": 150, "preempt": 1, "advert_us": 100_000,
             "garp_refresh_us": 60 * SECOND}
    conf = known | dict(conf)
    state = {"id": number, "priority": conf["priority"],
             "since_us": UP - 7500 * SECOND} | state
    yield build("MSG_CTL_INSTANCE", conf=conf, state=state, wants_services=1,
                **{"configured_priority": conf["priority"]} | fields)
    if addresses:
        yield build("MSG_CTL_ADDRESSES", id=number, records=list(addresses))
    if tracks:
        yield build("MSG_CTL_TRACKS", id=number, records=list(tracks))
    if counters:
        yield build("MSG_COUNTERS", id=number, records=[
            {"name": name, "value": value} for name, value in counters])


def handover(name="edge", result="YIELD_DONE", **fields):
    """What became of a handover."""
    known = {"result": result, "planned": 1, "successor": "192.168.185.2",
             "successor_priority": 150, "addresses": 3, "announced": 3,
             "took_us": 41_300, "moved_us": 44_900}
    return build("MSG_CTL_HANDOVER", name=name, yielded=known | fields)


NO_SUCCESSOR = {"successor": "", "successor_priority": 0, "announced": 0,
                "took_us": 0, "moved_us": 0}


def peer(name, config="0123456789abcdef", instances=(), **fields):
    """MSG_NODE: a node that runs vipd, with (instance, state, source) each."""
    known = {"name": name, "version": "0.1.0", "config": config, "seen_us": UP - 20 * SECOND}
    return build("MSG_NODE", records=[
        {"name": instance_name, "state": ENUM[f"VRRP_{state}"], "priority": 150,
         "source": source} for instance_name, state, source in instances], **known | fields)


MASTER = {"state": "VRRP_MASTER", "reason": "VRRP_REASON_TIMEOUT",
          "master": "192.168.185.1", "master_priority": 150,
          "master_advert_us": 100_000, "transitions": 2}
BACKUP = {"state": "VRRP_BACKUP", "reason": "VRRP_REASON_HIGHER_PRIORITY",
          "master": "192.168.185.2", "master_priority": 200,
          "master_advert_us": 100_000}
BACKUP6 = BACKUP | {"master": "fe80::2", "since_us": UP - 5 * SECOND}
FAULT = {"state": "VRRP_FAULT", "reason": "VRRP_REASON_LINK_DOWN",
         "since_us": UP - 61 * SECOND}


TRACKED = FAULT | {"reason": "VRRP_REASON_TRACKER"}


def track(name, kind, state="TRACK_OK", **fields):
    return {"name": name, "kind": ENUM[kind], "state": ENUM[state],
            "since_us": UP - 30 * SECOND, **fields}


def wanted(text, instance_name="edge", **fields):
    return {"addr": text, "verdict": "VERDICT_OK", "origin": "ORIGIN_EXTERNAL_IP",
            "instance": instance_name, **fields}


def endpoint(text, port, index=0, flags=0):
    return {"addr": text, "port": port, "port_index": index, "flags": flags}


def service(name, state, addresses=(), ports=((22, "TCP"),), endpoints=(),
            sources=(), namespace="default", reason="", in_place=1, count=None,
            **head):
    """Frames of one Service and its state."""
    key = {"ns": namespace, "name": name}
    yield build("MSG_SERVICE", key=key, endpoints=len(endpoints), **head)
    if addresses:
        yield build("MSG_SERVICE_ADDRESSES", records=list(addresses))
    if ports:
        yield build("MSG_SERVICE_PORTS", records=[
            {"port": port, "proto": getattr(socket, f"IPPROTO_{proto}"),
             "name": f"p{port}"} for port, proto in ports])
    if endpoints:
        yield build("MSG_SERVICE_ENDPOINTS", records=list(endpoints))
    if sources:
        yield build("MSG_SERVICE_SOURCES", records=list(sources))
    yield build("MSG_SERVICE_END")
    yield build("MSG_CTL_SERVICE", key=key, state=f"SERVICE_{state}", reason=reason,
                in_place=in_place, counted=count is not None,
                count=dict(zip(("connections", "packets", "bytes"), count or ())))


def text(line, level="LOG_LEVEL_INFO"):
    levels = ["LOG_LEVEL_ERR", "LOG_LEVEL_WARN", "LOG_LEVEL_INFO"]
    return build("MSG_CTL_TEXT", level=levels.index(level), text=line)


def events():
    """A boot, a failover, and a line that names nobody."""
    lines = [("LOG_LEVEL_INFO", "vipd 0.1.0 started with /etc/vipd/vipd.conf"),
             ("LOG_LEVEL_INFO", "edge: INIT -> BACKUP (started)"),
             ("LOG_LEVEL_WARN", "vipd-forward: killed by signal 9 (Killed); starting "
                                "it again"),
             ("LOG_LEVEL_INFO", "edge: BACKUP -> MASTER (no advert from a master)"),
             ("LOG_LEVEL_ERR", "default/thief: 8.8.8.8 \x1b[31m")]
    levels = ["LOG_LEVEL_ERR", "LOG_LEVEL_WARN", "LOG_LEVEL_INFO"]
    for number, (level, line) in enumerate(lines, 1):
        yield build("MSG_CTL_EVENT", id=number, level=levels.index(level),
                    wall_us=WALL - (6 - number) * 1001000, text=line)
    yield end()


def end(code=0, line=""):
    return build("MSG_CTL_END", code=code, text=line)


# ---- whole answers ----

ENDPOINT_LOCAL = ENUM["ENDPOINT_LOCAL"]


def well_instances(counters=()):
    yield from instance(
        1, "edge", MASTER, counters=counters, addresses=[
            address("192.168.185.5", prefixlen=24),
            # Out of order on purpose.
            service_address("192.168.185.21"), service_address("192.168.185.20"),
            service_address("192.168.185.18"), service_address("192.168.185.19")])
    yield from instance(
        2, "edge6", BACKUP6, conf={"family": socket.AF_INET6},
        addresses=[address("2001:db8:185::5", prefixlen=64, installed=0)])


def well_services():
    yield from service(
        "web", "SERVING", [wanted("192.168.185.20"), wanted("192.168.185.21")],
        ports=((443, "TCP"), (443, "UDP")), endpoints=[
            endpoint("10.129.2.12", 8443, flags=ENUM["ENDPOINT_TERMINATING"]),
            endpoint("10.129.2.11", 8443),
            endpoint("10.129.2.11", 8443, 1, ENDPOINT_LOCAL)],
        sources=[{"first": "192.168.0.0", "last": "192.168.255.255"}],
        namespace="shop", flags=ENUM["SERVICE_LOCAL"]
        | ENUM["SERVICE_AFFINITY_CLIENT"], affinity_s=10800)
    yield from service("ssh", "SERVING", [wanted("192.168.185.18")],
                       endpoints=[endpoint("10.129.2.11", 22)],
                       count=(3, 70000000000, 1 << 53))
    yield from service(
        "six", "STANDBY", [wanted("2001:db8:185::18", "edge6")],
        endpoints=[endpoint("2001:db8:10::7", 22)])


NOT_ALLOWED = ("8.8.8.8 is not in external_ips; add it to external_ips { } "
               "in the services block of vipd.conf")
TROUBLED_NODE = node(
    source={"health": "HEALTH_TROUBLE", "source": "SOURCE_SNAPSHOT",
            "fresh_us": UP - 125 * SECOND,
            "error": f"{API}: connection refused; is the API server up?"},
    forward={"in_sync": 0}, children_restarts=1, log_dropped=12,
    config_error=f"{CONFIG}:7:5: error: virtual_router_idd: no such keyword, "
                 "did you mean virtual_router_id?")


def drained():
    """Of two instances one is still being handed over."""
    yield node(drained_wall_us=WALL - 200 * SECOND, drain_reason="kernel\x1b upgrade",
               has_services=0)
    yield from instance(1, "edge", BACKUP | {"reason": "VRRP_REASON_HANDOVER",
                                             "yielding": 1, "handed_over": 1},
                        conf={"priority": 28}, configured_priority=150,
                        soft=ENUM["SOFT_DRAINED"],
                        addresses=[address("192.168.185.5", prefixlen=24,
                                           conflict_mac=b"\2\0\0\0\0\x09",
                                           conflicts=12,
                                           conflict_us=UP - 5 * SECOND)])
    yield from instance(2, "lan", BACKUP, conf={"priority": 28},
                        configured_priority=150, soft=ENUM["SOFT_DRAINED"])
    yield end()


OTHER_CLASS = ("loadBalancerClass vipd.io/vpi is not vipd's; create the Service anew "
               "with loadBalancerClass vipd.io/vip")


def ignored(name, reason, flags=0):
    """Another controller's, or nobody's."""
    return service(name, "IGNORED", ports=(), in_place=0, verdict="VERDICT_IGNORED",
                   flags=flags | ENUM["SERVICE_LOADBALANCER"], reason=reason)


def troubled():
    yield TROUBLED_NODE
    yield from instance(1, "edge", MASTER, conf={"priority": 30},
                        configured_priority=150, addresses=[
        address("192.168.185.5", prefixlen=24),
        service_address("192.168.185.18", installed=0,
                        error="Cannot assign requested address")],
        soft=ENUM["SOFT_INCOMPLETE"] | ENUM["SOFT_RULES"])
    yield from instance(2, "lan", FAULT, conf={"interface": "eth1"},
                        addresses=[address("10.0.0.5", prefixlen=24, installed=0)])
    yield from instance(
        3, "web", TRACKED, tracker="vrrp_script chk_http failed (exit 1, 3 times in "
        "a row)", conf={"tracker_failed": 1, "priority": 130}, tracks=[
            track("chk_http", "TRACK_SCRIPT", "TRACK_FAILED", fault=1,
                  why="exit 1, 3 times in a row"),
            track("drain", "TRACK_FILE", weight=1, adds=-20, why="-20"),
            track("eth1", "TRACK_INTERFACE", weight=5, reverse=1, adds=-5),
            track("slow", "TRACK_SCRIPT", "TRACK_UNKNOWN", why="has no result yet"),
            track("proxy", "TRACK_PROCESS", why="2 processes")],
        configured_priority=150)
    yield build("MSG_CTL_SPEAKERS", records=[
        {"interface": "eth0", "addr": "192.168.185.66", "vrid": 87, "clashes": 1,
         "free_vrid": 89, "count": 42, "heard_us": UP - 2 * SECOND},
        {"interface": "eth0", "addr": "192.168.185.67", "vrid": 88, "free_vrid": 89,
         "count": 2, "heard_us": UP - 31 * SECOND},
        {"interface": "eth\x1b1", "addr": "fe80::66", "vrid": 5, "clashes": 1, "count": 7,
         "heard_us": UP - 3 * SECOND}])
    yield from service("ssh", "SERVING", [wanted("192.168.185.18")],
                       endpoints=[endpoint("10.129.2.11", 22)])
    yield from service(
        "thief", "REFUSED",
        [wanted("8.8.8.8", "", verdict="VERDICT_REFUSED",
                reason=NOT_ALLOWED)], reason=NOT_ALLOWED)
    yield from service("two", "CONFLICT", [wanted("192.168.185.18")],
                       reason="192.168.185.18 port 22/TCP is default/ssh's, which came first; "
                       "use another port or address")
    yield from service("rules", "FAILED", [wanted("192.168.185.19")], in_place=0,
                       reason="nftables: No space left on device")
    yield from service("empty", "NO_ENDPOINTS", [wanted("192.168.185.20")],
                       reason="no Pod behind it is ready")
    yield from service("later", "PENDING", namespace="shop",
                       reason="the pool public is full")
    yield from ignored("theirs", OTHER_CLASS)
    yield from ignored("typo", OTHER_CLASS, ENUM["SERVICE_FORLORN"])
    yield end()


def well(counters=()):
    return [node(), *well_instances(counters), *well_services(), end()]


def explained(*frames):
    return [node(), *well_instances(), *frames, end()]


# ---- address pools ----

def pool(name, ranges, size, used, **fields):
    pair = ctypes.c_uint64 * 2
    return {"name": name, "ranges": ranges, "size": pair(*size), "used": pair(*used),
            "auto_assign": 1, **fields}


def pools_answer(*records, error="", source="vipd.conf"):
    """The frame of the pools, and two Services that share an address of one."""
    yield node()
    yield build("MSG_POOLS", total=len(records), source=source, error=error,
                records=list(records))


def allocated(text, of_pool=1, instance_name="edge"):
    return wanted(text, instance_name, origin="ORIGIN_POOL", pool=of_pool)


def pools():
    yield from pools_answer(
        pool("public", "192.168.185.40-192.168.185.99, 2001:db8:185::/64",
             (60, 2**64 - 1), (3, 1)),
        pool("tenants", "192.168.186.0/29", (6, 0), (6, 0), auto_assign=0,
             restricted=1, limit_per_namespace=2),
        pool("empty", "", (0, 0), (0, 0)),
        source="ConfigMap vipd/vipd-pools",
        error="pools.conf:3:5: error: unknown keyword \"adresses\"; did you mean "
              "addresses?")
    yield from service("web", "SERVING", [allocated("192.168.185.41"),
                                          allocated("2001:db8:185::1")], [(443, "TCP")])
    yield from service("ssh", "STANDBY", [allocated("192.168.185.41")])
    yield from service("old", "SERVING", [allocated("192.168.184.7", of_pool=0)])
    yield from service("ext", "SERVING", [wanted("192.168.185.18")])
    yield from service("new", "PENDING", reason="address_pool tenants has no free IPv4 "
                       "address: 0 of 6 are free")
    yield end()


def no_pools():
    yield from pools_answer()
    yield end()
