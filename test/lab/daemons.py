# SPDX-License-Identifier: GPL-2.0-or-later
"""The routers of the lab: vipd, and its peers keepalived and FRR's vrrpd."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from lab import BUILD, Failure, Process, command, kill, wait

VIP4 = "192.168.185.5"
VIP6 = "2001:db8:185::5"
LINKLOCAL6 = "fe80::5"


def block(word, settings, indent=""):
    """A configuration block: keepalived's syntax, which is vipd's."""
    lines = [f"{indent}{word} {{"]
    for key, value in settings.items():
        key = key.rstrip("_")
        if isinstance(value, dict):
            lines.append(block(key, value, indent + "    "))
        elif isinstance(value, (list, tuple)):
            lines.append(f"{indent}    {key} {{")
            lines += [f"{indent}        {item}" for item in value]
            lines.append(f"{indent}    }}")
        elif value is True:
            lines.append(f"{indent}    {key}")
        elif value is not None and value is not False:
            lines.append(f"{indent}    {key} {value}")
    return "\n".join(lines + [f"{indent}}}"])


def instance(priority, name="edge", vips=(VIP4 + "/24",), **settings):
    """A vrrp_instance of the lab; a setting of None takes the line away."""
    known = {"interface": "eth0", "virtual_router_id": 87, "version": 3,
             "priority": priority, "advert_int": 0.1}
    if vips:
        known["virtual_ipaddress"] = list(vips)
    return block(f"vrrp_instance {name}", known | settings) + "\n"


class Vipd(Process):
    """A vipd on a node. conf is the text of vipd.conf; prefix is a command
    that executes vipd, as env does."""

    def __init__(self, node, conf, prefix=()):
        self.node = node
        self.conf = node.dir / "vipd.conf"
        self.run_dir = node.dir / "run"
        self.state_dir = node.dir / "state"
        self.conf.write_text(conf)
        super().__init__(node, "vipd", *prefix, *self.command_line(), "-n", "-l")

    def command_line(self):
        return [BUILD / "vipd", "-f", self.conf, "--run-dir", self.run_dir,
                "--state-dir", self.state_dir, "--libexec-dir", BUILD]

    def ctl(self, *argv):
        """Runs vipctl; returns the CompletedProcess."""
        return subprocess.run(
            [BUILD / "vipctl", "--socket", self.run_dir / "control.sock", *argv],
            text=True, capture_output=True, timeout=30)

    def start_ctl(self, *argv):
        """vipctl beside the test; returns its Popen."""
        return subprocess.Popen(
            [BUILD / "vipctl", "--socket", self.run_dir / "control.sock", *argv],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def status(self):
        """`vipctl -o json status`, or None while nobody answers."""
        if not self.alive():
            raise Failure(f"{self.title} ended with {self.popen.returncode}")
        done = self.ctl("-o", "json", "status")
        return json.loads(done.stdout) if done.returncode in (0, 1) else None

    def instance(self, name="edge"):
        for entry in (self.status() or {}).get("instances", []):
            if entry["name"] == name:
                return entry
        return {}

    def state(self, name="edge"):
        return self.instance(name).get("state")

    def wait_state(self, *states, name="edge", within=5):
        wait(lambda: self.state(name) in states, within,
             f"{self.title}: {name} {' or '.join(states)}, is {self.state(name)}")

    def service(self, name, namespace="default"):
        for entry in (self.status() or {}).get("services", []):
            if (entry["namespace"], entry["name"]) == (namespace, name):
                return entry
        return {}

    def wait_service(self, name, *states, within=5):
        wait(lambda: self.service(name).get("state") in states, within,
             f"{self.title}: Service {name} {' or '.join(states)}, "
             f"is {self.service(name).get('state')}")

    def child(self, program):
        """The pid of vipd-engine, vipd-forward or vipd-watcher, or None."""
        for pid in self.pids():
            try:
                exe = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
            except OSError:
                continue
            if pathlib.Path(exe).name == program:
                return pid
        return None

    def kill_child(self, program):
        """SIGKILL; returns when another one runs in its place."""
        old = wait(lambda: self.child(program), 5, f"{self.title} has a {program}")
        kill(old, signal.SIGKILL)
        wait(lambda: self.child(program) not in (None, old), 5,
             f"{self.title}: {program} runs again")

    def reload(self, conf=None):
        """New text, then `vipctl reload`; returns the CompletedProcess."""
        if conf is not None:
            self.conf.write_text(conf)
        return self.ctl("reload")

    def cleanup(self):
        """`vipd --cleanup`, as ExecStopPost runs it."""
        return self.node.run(*self.command_line(), "--cleanup")

    def end(self):
        super().end()
        for directory in (self.run_dir, self.state_dir):
            shutil.rmtree(directory, ignore_errors=True)


class Keepalived(Process):
    """A keepalived on a node, with vipd's interface as far as tests need it."""

    def __init__(self, node, conf):
        self.node = node
        self.conf = node.dir / "keepalived.conf"
        self.conf.write_text(
            "global_defs {\n    router_id lab\n    vrrp_version 3\n}\n" + conf)
        pids = [node.dir / "keepalived.pid", node.dir / "vrrp.pid"]
        for path in pids:  # of one that was killed; it would refuse to start
            path.unlink(missing_ok=True)
        # -G: without a syslogd its lines would go to the console of the machine.
        super().__init__(node, "keepalived", "keepalived", "-n", "-l", "-G", "-P",
                         "-f", self.conf, "-p", pids[0], "-r", pids[1])

    def entered(self, state, name="edge"):
        """How often the instance entered MASTER, BACKUP or FAULT."""
        return self.log_text().count(f"({name}) Entering {state} STATE")

    def state(self, name="edge"):
        """The last state it entered, from its log."""
        entered = re.findall(rf"\({name}\) Entering (\w+) STATE", self.log_text())
        return entered[-1] if entered else None

    def wait_state(self, *states, name="edge", within=5):
        wait(lambda: self.state(name) in states, within,
             f"{self.title}: {' or '.join(states)}, is {self.state(name)}")


