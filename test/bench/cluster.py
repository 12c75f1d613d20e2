# SPDX-License-Identifier: GPL-2.0-or-later
"""10,000 Services with 50,000 endpoints of an API server: what they take.

The server is the tests' own, in Python, on the same CPUs: what it takes by itself
is measured beside, by a client that does nothing (curl, a plain watch)."""

import http.client
import json
import select
import shutil
import socket
import struct
import time

from routers import cpu_s, late_ms

MANY = 10000
CHANGES = 200  # of a kind; a p99 of fewer is none
SETTLE_S = 1.0
SERVICES, SLICES = "/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices"
SERVICES_OF = "/api/v1/namespaces/default/services"
SLICES_OF = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
SO_RCVBUFFORCE, BUFFER = 33, 1 << 26
ROUTE, NETFILTER = 0, 12
RTM_NEWADDR, RTM_DELADDR, IFA_LOCAL = 20, 21, 2
GROUPS = 0x1 | 0x10 | 0x40  # links, addresses and routes of IPv4
SOL_NETLINK, ADD_MEMBERSHIP, NFNLGRP_NFTABLES = 270, 1, 7


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


class Kernel:
    """Hears what changes in a node: addresses, routes, links; or nf_tables."""

    def __init__(self, node, protocol):
        self.sock = node.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.sock.bind((0, GROUPS if protocol == ROUTE else 0))
        if protocol == NETFILTER:
            self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, NFNLGRP_NFTABLES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def messages(self, within):
        """The messages of the next datagram; none if none comes."""
        if not select.select([self.sock], [], [], within)[0]:
            return []
        data, found = self.sock.recv(1 << 17), []
        while data:
            size, kind = struct.unpack_from("=IH", data)
            found.append((kind, data[16:size]))
            data = data[(size + 3) & ~3:]
        return found

    def drain(self, quiet=0.0):
        """Until nothing has come for that long; returns how many messages did."""
        count = 0
        while found := self.messages(quiet):
            count += len(found)
        return count


def moved(wanted, kind, body):
    """The IPv4 address a message of the wanted kind adds or removes, or None."""
    if kind != wanted or body[0] != socket.AF_INET:
        return None
    at = 8
    while at + 4 <= len(body):
        size, attribute = struct.unpack_from("=HH", body, at)
        if attribute == IFA_LOCAL:
            return socket.inet_ntop(socket.AF_INET, body[at + 4:at + 8])
        at += (size + 3) & ~3
    return None


def state():
    """What the server reads at its start: as if all had been created."""
    from run import service_objects
    objects = []
    for index in range(MANY):
        for storage, obj in zip(("services", "endpointslices.discovery.k8s.io"),
                                service_objects(index)):
            meta = obj["metadata"]
            meta.update(uid=f"00000000-0000-4000-8000-{len(objects):012x}",
                        creationTimestamp="2026-01-01T00:00:00Z",
                        resourceVersion=str(2000 + len(objects)), generation=1)
            if storage == "services":
                obj["spec"].update(type="ClusterIP", ipFamilies=["IPv4"],
                                   ipFamilyPolicy="SingleStack", sessionAffinity="None",
                                   clusterIP=f"10.96.{index // 250}.{index % 250 + 2}")
            objects.append([storage, obj])
    return {"version": 2000 + len(objects), "objects": objects}


class Bench:
    """A server that has everything, a node that will follow it."""

    def __init__(self, topo):
        import cases
        self.node = topo.nodes[0]
        directory = topo.api.dir / "cluster"
        directory.mkdir()
        (directory / "state.json").write_text(json.dumps(state()))
        self.api = cases.Api(topo)
        self.cluster = self.api.cluster
        # Short, so that the election is not what is measured.
        self.conf = self.api.conf(
            self.node, 200, advert_int=0.01, service_addresses=["172.20.0.0/16"]
        ).replace(cases.ALLOWED[0], "172.20.0.0/16").replace(
            cases.ALLOWED[1], "").replace("services {", "services {\n    allocator no")

    def start(self):
        """(vipd, s from its first list to the first address, to the last one)."""
        from daemons import Vipd
        from lab import Failure
        self.cluster.forget_requests()
        seen, first = set(), None
        with Kernel(self.node, ROUTE) as kernel:
            vipd = Vipd(self.node, self.conf)
            while len(seen) < MANY:
                found = kernel.messages(60)
                if not found:
                    raise Failure(f"{len(seen)} of {MANY} addresses")
                seen |= {address for address in (moved(RTM_NEWADDR, *m) for m in found)
                         if address and address.startswith("172.20.")}
                last = time.time()
                first = first or (last if seen else None)
        asked = min(request["time"] for request in self.lists())
        return vipd, first - asked, last - asked

    def lists(self):
        return [r for r in self.cluster.requests(verb="list")
                if r["resource"] in ("services", "endpointslices")]

    def server_s(self):
        """The same lists by curl, which throws them away."""
        token = (self.cluster.directory / "vipd.token").read_text()
        argv = ["curl", "-sfgZ", "--compressed", "--cacert", self.cluster.directory / "ca.crt",
                "-H", f"Authorization: Bearer {token}"]
        for request in self.lists():
            argv += ["-o", "/dev/null",
                     f"{self.cluster.url}{request['path']}?{request['query']}"]
        begun = time.monotonic()
        self.node.run(*argv)
        return time.monotonic() - begun

    def kernel_s(self):
        """The same addresses by one ip(8)."""
        from run import service_objects
        lines = [f"addr {verb} {service_objects(index)[0]['spec']['externalIPs'][0]}/32"
                 " dev eth0" for verb in ("add", "del") for index in range(MANY)]
        begun = time.monotonic()
        self.node.batch(lines[:MANY])
        took = time.monotonic() - begun
        self.node.batch(lines[:MANY - 1:-1])
        return took

    def end(self, vipd):
        vipd.crash()
        vipd.cleanup()
        shutil.rmtree(vipd.state_dir)  # no snapshot: from nothing


