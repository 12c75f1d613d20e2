# SPDX-License-Identifier: GPL-2.0-or-later
"""vipd's tables as nft(8) prints them, byte for byte.

nft/NAME.nft is what `nft list table ip vipd` and `ip6 vipd` say after the
Services of CASES. Set GOLDEN_WRITE=1 to write the files anew; read the
difference before you commit it.
"""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))
import lab  # noqa: E402
from forwarder import Forwarder, cleanup, service  # noqa: E402

TCP, UDP, SCTP = 6, 17, 132
LOCAL, STICKY = 1, 2
HERE_TOO = 1  # ENDPOINT_LOCAL
TWO = [(0, "10.129.2.11", 22), (0, "10.129.2.12", 22)]

EVERYTHING = [
    # The acceptance sentence: one address, one port, one virtual machine.
    service("ssh", ["192.168.185.18"], [(22, TCP)], [(0, "10.129.2.11", 22)]),
    service("dual", ["192.168.185.19", "2001:db8:185::19"], [(53, UDP), (5060, SCTP)],
            [(i, a, 5300 + i) for i in (0, 1) for a in ("10.129.2.11", "fd00::11")]),
    service("two", ["192.168.185.20"], [(22, TCP)], TWO),
    service("sticky", ["192.168.185.21"], [(22, TCP)], TWO, STICKY),
    service("local", ["192.168.185.22"], [(22, TCP)],
            [(0, "10.129.2.11", 22, HERE_TOO), (0, "10.129.2.12", 22)], LOCAL),
    service("elsewhere", ["192.168.185.23"], [(22, TCP)],
            [(0, "10.129.2.12", 22)], LOCAL),
    service("empty", ["192.168.185.24"], [(22, TCP), (53, UDP)]),
    service("ranges", ["192.168.185.25", "2001:db8:185::25"], [(22, TCP)],
            [(0, a, 22) for a in ("10.129.2.11", "fd00::11")], origin="ORIGIN_POOL",
            sources=[("10.0.0.0", "10.255.255.255"), ("192.168.185.1", "192.168.185.9"),
                     ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]),
    service("static", ["192.168.185.5"], [(443, TCP)], [(0, "10.129.2.11", 8443)],
            origin="ORIGIN_STATIC"),
]

CASES = {
    "nothing": ({}, []),
    "node": ({"source_nat": "SOURCE_NAT_NODE"}, EVERYTHING),
    "vip": ({"source_nat": "SOURCE_NAT_VIP"}, EVERYTHING),
    "none": ({"source_nat": "SOURCE_NAT_NONE"}, EVERYTHING),
    "gateways": ({"gateways": 2}, [
        service("one", ["192.168.185.18", "2001:db8:185::18"], [(22, TCP)],
                [(0, a, 22) for a in ("10.129.2.11", "fd00::11")], gateway=1),
        service("two", ["192.168.185.19"], [(22, TCP)], [(0, "10.129.2.11", 22)],
                gateway=2),
        service("none", ["192.168.185.20"], [(22, TCP)])]),
    "mode-none": ({"mode": "FORWARD_NONE"}, EVERYTHING),
}


def sort_elements(text):
    """nft prints a hash's elements in no order: one a line, sorted."""
    out, elements = [], []
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("elements = {"):
            elements = [bare.removeprefix("elements = {")]
        elif elements:
            elements.append(bare)
        else:
            out.append(line)
        if elements and bare.endswith("}"):
            items = "".join(elements).removesuffix("}").split(",")
            out += sorted("\t\t" + item.strip() for item in items)
            elements = []
    return "\n".join(out) + "\n"


@pytest.fixture(scope="module")
def node():
    lab.setup()
    with lab.Topology(nodes=1) as topo:
        yield topo.nodes[0]


@pytest.mark.parametrize("name", CASES)
def test_tables(node, name):
    conf, services = CASES[name]
    forward = Forwarder(node, **conf)
    try:
        forward.sync(services)
        text = "".join(sort_elements(node.run("nft", "list", "table", f, "vipd"))
                       for f in ("ip", "ip6"))
    finally:
        forward.end()
        cleanup(node)
    golden = HERE / "nft" / f"{name}.nft"
    if os.environ.get("GOLDEN_WRITE"):
        golden.write_text(text)
    assert text == golden.read_text()
