# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces on one bridge: nodes, a client, endpoints.

    n1   n2   n3   client   ep1   ep2   api    192.168.185.0/24, 2001:db8:185::/64
     |    |    |     |       |     |     |     10.129.2.0/24 (nodes and endpoints)
    =+====+====+=====+=======+=====+=====+=  lan0, in the namespace `switch`

Every namespace of a run is called vipd-lab-PID-N-NAME. Whatever ends the run,
its namespaces and processes go: context manager, atexit, signals, and at the
next start those of runs whose PID is gone.
"""

import atexit
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PREFIX = "vipd-lab"
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIPD_BUILD", ROOT / "build")).resolve()

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)

# Sanitizers and busy machines are slow: deadlines stretch, nothing else does.
PATIENCE = float(os.environ.get("VIPD_LAB_PATIENCE",
                                5 if "asan" in BUILD.parts else 3))


class Failure(AssertionError):
    """A condition that did not come true in time."""


def wait(condition, within, what):
    """Polls condition() until it is true; returns its value."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {within * PATIENCE:g} s: {what}")
        time.sleep(0.01)


def stays(condition, during, what):
    """condition() must hold all the time: the absence of an event."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        if not condition():
            raise Failure(f"did not stay for {during:g} s: {what}")
        time.sleep(0.01)


def command(*argv, check=True, text=None):
    """Runs a command to its end; returns its output."""
    done = subprocess.run([str(a) for a in argv], input=text, text=True,
                          capture_output=True, timeout=60)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def open_folder():
    """A folder that the children's user may look into. pytest's own are closed
    to others again by every run that starts on the machine."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-0-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Namespace:
    """One network namespace; everything below runs inside it."""

    def __init__(self, name, full):
        self.name = name
        self.full = full

    def argv(self, *argv):
        return ["ip", "netns", "exec", self.full, *map(str, argv)]

    def run(self, *argv, check=True, text=None):
        return command(*self.argv(*argv), check=check, text=text)

    def ip(self, *argv, check=True):
        return command("ip", "-n", self.full, *argv, check=check)

    def batch(self, lines):
        command("ip", "-n", self.full, "-batch", "-", text="\n".join(lines) + "\n")

    def nft(self, text):
        self.run("nft", "-f", "-", text=text)

    def call(self, function, *args):
        """function(*args) by a thread that has entered the namespace; sockets
        it opens stay there."""
        result = {}

        def inside():
            try:
                with open(f"/run/netns/{self.full}") as handle:
                    if LIBC.setns(handle.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                result["value"] = function(*args)
            except BaseException as error:  # handed to the caller
                result["error"] = error

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in result:
            raise result["error"]
        return result["value"]

    def socket(self, *args):
        return self.call(socket.socket, *args)

    def sysctl(self, **values):
        """sysctl(net__ipv4__ip_forward=1): a double underscore is a dot."""
        def write():
            for key, value in values.items():
                path = "/proc/sys/" + key.replace("__", "/")
                pathlib.Path(path).write_text(str(value))
        self.call(write)

    def addresses(self, dev="eth0"):
        """{address: details} of an interface; empty if there is none."""
        out = command("ip", "-n", self.full, "-j", "addr", "show", "dev", dev,
                      check=False)
        links = [link for link in json.loads(out or "[]") if link]
        return {info["local"]: info
                for link in links for info in link.get("addr_info", [])}

    def mac(self, dev="eth0"):
        return json.loads(self.ip("-j", "link", "show", "dev", dev))[0]["address"]


class Node(Namespace):
    """A namespace with a port on the bridge."""

    def __init__(self, topology, name, number):
        super().__init__(name, topology.full(name))
        self.topology = topology
        self.number = number
        self.ip4 = f"192.168.185.{number}"
        self.ip6 = f"2001:db8:185::{number:x}"
        self.pod4 = f"10.129.2.{number}"

    def __repr__(self):
        return self.name

    @property
    def dir(self):
        path = self.topology.dir / self.name
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
        return path

    # The shapes of a failing link.
    def link_down(self):
        """The cable is pulled: the node sees no carrier."""
        self.topology.switch.ip("link", "set", self.name, "down")

    def black_hole(self):
        """The port forwards nothing; carrier stays."""
        self.topology.switch.ip("link", "set", self.name, "nomaster")

    def heal(self):
        self.topology.switch.batch([
            f"link set {self.name} master lan0", f"link set {self.name} up"])

    def deafen(self, to):
        """One way only: frames from `to` no longer reach this node."""
        self.topology.switch.nft(
            "table bridge cut { chain f { type filter hook forward priority 0;\n"
            f'iifname "{to.name}" oifname "{self.name}" drop\n}}\n}}\n')

    def undeafen(self):
        self.topology.switch.nft("delete table bridge cut\n")


class Topology:
    """See the top of the file. Use it as a context manager."""

    count = 0
    live = []

    def __init__(self, nodes=3, endpoints=0, api=False):
        Topology.count += 1
        self.prefix = f"{PREFIX}-{os.getpid()}-{Topology.count}"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=self.prefix + "-"))
        self.dir.chmod(0o755)
        self.processes = []
        self.switch = Namespace("switch", self.full("switch"))
        self.nodes = [Node(self, f"n{i}", i) for i in range(1, nodes + 1)]
        self.client = Node(self, "client", 100)
        self.endpoints = [Node(self, f"ep{i}", 10 + i)
                          for i in range(1, endpoints + 1)]
        self.api = Node(self, "api", 200) if api else None

    def full(self, name):
        return f"{self.prefix}-{name}"

    @property
    def members(self):
        api = [self.api] if self.api else []
        return [*self.nodes, self.client, *self.endpoints, *api]

    def __enter__(self):
        Topology.live.append(self)
        command("ip", "-batch", "-", text="".join(
            f"netns add {ns.full}\n" for ns in [self.switch, *self.members]))
        for ns in [self.switch, *self.members]:
            # No duplicate address detection: an address is usable at once.
            ns.sysctl(net__ipv6__conf__all__accept_dad=0,
                      net__ipv6__conf__default__accept_dad=0)
        self.switch.batch(["link set lo up", "link add lan0 type bridge",
                           "link set lan0 up"])
        for node in self.members:
            self.plug(node)
        for node in self.nodes:
            node.sysctl(net__ipv4__ip_forward=1,
                        net__ipv6__conf__all__forwarding=1)
        return self

    def plug(self, node):
        """Gives a node its eth0 and a port on the bridge."""
        command("ip", "link", "add", node.name, "netns", self.switch.full, "type",
                "veth", "peer", "name", "eth0", "netns", node.full)
        self.switch.batch([f"link set {node.name} master lan0 up"])
        node.batch(["link set lo up", "link set eth0 up",
                    f"addr add {node.ip4}/24 brd + dev eth0",
                    f"addr add {node.ip6}/64 dev eth0 nodad"])
        if node is not self.client:
            node.batch([f"addr add {node.pod4}/24 dev eth0",
                        f"addr add fd00:129:2::{node.number:x}/64 dev eth0 nodad"])

    def unplug(self, node):
        """The interface is gone, not only down."""
        node.ip("link", "del", "eth0")

    def holders(self, address, among=None):
        """The nodes that have address on eth0."""
        return [n for n in among or self.nodes if address in n.addresses()]

    def logs(self):
        """[(title, text)] of every process, for a failure report."""
        return [(p.title, p.log_text()) for p in self.processes]

    def close(self):
        for process in reversed(self.processes):
            process.end()
        for ns in [self.switch, *self.members]:
            remove_namespace(ns.full)
        shutil.rmtree(self.dir, ignore_errors=True)
        if self in Topology.live:
            Topology.live.remove(self)

    def __exit__(self, *_):
        if not os.environ.get("VIPD_LAB_KEEP"):
            self.close()