def cluster_start(options):
    """From the first list of 10,000 Services of an API server to the last address."""
    import lab
    from run import Figure, pss_mib
    first = Figure(f"API server, {MANY} Services: list to the first address", "s")
    last = Figure("  to the last address", "s", 3, "< 3")
    spent = Figure("  CPU time of all of vipd", "s")
    server = Figure("  the lists alone, by curl", "s")
    kernel = Figure("  the addresses alone, by ip -batch", "s")
    memory = Figure("  PSS of vipd-watcher", "MiB", 64, "< 64")
    with lab.Topology(nodes=1, api=True) as topo:
        bench = Bench(topo)
        for _ in range(max(3, options.runs // 3)):
            vipd, begun, done = bench.start()
            first.add("vipd", begun)
            last.add("vipd", done)
            spent.add("vipd", cpu_s(vipd))
            lab.wait(lambda: (vipd.status() or {})["forwarding"]["in_sync"], 20, "in sync")
            memory.add("vipd", pss_mib([vipd.child("vipd-watcher")]))
            bench.end(vipd)
            server.add("vipd", bench.server_s())
            kernel.add("vipd", bench.kernel_s())
    return [first, last, spent, server, kernel, memory]


class Changes:
    """Makes changes and stands beside: another client's watch tells when the server
    tells, netlink when the kernel has it."""

    def __init__(self, bench, path):
        self.cluster, self.path = bench.cluster, path
        version = self.cluster.request("GET", path, limit=1)["metadata"]["resourceVersion"]
        self.writer, self.watch = self.connect(), self.connect()
        self.watch.request("GET", f"{path}?watch=1&resourceVersion={version}")

    def connect(self):
        connection = http.client.HTTPConnection("admin", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.cluster.directory / "admin.sock"))
        return connection

    def drain(self, *kernels):
        """Until all is quiet."""
        socks = [kernel.sock for kernel in kernels] + [self.watch.sock]
        while ready := select.select(socks, [], [], 0.03)[0]:
            for sock in ready:
                sock.recv(1 << 17)

    def make(self, method, path, obj, name, kernel, is_it):
        """(ms until the server tells of the object, ms until the kernel has it)."""
        data, told, done = b"", None, None
        kind = "merge-patch+json" if method == "PATCH" else "json"
        begun = time.monotonic()
        self.writer.request(method, path, obj and json.dumps(obj),
                            {"Content-Type": f"application/{kind}", "User-Agent": "bench"})
        while not told or not done:
            ready = select.select([self.watch.sock, kernel.sock], [], [], 30)[0]
            now = time.monotonic()
            if not ready:
                raise OSError(f"{name}: nothing came of the change")
            if kernel.sock in ready and any(is_it(*m) for m in kernel.messages(0)):
                done = done or now
            if self.watch.sock in ready:
                data += self.watch.sock.recv(1 << 17)
                told = told or (now if f'"{name}"'.encode() in data else None)
        self.writer.getresponse().read()
        return 1000 * (told - begun), 1000 * (done - begun)

    def end(self):
        self.writer.close()
        self.watch.close()


def endpoint_changes(bench, figures, count):
    """One of 10,000 Services has another port at its endpoints."""
    changes = Changes(bench, SLICES)
    with Kernel(bench.node, NETFILTER) as kernel:
        for turn in range(count):
            changes.drain(kernel)
            name, number = f"s{turn * 37 % MANY}-1", 9000 + turn
            port = {"name": "p", "port": number, "protocol": "TCP"}
            figures.add(*changes.make(
                "PATCH", f"{SLICES_OF}/{name}", {"ports": [port]}, name, kernel,
                lambda _, body, wire=struct.pack("!H", number): wire in body))
    changes.end()


def service_changes(bench, come, go, count):
    """More Services come, to their rules: their addresses are probed for (RFC 5227),
    which takes its time. They go, until their addresses are gone."""
    import lab
    from run import service_objects
    pairs = [service_objects(index) for index in range(MANY, MANY + count)]
    for _, slice_ in pairs:
        bench.cluster.create(slice_)
    changes = Changes(bench, SERVICES)
    with Kernel(bench.node, NETFILTER) as nft, Kernel(bench.node, ROUTE) as route:
        for service, _ in pairs:
            name, (address,) = service["metadata"]["name"], service["spec"]["externalIPs"]
            changes.drain(nft, route)
            come.add(*changes.make(
                "POST", SERVICES_OF, service, name, nft,
                lambda _, body, wire=socket.inet_aton(address): wire in body))
        lab.wait(lambda: len(bench.node.addresses()) > MANY + count, 60, "all addresses")
        for service, _ in pairs:
            name, (address,) = service["metadata"]["name"], service["spec"]["externalIPs"]
            changes.drain(nft, route)
            go.add(*changes.make("DELETE", f"{SERVICES_OF}/{name}", None, name, route,
                                 lambda *m, a=address: moved(RTM_DELADDR, *m) == a))
    changes.end()


class Latency:
    """Of one kind of change: whole, and behind the server's word. The server may tell
    the plain watch a little later than vipd: by a thread of its own."""

    def __init__(self, what):
        from run import Figure
        self.done, self.tail = Figure(what, "ms"), Figure("  p99", "ms")
        self.told = Figure("  the server's part, until it tells a plain watch", "ms")
        self.rest = Figure("  from there on", "ms")
        self.rest_tail = Figure("    p99", "ms", 20, "< 20")

    def add(self, told, done):
        self.done.add("vipd", done)
        self.told.add("vipd", told)
        self.rest.add("vipd", max(0.0, done - told))

    def figures(self):
        self.tail.add("vipd", p99(self.done.values["vipd"]))
        self.rest_tail.add("vipd", p99(self.rest.values["vipd"]))
        return [self.done, self.tail, self.told, self.rest, self.rest_tail]


def cluster_change(options):
    """One change of 10,000 Services of an API server, until the kernel has it."""
    import lab
    kinds = [Latency(what) for what in (
        f"API server, {MANY} Services: endpoint change to rule",
        "a Service comes: to its rule", "a Service goes: until its address is gone")]
    count = max(CHANGES, 20 * options.runs)
    with lab.Topology(nodes=1, api=True) as topo:
        bench = Bench(topo)
        vipd = bench.start()[0]
        endpoint_changes(bench, kinds[0], count)
        service_changes(bench, kinds[1], kinds[2], count)
        bench.end(vipd)
    return [figure for kind in kinds for figure in kind.figures()]


def relist(bench):
    """The history is lost; returns when both resources are watched again."""
    from lab import wait
    bench.cluster.forget_requests()
    bench.cluster.compact()
    for resource, group in (("services", ""), ("endpointslices", "discovery.k8s.io")):
        bench.cluster.streams("end", resource=resource, group=group)

    def listed(resource):
        requests = bench.cluster.requests(resource=resource)
        lists = [r["time"] for r in requests if r["verb"] == "list"]
        return lists and any(r["verb"] == "watch" and r["time"] > lists[-1]
                             for r in requests)

    for resource in ("services", "endpointslices"):
        wait(lambda: listed(resource), 60, f"{resource} are listed and watched again")
    time.sleep(SETTLE_S)  # what would follow from it


def cluster_relist(options):
    """All 10,000 Services are listed anew: what that changes, and whom it delays."""
    import lab
    from run import Figure
    from wire import Capture
    took = Figure(f"relist of {MANY} Services until watched again", "s")
    rules = Figure("  changes of nf_tables", "", 0, "0")
    routes = Figure("  changes of links, addresses, routes", "", 0, "0")
    late = {True: Figure("  advert later than 10 ms, p99 of each", "ms"),
            False: Figure("  the same while nothing happens", "ms")}
    with lab.Topology(nodes=1, api=True) as topo:
        bench = Bench(topo)
        vipd = bench.start()[0]
        capture = Capture(topo.client, "vrrp")
        with Kernel(bench.node, NETFILTER) as nft, Kernel(bench.node, ROUTE) as route:
            # Each makes the next wait longer: L9.
            for _ in range(3):
                nft.drain(SETTLE_S)
                route.drain()
                begun = time.time()
                relist(bench)
                middle = time.time()
                rules.add("vipd", nft.drain())
                routes.add("vipd", route.drain())
                took.add("vipd", middle - begun - SETTLE_S)
                time.sleep(middle - begun)  # as long
                frames = capture.frames("vrrp")
                for busy, first, last in ((True, begun, middle),
                                          (False, middle, time.time())):
                    late[busy].add("vipd", p99(late_ms(
                        [f for f in frames if first < f.time < last], 10)))
        capture.finish()
        bench.end(vipd)
    return [took, rules, routes, late[True], late[False]]


FIGURES = {"cluster-start": cluster_start, "cluster-change": cluster_change,
           "cluster-relist": cluster_relist}
