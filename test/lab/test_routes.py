# SPDX-License-Identifier: GPL-2.0-or-later
"""virtual_routes: they are there while the instance is MASTER."""

import json

import pytest

from daemons import LINKLOCAL6, VIP4, VIP6, Keepalived, Vipd, instance
from lab import Process, command, stays, wait

PROTO = "118"
ROUTES4 = [
    f"10.20.0.0/16 via 192.168.185.100 dev eth0 src {VIP4}",
    "10.21.0.0/16 via 192.168.185.100 metric 7 mtu 1400",
    "default via 192.168.185.100 dev eth0 table 100",
    "blackhole 10.22.0.0/16",
    "unreachable 10.23.0.0/16 table 100",
    "prohibit 10.24.0.0/16",
    "10.25.0.0/16 dev eth0",
    "10.26.0.0/16 nexthop via 192.168.185.100 dev eth0 weight 2 "
    "nexthop via 192.168.185.101 dev eth0 weight 1",
    "10.27.0.0/16 via 203.0.113.1 dev eth0 onlink",
]
ROUTES6 = [
    f"2001:db8:20::/48 via 2001:db8:185::64 dev eth0 src {VIP6}",
    "2001:db8:21::/48 via 2001:db8:185::64 metric 7 mtu 1400",
    "::/0 via 2001:db8:185::64 dev eth0 table 100",
    "blackhole 2001:db8:22::/48",
    "unreachable 2001:db8:23::/48 table 100",
    "2001:db8:25::/48 dev eth0",
    "2001:db8:26::/48 nexthop via 2001:db8:185::64 dev eth0 weight 2 "
    "nexthop via 2001:db8:185::65 dev eth0 weight 1",
]
CASES = [
    pytest.param("-4", [VIP4 + "/24"], ROUTES4, id="ipv4"),
    pytest.param("-6", [LINKLOCAL6 + "/64", VIP6 + "/64"], ROUTES6, id="ipv6"),
]


def routes(node, family="-4", proto=PROTO):
    """What `ip route` shows of vipd's, each as {field: value}."""
    out = command("ip", "-n", node.full, family, "-j", "route", "show", "table",
                  "all", "proto", proto, check=False)
    return [route for route in json.loads(out or "[]")
            if route["dst"] != "multicast"]


def destinations(node, family="-4", proto=PROTO):
    return sorted(route["dst"] for route in routes(node, family, proto))


def counters(vipd):
    done = vipd.ctl("-o", "json", "instances")
    return json.loads(done.stdout)["instances"][0]["counters"]


def has(node, count, family="-4", within=5):
    wait(lambda: len(routes(node, family)) == count, within,
         f"{count} routes on {node}, are {destinations(node, family)}")


def with_routes(priority, list_of_routes=ROUTES4, **settings):
    return instance(priority, virtual_routes=list_of_routes, **settings)


@pytest.mark.parametrize("family, vips, wanted", CASES)
def test_they_follow_the_master(lab, family, vips, wanted):
    topo = lab(nodes=2)
    one, two = topo.nodes
    leader = Vipd(one, with_routes(200, wanted, vips=vips))
    leader.wait_state("MASTER")
    has(one, len(wanted), family)
    follower = Vipd(two, with_routes(100, wanted, vips=vips))
    follower.wait_state("BACKUP")
    stays(lambda: not routes(two, family), 0.5, "a backup has none")
    assert leader.ctl("handover", "edge").returncode == 0
    follower.wait_state("MASTER")
    has(two, len(wanted), family)
    has(one, 0, family)
    follower.crash()
    leader.wait_state("MASTER")
    has(one, len(wanted), family)
    assert leader.stop() == 0
    assert not routes(one, family)
    assert "tried again" not in leader.log_text()


def mastering(lab, list_of_routes=ROUTES4, **settings):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    daemon = Vipd(one, with_routes(200, list_of_routes, **settings))
    daemon.wait_state("MASTER")
    return one, daemon


@pytest.mark.parametrize("family, vips, wanted", CASES)
def test_a_deleted_one_comes_back(lab, family, vips, wanted):
    one, daemon = mastering(lab, wanted, vips=vips)
    has(one, len(wanted), family)
    for route in routes(one, family):
        argv = [route.get("type", "unicast"), route["dst"]]
        if "table" in route:
            argv += ["table", route["table"]]
        one.ip(family, "route", "del", *argv)
    has(one, len(wanted), family)
    wait(lambda: "was deleted by somebody else; put back" in daemon.log_text(), 5,
         "it is told")


def test_they_come_back_with_their_link(lab):
    """IPv4 routes go with their link, and the kernel tells nobody."""
    topo = lab(nodes=1)
    one = topo.nodes[0]
    one.batch(["link add other type veth peer other-end", "link set other-end up",
               "link set other up",
               "addr add 198.51.100.1/24 dev other"])
    wanted = ["10.30.0.0/16 via 198.51.100.2 dev other", "10.31.0.0/16 dev other"]
    daemon = Vipd(one, with_routes(200, wanted))
    daemon.wait_state("MASTER")
    has(one, 2)
    one.ip("link", "set", "other", "down")
    has(one, 0)
    one.ip("link", "set", "other", "up")
    has(one, 2)
    assert "was deleted by somebody else" not in daemon.log_text()
    one.ip("link", "del", "other")
    has(one, 0)
    one.batch(["link add other type veth peer other-end", "link set other-end up",
               "link set other up",
               "addr add 198.51.100.1/24 dev other"])
    has(one, 2)


