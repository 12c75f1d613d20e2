# SPDX-License-Identifier: GPL-2.0-or-later
"""`source_nat vip`: established connections outlive the node that carried them.

Fifty clients talk all the time, each over one connection; what ends the master
must end none of them."""

import pytest

from cases import endpoints, put, rules, serving, start_manifests, web
from client import Session
from lab import wait

FOUR, SIX = "192.168.185.18", "2001:db8:185::18"
PORT = 22
# Longer than the election and three of TCP's retransmissions.
PATIENCE_S = 10
FAMILIES = {FOUR: ["10.129.2.11", "10.129.2.12", "10.129.2.13"],
            SIX: [f"fd00:129:2::{n:x}" for n in (11, 12, 13)]}


def publish(topo, count=3):
    for number, (address, ends) in enumerate(FAMILIES.items()):
        service, slice_ = web(endpoints=ends[:count], address=address)
        name = f"web{number}"
        service["metadata"]["name"] = name
        slice_["metadata"]["name"] = f"{name}-1"
        slice_["metadata"]["labels"]["kubernetes.io/service-name"] = name
        put(topo, name, service, slice_)


def start(lab, nodes=2, **settings):
    topo = lab(nodes=nodes, endpoints=3)
    endpoints(topo)
    for end in topo.endpoints:  # replies to a service address: to its holder
        end.sysctl(net__ipv4__conf__all__accept_redirects=0)
    vipds = start_manifests(topo, forwarding={"source_nat": "vip"}, **settings)
    publish(topo)
    both_serve(vipds)
    return topo, vipds


def both_serve(vipds):
    for name in ("web0", "web1"):
        serving(vipds, name)


def talk(topo, count=50):
    """count connections, over both families, all of them at work."""
    sessions = [Session(topo.client, list(FAMILIES)[i % 2], PORT, patience=PATIENCE_S)
                for i in range(count)]
    for session in sessions:
        session.wait_progress(within=10)
    return sessions


def all_go_on(sessions):
    for session in sessions:
        session.wait_progress(within=10)


def all_lived(sessions):
    all_go_on(sessions)
    for session in sessions:
        session.running = False
    for session in sessions:
        session.close()
    broken = sum(s.reconnects > 0 for s in sessions)
    assert broken == 0, f"{broken} of {len(sessions)} connections broke"
    assert not any(s.wrong for s in sessions)


def kill_all(topo, vipd):
    """Every process of vipd at one instant; the node lives on, with its
    addresses, until somebody cleans up."""
    vipd.crash()
    vipd.cleanup()


def pull_the_cable(topo, vipd):
    topo.nodes[0].link_down()


def power_off(topo, vipd):
    topo.nodes[0].link_down()
    vipd.crash()


def stop(topo, vipd):
    vipd.stop()


@pytest.mark.parametrize("end", [kill_all, pull_the_cable, power_off, stop],
                         ids=lambda f: f.__name__)
def test_fifty_connections_of_both_families_outlive_their_master(lab, end):
    topo, vipds = start(lab)
    sessions = talk(topo)
    end(topo, vipds[0])
    vipds[1].wait_state("MASTER", within=15)
    all_lived(sessions)


def test_they_outlive_a_way_there_and_back(lab):
    """The first master's memory of a flow is out of date when it comes back."""
    topo, vipds = start(lab)
    sessions = talk(topo, 20)
    topo.nodes[0].link_down()
    vipds[1].wait_state("MASTER", within=15)
    all_go_on(sessions)
    topo.nodes[0].heal()
    vipds[0].wait_state("MASTER", within=15)
    vipds[1].wait_state("BACKUP", within=15)
    all_lived(sessions)


def test_endpoint_sets_that_differ_for_a_moment_move_few_connections(lab):
    """The next master has not heard yet of a third endpoint, or of its end."""
    topo, vipds = start(lab)
    publish(topo, count=2)
    third = ("10.129.2.13", "fd00:129:2::d")
    wait(lambda: not any(t in rules(n) for t in third for n in topo.nodes), 5,
         "two endpoints everywhere")
    sessions = talk(topo, 30)
    # Only the master hears of the third one.
    nodes, topo.nodes = topo.nodes, topo.nodes[:1]
    publish(topo, count=3)
    topo.nodes = nodes
    wait(lambda: all(t in rules(nodes[0]) for t in third), 5, "they differ")
    assert not any(t in rules(nodes[1]) for t in third)
    all_go_on(sessions)
    power_off(topo, vipds[0])
    vipds[1].wait_state("MASTER", within=15)
    all_lived(sessions)