class Process:
    """A program of a topology with its log. Ended by pid, always."""

    def __init__(self, ns, name, *argv, stdout=None):
        self.ns = ns
        self.title = f"{ns.name}/{name}"
        self.log = ns.dir / f"{name}.log"
        with open(self.log, "ab") as log:
            self.log_begins = log.tell()  # behind an earlier one's
            self.popen = subprocess.Popen(
                ns.argv(*argv), stdin=subprocess.DEVNULL, stdout=stdout or log,
                stderr=log, preexec_fn=die_with_parent, start_new_session=True)
        ns.topology.processes.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def log_text(self):
        with open(self.log, "rb") as log:
            log.seek(self.log_begins)
            return log.read().decode(errors="replace")

    def pids(self):
        """The process and all its descendants."""
        return [self.pid, *descendants(self.pid)] if self.alive() else []

    def crash(self):
        """SIGKILL of all of it at one instant: the parent is stopped first, so
        it neither restarts a child nor lets one say goodbye."""
        if not self.alive():
            return
        os.kill(self.pid, signal.SIGSTOP)
        for pid in reversed(self.pids()):
            kill(pid, signal.SIGKILL)
        self.popen.wait()

    def stop(self, within=10):
        """SIGTERM; returns the exit code."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
        try:
            return self.popen.wait(within * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.title} did not end in {within} s") from None

    def end(self):
        self.crash()
        if self.popen.stdout:
            self.popen.stdout.close()


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid):
    """Children first, then theirs."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as handle:
                found += map(int, handle.read().split())
    except (FileNotFoundError, ProcessLookupError):
        return found
    return found + [p for child in found for p in descendants(child)]


def remove_namespace(full):
    """Ends what still runs in it (ours, by the name), then deletes it."""
    pids = command("ip", "netns", "pids", full, check=False)
    for pid in pids.split():
        if int(pid) != os.getpid():
            kill(int(pid), signal.SIGKILL)
    command("ip", "netns", "del", full, check=False)


def remove_stale():
    """Removes what runs that no longer exist have left."""
    for name in command("ip", "netns", "list").split():
        match = re.match(PREFIX + r"-(\d+)-\d+-", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            remove_namespace(name)
    for parent in (tempfile.gettempdir(), "/etc/frr", "/var/run/frr"):
        for path in pathlib.Path(parent).glob(PREFIX + "-*"):
            match = re.match(PREFIX + r"-(\d+)-", path.name)
            if match and not os.path.exists(f"/proc/{match[1]}"):
                shutil.rmtree(path, ignore_errors=True)


def close_all():
    if not os.environ.get("VIPD_LAB_KEEP"):
        for topology in list(Topology.live):
            topology.close()


def setup():
    """Once a run: clean up after the dead, promise to clean up after us."""
    if os.geteuid():
        sys.exit("the lab builds network namespaces: run it as root")
    remove_stale()
    atexit.register(close_all)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
