# SPDX-License-Identifier: GPL-2.0-or-later
"""What an operator installs: the unit, the tree below DESTDIR, sd_notify."""

import os
import re
import socket
import subprocess

import pytest

from cases import endpoints, manifest_conf, only_holder, put, serving, web
from client import try_connect
from daemons import VIP4, Vipd, instance
from lab import BUILD, ROOT, command, wait

# systemd's own scale: 0 is the safest, 100 has no protection at all. What is
# left are the network capabilities and seeing the host's network.
EXPOSURE = 35


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """The folder with all units, as they are installed."""
    folder = tmp_path_factory.mktemp("unit")
    for path in (ROOT / "systemd").iterdir():
        (folder / path.name.removesuffix(".in")).write_text(
            path.read_text().replace("@sbindir@", str(BUILD)))
    return folder


@pytest.fixture
def unit(units):
    return units / "vipd.service"


@pytest.mark.parametrize("name", ["vipd.service", "vipd-metrics.socket",
                                  "vipd-metrics@.service"])
def test_systemd_has_nothing_to_say_about_the_unit(units, name):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", units / name],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_metrics_run_without_any_power(units):
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes",
                           "--threshold=15", "--no-pager",
                           units / "vipd-metrics@.service"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_user_and_its_group_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    done = subprocess.run(["systemd-sysusers", f"--root={tmp_path}",
                           ROOT / "systemd/vipd.sysusers"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "\nvipd:" in "\n" + (tmp_path / "etc/passwd").read_text()
    assert "\nvipd:" in "\n" + (tmp_path / "etc/group").read_text()


def test_the_unit_is_hardened(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes",
                           f"--threshold={EXPOSURE}", "--no-pager", unit],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


@pytest.mark.parametrize("line", [
    "Type=notify", "KillMode=mixed", "Restart=always", "RestartSec=0",
    "TimeoutStopSec=15", r"ExecStopPost=\S+/vipd --cleanup", r"WatchdogSec=\d+",
    "Wants=network-pre.target"])
def test_the_unit_says(unit, line):
    assert re.search(f"^{line}$", unit.read_text(), re.M)


def test_a_shutdown_hands_over_before_these_stop(unit):
    after = " ".join(re.findall("^After=(.*)$", unit.read_text(), re.M)).split()
    assert {"network-pre.target", "NetworkManager.service",
            "systemd-networkd.service", "openvswitch.service",
            "ovs-configuration.service", "nftables.service", "firewalld.service",
            "containerd.service", "crio.service", "docker.service",
            "kubelet.service"} <= set(after)
    assert "network-online.target" not in unit.read_text().split()


def test_the_units_capabilities_are_enough(lab, unit):
    """And not root's others: a Service is served, a child restarted."""
    words = " ".join(re.findall("^CapabilityBoundingSet=(.*)$", unit.read_text(),
                                re.M))
    bounding = ",".join(["-all", *("+" + w.lower().removeprefix("cap_")
                                   for w in words.split())])
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    vipd = Vipd(topo.nodes[0], manifest_conf(topo.nodes[0], 200),
                prefix=["setpriv", "--no-new-privs", "--bounding-set", bounding])
    vipd.wait_state("MASTER", within=10)
    put(topo, "web", *web())
    serving([vipd])
    wait(lambda: "ep1" in try_connect(topo.client, "192.168.185.18", 22), 5, "served")
    for program in ("vipd-engine", "vipd-forward", "vipd-watcher"):
        vipd.kill_child(program)
    vipd.wait_state("MASTER")
    assert vipd.stop() == 0
    assert VIP4 not in topo.nodes[0].addresses()


def test_systemd_is_told_when_it_is_ready_and_that_it_lives(lab):
    """READY when the configuration is accepted and the sockets are open: it does
    not wait for an interface, nor for an API server."""
    topo = lab(nodes=1)
    path = topo.dir / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(10)
        topo.unplug(topo.nodes[0])
        vipd = Vipd(topo.nodes[0], instance(100), prefix=[
            "env", f"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=400000"])
        received = ""
        while "READY=1" not in received:
            received += notify.recv(4096).decode() + "\n"
        while "WATCHDOG=1" not in received:
            received += notify.recv(4096).decode() + "\n"
        os.kill(vipd.pid, 15)
        while "STOPPING=1" not in received:
            received += notify.recv(4096).decode() + "\n"


def test_install_and_uninstall(tmp_path):
    dest = tmp_path / "dest"

    def make(goal):
        command("sh", "-c", 'umask 077; exec "$@"', "sh", "make", "-s", "-C", ROOT,
                f"O={os.path.relpath(BUILD, ROOT)}", f"DESTDIR={dest}", goal)

    def tree():
        return {str(p.relative_to(dest)) for p in dest.rglob("*") if p.is_file()}

    make("install")
    installed = tree()
    prefix = "usr/local"
    assert {f"{prefix}/sbin/vipd", f"{prefix}/sbin/vipctl",
            f"{prefix}/libexec/vipd/vipd-engine", f"{prefix}/libexec/vipd/vipd-forward",
            f"{prefix}/libexec/vipd/vipd-watcher", "etc/vipd/vipd.conf",
            f"{prefix}/lib/systemd/system/vipd.service",
            f"{prefix}/lib/systemd/system/vipd-metrics@.service",
            f"{prefix}/lib/systemd/system/vipd-metrics.socket",
            f"{prefix}/lib/sysusers.d/vipd.conf",
            f"{prefix}/share/doc/vipd/prometheus/vipd.rules.yaml",
            f"{prefix}/share/man/man8/vipd.8", f"{prefix}/share/man/man8/vipctl.8",
            f"{prefix}/share/man/man5/vipd.conf.5",
            f"{prefix}/share/doc/vipd/README.md", f"{prefix}/share/doc/vipd/NEWS.md",
            f"{prefix}/share/doc/vipd/kubernetes/vipd.yaml"} <= installed
    closed = [path for path in (dest / prefix).rglob("*") if not path.stat().st_mode & 0o004]
    assert closed == [], "whatever root's umask is, everybody may read it"
    assert "@sbindir" not in (dest / prefix / "lib/systemd/system/vipd.service").read_text()
    conf = dest / "etc/vipd/vipd.conf"
    command(BUILD / "vipd", "-t", "-f", conf)  # exit 2 would raise
    conf.write_text("# mine\n")
    make("install")
    assert conf.read_text() == "# mine\n", "an operator's file is never replaced"
    make("uninstall")
    assert tree() == {"etc/vipd/vipd.conf"}


def test_only_this_vipd_is_started(lab):
    """The children are opened at start: a later change of the files on disk does
    not mix versions."""
    topo = lab(nodes=1)
    libexec = topo.dir / "libexec"
    libexec.mkdir(mode=0o755)
    for name in ("vipd-engine", "vipd-forward", "vipd-watcher"):
        (libexec / name).write_bytes((BUILD / name).read_bytes())
        (libexec / name).chmod(0o755)

    class Upgraded(Vipd):
        def command_line(self):
            return [*super().command_line()[:-1], libexec]

    vipd = Upgraded(topo.nodes[0], instance(200))
    vipd.wait_state("MASTER")
    only_holder(topo, topo.nodes[0])
    (libexec / "vipd-engine").unlink()
    (libexec / "vipd-engine").write_text("#!/bin/false\n")
    vipd.kill_child("vipd-engine")
    vipd.wait_state("MASTER")
