# SPDX-License-Identifier: GPL-2.0-or-later
"""Who else is heard on virtual router identifiers, and who of them is a stranger."""

from daemons import LINKLOCAL6, VIP6, Keepalived, Vipd, instance
from flood import Flood
from lab import wait
from test_flood import frame
from test_robust import junk
from wire import Sender, advert

OTHER = "192.168.185.66"
OTHER6 = "2001:db8:185::66"


def speakers(vipd):
    """{(address, VRID): what `vipctl status` says of it}"""
    return {(s["address"], s["virtual_router_id"]): s
            for s in (vipd.status() or {}).get("speakers", [])}


def heard(vipd, node, vrid=87, send=None):
    """Waits until the node's adverts are told; what is said of them."""
    def told():
        if send:
            send()
        return speakers(vipd).get((node.ip4, vrid))
    return wait(told, 15, f"{node} is heard on {vrid}")


def named(vipd, node):
    return f"virtual_router_id 87 is also used by {node.ip4}" in vipd.log_text()


def test_a_keepalived_on_our_identifier_is_named_and_a_free_one_too(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    # It is the master: 2.2.7 goes silent under adverts that it refuses.
    Keepalived(two, instance(250, vips=[OTHER + "/24"]))
    ours = Vipd(one, instance(200))
    neighbour = Sender(topo.client)
    message = advert(topo.client.ip4, 100, [OTHER], vrid=88)
    assert not heard(ours, topo.client, 88, lambda: neighbour.send(message))["clashes"]
    told = heard(ours, two)
    assert told["clashes"] and told["heard"] >= 2
    # 88 is heard, though not ours.
    assert told["free_virtual_router_id"] == 89 and told["interface"] == "eth0"
    wait(lambda: named(ours, two), 5, "it is logged")
    shown = ours.ctl("status").stdout
    assert f"eth0: virtual_router_id 87 is also used by {two.ip4}, heard " in shown
    assert "else give one of both another; 89 is free on eth0" in shown
    assert topo.client.ip4 not in shown


def test_over_ipv6_as_well(lab):
    topo = lab(nodes=3)
    one, two, three = topo.nodes
    theirs = next(a for a in two.addresses() if a.startswith("fe80:"))
    Keepalived(two, instance(250, vips=["fe80::66/64", OTHER6 + "/64"]))
    vips = [LINKLOCAL6 + "/64", VIP6 + "/64"]
    ours = [Vipd(node, instance(priority, vips=vips))
            for node, priority in ((one, 200), (three, 100))]
    told = wait(lambda: speakers(ours[0]).get((theirs, 87)), 15, "it is heard")
    assert told["clashes"] and told["free_virtual_router_id"] == 88
    wait(lambda: f"virtual_router_id 87 is also used by {theirs}" in ours[0].log_text(),
         5, "it is logged")
    # Who has the same addresses is none.
    assert not any(s["clashes"] for (address, _), s in speakers(ours[0]).items()
                   if address != theirs)
    assert "vipd_strangers 1" in ours[0].ctl("metrics").stdout


def test_a_keepalived_that_is_no_unicast_peer_is_named(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    ours = Vipd(one, instance(200, unicast_src_ip=one.ip4, unicast_peer=["192.168.185.77"]))
    ours.wait_state("MASTER")
    Keepalived(two, instance(100))
    assert heard(ours, two)["clashes"]
    # From now on it is one.
    assert ours.reload(instance(200, unicast_src_ip=one.ip4,
                                unicast_peer=[two.ip4])).returncode == 0
    assert not heard(ours, two)["clashes"]


def test_a_keepalived_with_our_addresses_is_no_stranger(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    ours = Vipd(one, instance(200))
    ours.wait_state("MASTER")
    theirs = Keepalived(two, instance(250))
    theirs.wait_state("MASTER", within=10)
    assert not heard(ours, two)["clashes"]
    assert not named(ours, two)


def test_junk_is_nobody(lab):
    topo = lab(nodes=1)
    ours = Vipd(topo.nodes[0], instance(200))
    ours.wait_state("MASTER")
    sender, own = Sender(topo.client), topo.client.ip4
    bad = [(message, ttl) for message, ttl in junk(own)] + [
        (advert(own, 100, [OTHER], vrid=91), 254),
        (advert(own, 100, [OTHER], vrid=92, bad_sum=1), 255),
        (advert(own, 100, [OTHER], vrid=93, kind=2), 255),
        (advert(own, 100, [OTHER], vrid=94, trailing=b"1234"), 255)]
    for message, ttl in 3 * bad:
        sender.send(message, ttl=ttl)
    good = advert(own, 100, [OTHER], vrid=90)
    heard(ours, topo.client, 90, lambda: sender.send(good))
    # Adverts of another version, interval or identifier are sound all the same.
    assert set(speakers(ours)) <= {(own, 90), (own, 87), (own, 99)}


def test_forged_sources_make_no_storm(lab):
    topo = lab(nodes=1)
    ours = Vipd(topo.nodes[0], instance(200))
    ours.wait_state("MASTER")
    lines = len(ours.log_text().splitlines())
    frames = []
    for i in range(2000):
        src = f"192.168.{186 + i // 250}.{1 + i % 250}"
        frames.append(frame(src, advert(src, 50, [OTHER], vrid=87 + i % 100)))
    flood = Flood(topo.client, frames, 2, rate=20_000)
    wait(lambda: not flood.running(), 20, "the flood ends")
    assert flood.wait() > 2000
    assert 0 < len(speakers(ours)) <= 32
    assert len(ours.log_text().splitlines()) - lines < 10
    assert ours.state() == "MASTER"
