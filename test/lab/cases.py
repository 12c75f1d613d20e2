# SPDX-License-Identifier: GPL-2.0-or-later
"""What many tests begin with: several vipd, a Service in a directory or behind
the API server for tests."""

import json
import pwd
import shutil

import kube
from client import Endpoint
from daemons import VIP4, Vipd, block, instance
from lab import wait

EXTERNAL = "192.168.185.18"
EXTERNAL6 = "2001:db8:185::18"
ALLOWED = ["192.168.185.18-192.168.185.30", "2001:db8:185::18-2001:db8:185::30"]
PRIORITIES = (200, 150, 100)

try:
    CHILD_USER = pwd.getpwnam("vipd").pw_name
except KeyError:
    CHILD_USER = "nobody"


def start(topo, conf=instance, priorities=PRIORITIES, **settings):
    """A vipd on each node; conf(priority, **settings) is its text. Returns them
    when the first is MASTER and the others are BACKUP."""
    vipds = []
    for node, priority in zip(topo.nodes, priorities):
        vipds.append(Vipd(node, conf(priority, **settings)))
        if settings.get("nopreempt"):  # who is first stays
            vipds[0].wait_state("MASTER", within=15)
    settle(vipds)
    return vipds


def settle(vipds, within=15):
    """The first is MASTER, the others are BACKUP."""
    vipds[0].wait_state("MASTER", within=within)
    for other in vipds[1:]:
        other.wait_state("BACKUP", within=within)


def only_holder(topo, node, address=VIP4, within=5):
    """address is on node and nowhere else."""
    wait(lambda: topo.holders(address) == [node], within,
         f"{address} on {node} alone, is on {topo.holders(address)}")


# ---- Services from a directory ----

def manifest_conf(node, priority, forwarding=None, vips=(VIP4 + "/24",),
                  external_ips=tuple(ALLOWED), **settings):
    """A vipd.conf whose Services come from a directory of the node."""
    directory = node.dir / "services.d"
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    known = {"service_addresses": ["192.168.185.0/24", "2001:db8:185::/64"],
             "preempt": True}
    text = instance(priority, vips=vips, **known | settings)
    text += block("services", {"manifests": directory, "node_name": node.name,
                               "external_ips": list(external_ips)}) + "\n"
    if forwarding:
        text += block("forwarding", forwarding) + "\n"
    return text


def start_manifests(topo, priorities=PRIORITIES, **settings):
    vipds = [Vipd(node, manifest_conf(node, priority, **settings))
             for node, priority in zip(topo.nodes, priorities)]
    settle(vipds)
    return vipds


def put(topo, name, *objects):
    """A file of objects in every node's directory, renamed into place."""
    for node in topo.nodes:
        directory = node.dir / "services.d"
        directory.mkdir(exist_ok=True)
        new = directory / f".{name}.new"
        new.write_text("".join(f"---\n{json.dumps(obj)}\n" for obj in objects))
        new.chmod(0o644)
        new.rename(directory / f"{name}.yaml")


def take(topo, name):
    for node in topo.nodes:
        (node.dir / "services.d" / f"{name}.yaml").unlink()


def web(endpoints=("10.129.2.11",), port=22, target=22, address=EXTERNAL,
        protocol="TCP", **spec):
    """The Service of the acceptance sentence and its EndpointSlice."""
    family = "IPv6" if ":" in address else "IPv4"
    ports = [{"name": "p", "port": port, "targetPort": target, "protocol": protocol}]
    service = kube.service("web", ports, external_ips=[address], **spec)
    service["spec"].update(type="ClusterIP", ipFamilies=[family])
    slice_ = kube.endpoint_slice(
        "web", endpoints, [{"name": "p", "port": target, "protocol": protocol}],
        family=family)
    return service, slice_


def serving(vipds, name="web"):
    """The Service is served by the first and stands by at the others."""
    vipds[0].wait_service(name, "serving", within=10)
    for other in vipds[1:]:
        other.wait_service(name, "standby", within=10)


def endpoints(topo, *ports):
    return [Endpoint(node, *(ports or (22,))) for node in topo.endpoints]


def rules(node):
    """The text of vipd's tables on a node; empty when there is none."""
    return "".join(node.run("nft", "-n", "list", "table", family, "vipd", check=False)
                   for family in ("ip", "ip6"))


# ---- Services from the API ----

class Api:
    """The API server for tests in the namespace of topo.api."""

    def __init__(self, topo, **settings):
        self.node = topo.api
        self.title = "api/server"
        self.dir = self.node.dir / "cluster"
        topo.processes.append(self)
        self.cluster = kube.start(self.dir, bind=self.node.ip4,
                                  netns=self.node.full, **settings)
        for node in topo.nodes:
            self.cluster.create({
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name},
                "status": {"addresses": [{"type": "InternalIP",
                                          "address": node.ip4}]}})

    def log_text(self):
        path = self.dir / "stderr.log"
        return path.read_text() if path.exists() else ""

    def kubeconfig(self, node):
        """A copy that the unprivileged child of that node may read."""
        path = node.dir / "kubeconfig"
        shutil.copy(self.cluster.vipd_kubeconfig, path)
        path.chmod(0o600)
        shutil.chown(path, CHILD_USER)
        return path

    def conf(self, node, priority, vips=(VIP4 + "/24",), **settings):
        """A vipd.conf that follows this server."""
        known = {"service_addresses": ["192.168.185.0/24", "2001:db8:185::/64"],
                 "preempt": True}
        return instance(priority, vips=vips, **known | settings) + block(
            "services", {"kubeconfig": self.kubeconfig(node), "node_name": node.name,
                         "external_ips": ALLOWED}) + "\n"

    def start(self, topo, priorities=PRIORITIES, **settings):
        vipds = [Vipd(node, self.conf(node, priority, **settings))
                 for node, priority in zip(topo.nodes, priorities)]
        settle(vipds)
        return vipds

    def end(self):
        self.cluster.stop()