def test_somebody_else_s_route_stays(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    one.ip("route", "add", "10.40.0.0/16", "via", "192.168.185.101", "proto", "static")
    daemon = Vipd(one, with_routes(200, ["10.40.0.0/16 via 192.168.185.100"]))
    daemon.wait_state("MASTER")
    wait(lambda: "edge: route 10.40.0.0/16: somebody else has one" in daemon.log_text(),
         5, "the conflict is named")
    assert destinations(one, proto="static") == ["10.40.0.0/16"]
    one.ip("route", "del", "10.40.0.0/16")
    has(one, 1, within=15)
    one.ip("route", "append", "10.40.0.0/16", "via", "192.168.185.101", "proto", "static")
    daemon.stop()
    assert not routes(one)
    assert destinations(one, proto="static") == ["10.40.0.0/16"]


def test_what_the_kernel_refuses_is_named_and_tried_again(lab):
    one, daemon = mastering(lab, ["10.41.0.0/16 via 198.51.100.2", "10.42.0.0/16 dev eth0"])
    has(one, 1)
    wait(lambda: "edge: route 10.41.0.0/16: Network is unreachable (errno 101)"
         in daemon.log_text(), 5, "the reason is named")
    assert daemon.state() == "MASTER"
    one.ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
    has(one, 2)


def test_a_reload_takes_the_difference(lab):
    """keepalived #1390: another src alone replaces a route."""
    kept = ["10.50.0.0/16 via 192.168.185.100", "10.51.0.0/16 via 192.168.185.100"]
    one, daemon = mastering(lab, [*kept, "10.52.0.0/16 dev eth0", "10.53.0.0/16 dev eth0"])
    has(one, 4)
    monitor = Process(one, "monitor", "ip", "-o", "monitor", "route")

    def heard():
        one.batch([f"route {verb} 203.0.113.0/24 dev eth0" for verb in ("add", "del")])
        return "203.0.113.0" in monitor.log_text()
    wait(heard, 5, "changes are heard")
    done = daemon.reload(with_routes(200, [
        *kept, f"10.52.0.0/16 dev eth0 src {VIP4}", "10.54.0.0/16 dev eth0"]))
    assert done.returncode == 0
    wait(lambda: destinations(one) == [f"10.5{i}.0.0/16" for i in (0, 1, 2, 4)], 5,
         "the new list")
    wait(lambda: {r["dst"]: r.get("prefsrc") for r in routes(one)}["10.52.0.0/16"] == VIP4,
         5, "the new source")
    wait(lambda: "10.54.0.0" in monitor.log_text(), 5, "changes are heard")
    assert "10.50.0.0" not in monitor.log_text() and "10.51.0.0" not in monitor.log_text()
    assert daemon.state() == "MASTER"


@pytest.mark.parametrize("family, vips, wanted", CASES)
def test_what_a_dead_one_left_is_removed(lab, family, vips, wanted):
    one, daemon = mastering(lab, wanted, vips=vips)
    has(one, len(wanted), family)
    daemon.crash()
    has(one, len(wanted), family)
    one.ip(family, "route", "add", "unreachable", "203.0.113.0/24" if family == "-4"
           else "2001:db8:113::/48", "proto", "static")
    daemon.cleanup()
    assert not routes(one, family)
    assert len(routes(one, family, "static")) == 1

    daemon = Vipd(one, with_routes(200, wanted, vips=vips))
    daemon.wait_state("MASTER")
    has(one, len(wanted), family)
    daemon.crash()
    # A backup now: there is nothing that wants them.
    daemon = Vipd(one, instance(100, vips=vips, advert_int=40))
    has(one, 0, family)
    assert len(routes(one, family, "static")) == 1


def test_500_routes_delay_no_advert(lab):
    wanted = [f"10.{100 + i // 250}.{i % 250}.0/24 via 192.168.185.100" for i in range(500)]
    topo = lab(nodes=2)
    one, two = topo.nodes
    leader = Vipd(one, with_routes(200, wanted, advert_int=0.2))
    leader.wait_state("MASTER")
    follower = Vipd(two, instance(100, advert_int=0.2))
    follower.wait_state("BACKUP")
    has(one, 500)
    late = counters(leader)["adverts_late"]
    for text in (instance(200, advert_int=0.2),
                 with_routes(200, wanted, advert_int=0.2)):
        assert leader.reload(text).returncode == 0
        has(one, 500 if "virtual_routes" in text else 0)
    assert follower.state() == "BACKUP" and leader.state() == "MASTER"
    told = counters(leader)
    assert (told["adverts_late"] - late) * 20 <= told["adverts_sent"]


def test_keepalived_runs_the_same_file(lab):
    """Its routes and vipd's differ by their protocol, and by the scope of what is
    on the link, which keepalived leaves global."""
    wanted = [route for route in ROUTES4 if "prohibit" not in route]
    topo = lab(nodes=2)
    one, two = topo.nodes
    text = with_routes(200, wanted)
    theirs = Keepalived(one, text)
    theirs.wait_state("MASTER", within=10)
    wait(lambda: len(routes(one, proto="18")) == len(wanted), 10, "keepalived's routes")
    ours = Vipd(two, with_routes(100, wanted))
    ours.wait_state("BACKUP")
    told = [dict(route, protocol=None, scope=None) for route in routes(one, proto="18")]
    theirs.stop()
    ours.wait_state("MASTER", within=10)
    has(two, len(wanted))
    assert destinations(two) == sorted(route["dst"] for route in told)
    for route in routes(two):
        other = [r for r in told if (r["dst"], r.get("table"), r.get("metric")) ==
                 (route["dst"], route.get("table"), route.get("metric"))]
        assert other == [dict(route, protocol=None, scope=None)]