class Frr:
    """FRR's zebra and vrrpd with one virtual router on eth0; vips of one
    family, the interval is a second."""

    def __init__(self, node, vrid, priority, *vips, version=3):
        self.node = node
        self.title = f"{node.name}/frr"
        self.daemons = []
        self.space = node.full
        node.topology.processes.append(self)
        self.etc = pathlib.Path("/etc/frr") / self.space
        self.var = pathlib.Path("/var/run/frr") / self.space
        for directory in (self.etc, self.var):
            directory.mkdir(parents=True)
            shutil.chown(directory, "frr", "frr")
        conf = self.etc / "frr.conf"
        conf.write_text(
            f"interface eth0\n vrrp {vrid} version {version}\n"
            f" vrrp {vrid} priority {priority}\n"
            f" vrrp {vrid} advertisement-interval 1000\n"
            + "".join(f" vrrp {vrid} {'ipv6' if ':' in vip else 'ip'} {vip}\n"
                      for vip in vips))
        shutil.chown(conf, "frr", "frr")
        self.family = "v6" if ":" in vips[0] else "v4"
        macvlan = f"vrrp{self.family[1]}-{vrid}"
        node.ip("link", "add", macvlan, "link", "eth0", "type", "macvlan",
                "mode", "bridge")
        middle = "02" if self.family == "v6" else "01"
        length = 64 if self.family == "v6" else 32
        node.batch([f"link set {macvlan} address 00:00:5e:00:{middle}:{vrid:02x}",
                    f"link set {macvlan} addrgenmode none"]
                   + [f"addr add {vip}/{length} dev {macvlan}" for vip in vips]
                   + [f"link set {macvlan} up"])
        for name in ("zebra", "vrrpd"):
            self.daemons.append(Process(
                node, name, f"/usr/lib/frr/{name}", "-N", self.space, "-f", conf,
                "-i", self.var / f"{name}.pid", "--log", "stdout"))
            wait(lambda: list(self.var.glob(f"{name}.vty")), 5, f"{name} is up")

    def state(self):
        """Master or Backup, in FRR's words."""
        out = command("vtysh", "-N", self.space, "-c", "show vrrp json",
                      check=False)
        try:
            routers = json.loads(out)
        except ValueError:
            return None
        return routers[0][self.family]["status"] if routers else None

    def crash(self):
        self.daemons[1].crash()

    def log_text(self):
        return command("vtysh", "-N", self.space, "-c", "show vrrp", check=False)

    def end(self):
        for daemon in self.daemons:
            daemon.crash()
        for directory in (self.etc, self.var):
            shutil.rmtree(directory, ignore_errors=True)
