# SPDX-License-Identifier: GPL-2.0-or-later
"""vipctl doctor on a real host, healthy and not."""

import json
import subprocess

import pytest

from cases import EXTERNAL, endpoints, put, serving, start_manifests, web
from client import connect
from lab import BUILD


def findings(node, vipd):
    done = subprocess.run(
        node.argv(BUILD / "vipctl", "--socket", vipd.run_dir / "control.sock", "-o",
                  "json", "doctor"), capture_output=True, text=True, timeout=30)
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["well"] else 1)
    return {(f["check"], f["verdict"]): f for f in told["findings"]
            if f["verdict"] != "ok"}


def test_what_is_wrong_with_the_host_is_found_and_its_remedy_helps(lab):
    topo = lab(nodes=1, endpoints=1)
    node = topo.nodes[0]
    endpoints(topo)
    vipd, = start_manifests(topo, priorities=(200,), forwarding={"source_nat": "vip"})
    put(topo, "web", *web())
    serving([vipd])
    assert findings(node, vipd) == {}

    node.run("sysctl", "-qw", "net.ipv4.ip_forward=0",
             "net.ipv4.conf.eth0.rp_filter=1",
             "net.netfilter.nf_conntrack_tcp_loose=0")
    node.run("nft", "add table inet site; add chain inet site guard "
             "{ type filter hook forward priority 0; policy drop; }")
    bad = findings(node, vipd)
    assert set(bad) == {("forwarding", "bad"), ("reverse path", "bad"),
                        ("connections", "bad"), ("firewall", "warning")}
    settings = [f["fix"].split("'")[1].replace(" ", "") for (_, mark), f in bad.items()
                if mark == "bad"]
    node.run("sysctl", "-qw", *settings)
    assert set(findings(node, vipd)) == {("firewall", "warning")}
    rule = bad["firewall", "warning"]["fix"].removeprefix("nft ").split(",")[0]
    explained = node.run(BUILD / "vipctl", "--socket", vipd.run_dir / "control.sock",
                         "explain", "default/web")
    assert "chain guard of table inet site" in explained and rule in explained
    with pytest.raises(OSError):
        connect(topo.client, EXTERNAL, 22)
    node.run("nft", rule)
    assert " ep1 " in connect(topo.client, EXTERNAL, 22)
    assert findings(node, vipd) == {}


def test_a_chain_that_iptables_made_gets_a_rule_of_iptables(lab):
    topo = lab(nodes=1, endpoints=1)
    node = topo.nodes[0]
    vipd, = start_manifests(topo, priorities=(200,))
    put(topo, "web", *web())
    serving([vipd])
    node.run("nft", "add table ip filter; add chain ip filter FORWARD "
             "{ type filter hook forward priority 0; policy drop; }")
    fix = findings(node, vipd)["firewall", "warning"]["fix"]
    assert fix.startswith("iptables -I FORWARD ")
