# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client loses when the master is stopped as one stops a service."""

COUNT = 5000
# keepalived's default. At shorter ones its gap is one of so few packets that the node
# which was master forwards them late instead.
ADVERT_INT = 1


def stop(kinds):
    """Packets lost of COUNT at 1,000/s while the first, who leads, gets SIGTERM."""
    import lab
    from cases import settle
    from client import Probe
    from daemons import VIP4, instance
    with lab.Topology(nodes=2) as topo:
        daemons = [kind(node, instance(priority, advert_int=ADVERT_INT))
                   for kind, node, priority in zip(kinds, topo.nodes, (200, 100))]
        settle(daemons, within=30)
        Probe(topo.client, VIP4).wait_answer().finish()
        probe = Probe(topo.client, VIP4, count=COUNT).wait_answer()
        daemons[0].stop()
        daemons[1].wait_state("MASTER", within=30)
        return probe.lost()


def handover(options):
    """The master is stopped (SIGTERM): packets lost of 5,000 at 1,000/s."""
    from daemons import Keepalived, Vipd
    from run import Figure
    alike = Figure(f"stopped, advert_int {ADVERT_INT}: lost of {COUNT}, to its kind", "packets", 0, "0")
    mixed = Figure("  to the other of the two", "packets", 0, "0")
    for _ in range(3):
        alike.add("vipd", stop((Vipd, Vipd)))
        mixed.add("vipd", stop((Vipd, Keepalived)))
        alike.add("keepalived", stop((Keepalived, Keepalived)))
        mixed.add("keepalived", stop((Keepalived, Vipd)))
    return [alike, mixed]


FIGURES = {"handover": handover}
