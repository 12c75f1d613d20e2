# SPDX-License-Identifier: GPL-2.0-or-later
"""static_ipaddress and static_routes: they are there whoever is MASTER."""

import json

from daemons import VIP4, Keepalived, Vipd, instance
from lab import Process, command, wait
from test_routes import destinations

OWN = "198.51.100.1/24"
OWN6 = "2001:db8:51::1/128"
ROUTES = ["10.60.0.0/16 via 198.51.100.2", f"10.61.0.0/16 dev eth0 src {OWN[:-3]}"]
NETS = ["10.60.0.0/16", "10.61.0.0/16"]


def items(word, lines):
    return "".join([f"{word} {{\n", *(f"    {line}\n" for line in lines), "}\n"])


def with_static(priority=100, own=(OWN, f"{OWN6} dev eth0"), routes=ROUTES, **settings):
    return (items("static_ipaddress", own) + items("static_routes", routes) +
            instance(priority, **settings))


def addresses(node, dev="eth0"):
    """{ADDRESS/LEN: what else `ip` shows} of an interface; {} if there is none."""
    out = command("ip", "-n", node.full, "-j", "addr", "show", "dev", dev, check=False)
    return {f"{a['local']}/{a['prefixlen']}": a
            for link in json.loads(out or "[]") for a in link.get("addr_info", [])}


def has(node, *wanted, dev="eth0", within=5):
    wait(lambda: set(wanted) <= set(addresses(node, dev)), within,
         f"{wanted} on {node}, has {list(addresses(node, dev))}")


def heard(node):
    """A monitor of a node's addresses and routes that has begun."""
    monitor = Process(node, "monitor", "ip", "-o", "monitor", "address", "route")

    def begun():
        node.batch([f"addr {verb} 203.0.113.1/32 dev eth0" for verb in ("add", "del")])
        return "203.0.113.1" in monitor.log_text()
    wait(begun, 5, "changes are heard")
    return monitor


def backup(lab, text=None):
    """A node whose vipd stays BACKUP all the test long."""
    topo = lab(nodes=1)
    one = topo.nodes[0]
    return one, Vipd(one, text or with_static(advert_int=40))


def test_a_backup_has_them_from_the_start_to_the_end(lab):
    one, daemon = backup(lab)
    has(one, OWN, OWN6)
    wait(lambda: destinations(one) == NETS, 5, "the routes are there")
    daemon.wait_state("BACKUP")
    assert not addresses(one)[OWN6].get("deprecated")
    assert "tried again" not in daemon.log_text()
    one.ip("addr", "del", OWN, "dev", "eth0")
    has(one, OWN)
    wait(lambda: destinations(one) == NETS, 5, "the routes come back with it")
    one.ip("route", "del", NETS[0])
    wait(lambda: destinations(one) == NETS, 5, "a deleted route comes back")
    assert daemon.stop() == 0
    assert not {OWN, OWN6} & set(addresses(one)) and not destinations(one)


def test_a_master_sends_from_one(lab):
    """Without it the interface has no address, and the instance no source."""
    topo = lab(nodes=1)
    one = topo.nodes[0]
    one.ip("-4", "addr", "flush", "dev", "eth0")
    daemon = Vipd(one, with_static(200, ["192.168.185.77/24"], []))
    daemon.wait_state("MASTER")
    assert daemon.reload(with_static(200, ["192.168.185.77/24", OWN], [])).returncode == 0
    has(one, OWN, VIP4 + "/24")
    assert daemon.reload(instance(200)).returncode == 0
    daemon.wait_state("FAULT")


def test_a_reload_and_a_crash_change_nothing_that_stays(lab):
    one, daemon = backup(lab)
    has(one, OWN, OWN6)
    wait(lambda: destinations(one) == NETS, 5, "the routes are there")
    monitor = heard(one)
    text = with_static(own=(OWN, "198.51.100.9/24"), routes=[ROUTES[0]], advert_int=40)
    done = daemon.reload(text)
    assert "static addresses or routes changed" in done.stdout + done.stderr
    has(one, "198.51.100.9/24")
    wait(lambda: OWN6 not in addresses(one) and destinations(one) == NETS[:1], 5,
         "the old ones are gone")
    daemon.crash()
    has(one, OWN)
    daemon = Vipd(one, text)
    daemon.wait_state("BACKUP")
    # Its own would be removed with what a dead one left by now.
    assert daemon.reload(with_static(own=[OWN], routes=[ROUTES[0]],
                                     advert_int=40)).returncode == 0
    wait(lambda: "198.51.100.9/24" not in addresses(one), 5, "the new list")
    wait(lambda: "Deleted" in monitor.log_text() and "198.51.100.9" in monitor.log_text(),
         5, "changes are heard")
    assert not [line for line in monitor.log_text().splitlines()
                if "Deleted" in line and (f" {OWN}" in line or NETS[0] in line)]
    daemon.crash()
    daemon.cleanup()
    assert OWN not in addresses(one) and not destinations(one)


def test_they_wait_for_their_interface(lab):
    one, daemon = backup(lab, "global_defs {\n    default_interface late\n}\n" +
                         with_static(own=[OWN], routes=ROUTES[:1], advert_int=40))
    daemon.wait_state("BACKUP")
    for _ in range(2):
        one.batch(["link add late type veth peer late-end", "link set late-end up",
                   "link set late up"])
        has(one, OWN, dev="late")
        wait(lambda: destinations(one) == NETS[:1], 5, "the route is there")
        one.ip("link", "del", "late")
        wait(lambda: not destinations(one), 5, "the route is gone with it")


def test_keepalived_runs_the_same_file(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    text = with_static(advert_int=40)
    theirs = Keepalived(one, text)
    ours = Vipd(two, text)
    for node, proto in ((one, "18"), (two, "118")):
        has(node, OWN, OWN6)
        wait(lambda: destinations(node, proto=proto) == NETS, 5, "the routes are there")
    theirs.stop()
    ours.stop()
    for node in topo.nodes:
        assert not {OWN, OWN6} & set(addresses(node)), node
