# SPDX-License-Identifier: GPL-2.0-or-later
"""A reload applies the difference; what did not change does not notice."""

import os
import signal

from cases import only_holder, put, serving, settle, start, start_manifests, web
from daemons import VIP4, Vipd, instance
from lab import Process, stays, wait
from wire import Capture, gaps_ms

SECOND = "192.168.185.6"


class Monitor(Process):
    """`ip monitor address` of a node."""

    def __init__(self, node):
        super().__init__(node, "monitor", "ip", "-o", "monitor", "address")
        wait(self.hears, 5, "the monitor listens")

    def hears(self):
        for verb in ("add", "del"):
            self.ns.ip("addr", verb, "127.9.9.9/8", "dev", "lo")
        return self.events("127.9.9.9")

    def events(self, address):
        return [line for line in self.log_text().splitlines() if address in line]


def test_an_unchanged_instance_does_not_notice(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    capture = Capture(topo.client)
    monitor = Monitor(topo.nodes[0])
    since = vipds[0].instance()["since"]
    wait(lambda: len(capture.frames("vrrp")) > 3, 5, "adverts")

    done = vipds[0].reload(instance(200) + instance(
        200, name="second", virtual_router_id=88, vips=[SECOND + "/24"]))
    assert done.returncode == 0, done.stdout + done.stderr
    vipds[0].wait_state("MASTER", name="second")
    only_holder(topo, topo.nodes[0], SECOND)
    done = vipds[0].reload(instance(200))
    assert done.returncode == 0, done.stdout + done.stderr
    wait(lambda: not topo.holders(SECOND), 5, "the second is gone")

    seen = len(capture.frames("vrrp", vrid=87))
    wait(lambda: len(capture.frames("vrrp", vrid=87)) > seen + 3, 5, "adverts")
    frames = capture.frames("vrrp", vrid=87)
    assert all(f.priority == 200 for f in frames)
    assert max(gaps_ms(frames)) < 200
    assert not monitor.events(VIP4)
    assert vipds[0].instance()["since"] == since
    assert vipds[1].state() == "BACKUP"


def test_an_address_is_added_and_removed_alone(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    monitor = Monitor(topo.nodes[0])
    both = instance(200, vips=[VIP4 + "/24", SECOND + "/24"])
    assert vipds[0].reload(both).returncode == 0
    only_holder(topo, topo.nodes[0], SECOND)
    assert vipds[0].reload(instance(200)).returncode == 0
    wait(lambda: not topo.holders(SECOND), 5, f"{SECOND} is gone")
    assert not monitor.events(VIP4)
    assert vipds[0].state() == "MASTER"
    only_holder(topo, topo.nodes[0])


def test_priorities_change_live(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    assert vipds[1].reload(instance(250)).returncode == 0
    settle(vipds[::-1])
    only_holder(topo, topo.nodes[1])
    assert vipds[1].instance()["priority"] == 250


def test_a_wrong_configuration_changes_nothing(lab):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    monitor = Monitor(topo.nodes[0])
    before = vipd.instance()
    done = vipd.reload(instance(200, vips=[SECOND + "/24"])
                       + "vrrp_instance broken {\n    virtual_router_idd 300\n}\n")
    assert done.returncode == 2, done.stdout + done.stderr
    output = done.stdout + done.stderr
    assert f"{vipd.conf}:" in output and "virtual_router_id" in output, output
    after = vipd.instance()
    assert (before["state"], before["since"]) == (after["state"], after["since"])
    assert not monitor.events(VIP4) and not topo.holders(SECOND)
    # And a right one is taken again.
    assert vipd.reload(instance(210)).returncode == 0
    wait(lambda: vipd.instance().get("priority") == 210, 5, "the new priority")


def test_sighup_reloads_and_a_refused_one_is_remembered(lab):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    vipd.conf.write_text(instance(210))
    os.kill(vipd.pid, signal.SIGHUP)
    wait(lambda: vipd.instance().get("priority") == 210, 5, "the new priority")
    vipd.conf.write_text("nonsense {\n}\n")
    os.kill(vipd.pid, signal.SIGHUP)
    wait(lambda: "nonsense" in vipd.log_text(), 5, "the error in the log")
    assert vipd.state() == "MASTER"


def test_a_wrong_configuration_at_start_is_exit_2(lab):
    topo = lab(nodes=1)
    vipd = Vipd(topo.nodes[0], "vrrp_instance a {\n    interfaec eth0\n}\n")
    assert vipd.popen.wait(10) == 2
    text = vipd.log_text()
    assert f"{vipd.conf}:2:5:" in text and "interface" in text, text


def test_what_a_reload_changed_is_told(lab):
    topo = lab(nodes=1)
    vipd = start_manifests(topo)[0]
    text = vipd.conf.read_text()
    done = vipd.reload(text)
    assert done.stdout.splitlines()[-1].endswith("reload: 0 instances changed")
    assert "services" not in done.stdout
    # Nothing of VRRP, and still a change of the instance.
    since = vipd.instance()["since"]
    narrow = text.replace("192.168.185.0/24\n        2001", "192.168.185.0/25\n        2001")
    assert narrow != text
    done = vipd.reload(narrow)
    assert "instance edge changed" in done.stdout
    assert "reload: 1 instance changed" in done.stdout
    assert "services" not in done.stdout
    done = vipd.reload(narrow.replace("192.168.185.18-192.168.185.30",
                                      "192.168.185.18-192.168.185.29"))
    assert "reload: services changed" in done.stdout
    assert "reload: 0 instances changed" in done.stdout
    assert vipd.instance()["since"] == since


def test_services_survive_a_reload(lab):
    topo = lab(nodes=2)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    monitor = Monitor(topo.nodes[0])
    text = vipds[0].conf.read_text()
    assert vipds[0].reload(text.replace("priority 200", "priority 210")).returncode == 0
    wait(lambda: vipds[0].instance().get("priority") == 210, 5, "the new priority")
    stays(lambda: vipds[0].service("web").get("state") == "serving", 0.5, "serving")
    assert not monitor.events("192.168.185.18")
