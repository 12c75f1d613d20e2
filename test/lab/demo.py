#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make demo: a Service's external IP on three nodes, a crash, and what a client
saw of it. Everything runs in network namespaces that are gone at the end; the
exit code is 0 only if every step held."""

import argparse
import os
import pathlib
import sys
import time

VIP = "192.168.185.18"
PORT = 22
USE_COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if USE_COLOUR else text


class Story:
    """Numbered steps, what was run, what came out."""

    def __init__(self):
        self.number = 0
        self.begun = time.monotonic()

    def step(self, text):
        self.number += 1
        print(f"\n{paint('1;36', f'{self.number}.')} {paint(1, text)}", flush=True)

    def say(self, text):
        for line in text.splitlines():
            print(f"   {line}", flush=True)

    def ran(self, node, text, output):
        print(f"   {paint(32, node + '#')} {text}", flush=True)
        for line in output.rstrip().splitlines():
            print(f"   {paint(2, '|')} {line}", flush=True)

    def good(self, text):
        print(f"   {paint('1;32', 'ok')} {text}", flush=True)


def demo(build):
    os.environ["VIPD_BUILD"] = str(build)
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    import cases
    import lab
    from client import Endpoint, Probe, connect
    from daemons import Vipd, block, instance

    tell = Story()
    lab.setup()
    print(paint(1, "vipd: a Service's external IP, three nodes, one of them dies"))
    with lab.Topology(nodes=3, endpoints=2, api=True) as topo:
        tell.step("A small cluster in network namespaces, on one bridge")
        tell.say("""\
   n1          n2          n3        client       ep1, ep2     API server
  .185.1      .185.2      .185.3    .185.100    10.129.2.11-12  .185.200
 ====+===========+===========+===========+============+============+====
                             192.168.185.0/24""")
        for node in topo.endpoints:
            Endpoint(node, PORT)
        api = cases.Api(topo)

        tell.step("vipd starts on every node; the nodes elect a master over VRRP")
        vipds = []
        for node, priority in zip(topo.nodes, (200, 150, 100)):
            conf = instance(priority, vips=(), preempt=True,
                            service_addresses=["192.168.185.0/24"]) + block(
                "services", {"kubeconfig": api.kubeconfig(node), "node_name": node.name,
                             "external_ips": ["192.168.185.18-192.168.185.30"]})
            vipds.append(Vipd(node, conf))
        cases.settle(vipds)
        text = vipds[0].conf.read_text().replace(str(topo.nodes[0].dir), "/etc/vipd")
        tell.ran("n1", "cat /etc/vipd/vipd.conf", text)
        tell.good(", ".join(f"{v.node} is {v.state()}" for v in vipds))

        tell.step("A tenant creates a Service with externalIPs and port 22")
        service, slice_ = cases.web(["10.129.2.11", "10.129.2.12"])
        api.cluster.create(slice_)
        api.cluster.create(service)
        created = time.monotonic()
        lab.wait(lambda: answer(connect, topo.client), 10, f"{VIP}:{PORT} answers")
        after = time.monotonic() - created
        shown = api.cluster.kubectl("get", "service", "web")
        tell.ran("tenant", "kubectl get service web", shown.stdout + shown.stderr)
        tell.good(f"{VIP}:{PORT} answers {1000 * after:.0f} ms after the Service was "
                  "created")

        tell.step("What an operator sees")
        cases.serving(vipds)
        tell.ran("n1", "vipctl status", vipds[0].ctl("status").stdout)
        tell.ran("n1", "ip -brief address show eth0",
                 topo.nodes[0].ip("-brief", "-4", "address", "show", "eth0"))
        lab.wait(lambda: all("10.129.2.11" in cases.rules(n) for n in topo.nodes), 5,
                 "the rules on every node")
        tell.good("the rules are in place on n2 and n3 too, before they are needed")

        tell.step("A client connects through the external IP")
        banner = connect(topo.client, VIP, PORT)
        tell.ran("client", f"nc {VIP} {PORT}", banner)
        assert banner.startswith("SSH-2.0-")
        icmp = Probe(topo.client, VIP).wait_answer()
        tcp = Probe(topo.client, VIP, PORT, interval_ms=1).wait_answer()

        tell.step("n1 loses power: its port goes dark, every process gets SIGKILL")
        killed = time.monotonic()
        topo.nodes[0].link_down()
        vipds[0].crash()
        vipds[1].wait_state("MASTER")
        for probe in (icmp, tcp):
            probe.wait_answer(after=killed + 0.05)
        cases.serving(vipds[1:])
        vipds[2].wait_state("BACKUP")
        lost = icmp.outage_ms(), tcp.outage_ms()
        tell.good(f"n2 took over; ping was interrupted for "
                  f"{paint(1, f'{lost[0]:.0f} ms')}, new TCP connections for "
                  f"{paint(1, f'{lost[1]:.0f} ms')}")
        tell.say("(n2 declares n1 dead after three adverts of 100 ms and its skew: "
                 "341 ms)")
        assert max(lost) < 1000, "an outage of a second or more"
        banner = connect(topo.client, VIP, PORT)
        tell.ran("client", f"nc {VIP} {PORT}", banner)
        tell.ran("n2", "vipctl status", vipds[1].ctl("status").stdout)

        tell.step("The tenant deletes the Service")
        api.cluster.delete(service)
        lab.wait(lambda: not topo.holders(VIP, topo.nodes[1:]), 5, "address gone")
        lab.wait(lambda: not any(VIP in cases.rules(n) for n in topo.nodes[1:]), 5,
                 "rules gone")
        tell.good(f"no node has {VIP}, no table names it")
    left = [name for name in lab.command("ip", "netns", "list").split()
            if name.startswith(topo.prefix)]
    assert not left, f"left behind: {left}"
    print(f"\nEvery step held, in {time.monotonic() - tell.begun:.0f} s; "
          "nothing is left of it.")


def answer(connect, client):
    try:
        return connect(client, VIP, PORT, timeout=0.2)
    except OSError:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    args = parser.parse_args()
    try:
        demo(args.build.resolve())
    except (AssertionError, OSError, RuntimeError) as error:
        print(f"\n{paint('1;31', 'FAILED')}: {error}", file=sys.stderr)
        for topology in list(sys.modules["lab"].Topology.live):
            for title, text in topology.logs():
                print(f"--- {title}\n" + "\n".join(text.splitlines()[-30:]),
                      file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
