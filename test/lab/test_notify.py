# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom changes of state are told to: commands and FIFOs, in their order, as
keepalived tells them."""

import os
import signal
import stat
import threading

from cases import only_holder, settle
from daemons import VIP4, Keepalived, Vipd, instance
from lab import Failure, kill, stays, wait
from test_tracking import flag, script

GLOBAL = """global_defs {{
    script_user root
    vrrp_notify_fifo {dir}/fifo
    {more}
}}
"""


class Fifo:
    """Reads a FIFO that may not exist yet, from a thread."""

    def __init__(self, path):
        self.path = path
        self.text = ""
        self.over = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        fd = -1
        while not self.over:
            if fd < 0 and self.path.exists():
                fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                data = os.read(fd, 65536) if fd >= 0 else b""
            except BlockingIOError:
                data = b""
            self.text += data.decode()
            threading.Event().wait(0.01)
        if fd >= 0:
            os.close(fd)

    def lines(self, name=None):
        return [line for line in self.text.splitlines()
                if name is None or f'"{name}"' in line]

    def expect(self, *lines, name=None, within=5):
        wait(lambda: self.lines(name) == list(lines), within,
             f"{list(lines)}, is {self.lines(name)}")


def conf(node, text, more=""):
    return GLOBAL.format(dir=node.dir, more=more) + text.replace("@", str(node.dir))


def told(node, name="told"):
    path = flag(node, name)
    return path.read_text().splitlines() if path.exists() else []


def teller(node, name="tell", before=""):
    """A command that notes its arguments."""
    return script(node, f'{before}echo "$@" >> {node.dir}/told\n', name)


# ---- one file, two daemons ----

MOVED = """vrrp_script chk {
    script "/usr/bin/test -e @/up"
    interval 1
    rise 1
    fall 1
}
vrrp_script extra {
    script "/usr/bin/test -e @/extra"
    interval 1
    weight 10
}
track_file drain {
    file @/drain
    weight 1
}
vrrp_sync_group G {
    group {
        one
        two
    }
    track_script {
        chk
    }
    notify "@/tell"
    notify_master "@/tell group_master"
}
vrrp_instance one {
    interface eth0
    virtual_router_id 11
    priority 100
    advert_int 1
    notify "@/tell" root
    notify_master "@/tell master"
    notify_backup "@/tell backup"
    notify_fault "@/tell fault"
    notify_stop "@/tell stop"
    virtual_ipaddress {
        192.168.185.5/24
    }
}
vrrp_instance two {
    interface eth0
    virtual_router_id 12
    use_vmac
    priority 110
    advert_int 1
    virtual_ipaddress {
        192.168.185.6/24
    }
}
vrrp_instance three {
    interface eth0
    virtual_router_id 13
    use_vmac
    vmac_xmit_base
    priority 120
    advert_int 1
    track_script {
        extra
    }
    track_file {
        drain
    }
    virtual_ipaddress {
        192.168.185.7/24
    }
}
"""


def tour(topo, daemon):
    """Everything that happens to the daemon of a lone node; what its FIFO said
    of each subject."""
    node = topo.nodes[0]
    teller(node)
    flag(node, "up").touch()
    fifo = Fifo(node.dir / "fifo")
    process = daemon(node, conf(node, MOVED, "vrrp_notify_priority_changes true"))
    three = ['INSTANCE "three" BACKUP 120', 'INSTANCE "three" MASTER 120']
    one = ['INSTANCE "one" BACKUP 100', 'INSTANCE "one" MASTER 100']
    group = ['GROUP "G" BACKUP 0', 'GROUP "G" MASTER 0']
    fifo.expect(*group, name="G", within=15)
    fifo.expect(*three, name="three", within=15)
    assert node.mac("vrrp.13") == "00:00:5e:00:01:0d"
    flag(node, "extra").touch()
    three.append('INSTANCE "three" MASTER_PRIORITY 130')
    fifo.expect(*three, name="three")
    flag(node, "drain").write_text("-100\n")
    three.append('INSTANCE "three" MASTER_PRIORITY 30')
    fifo.expect(*three, name="three")
    flag(node, "up").unlink()
    one.append('INSTANCE "one" FAULT 100')
    fifo.expect(*one, name="one")
    flag(node, "up").touch()
    one += ['INSTANCE "one" BACKUP 100', 'INSTANCE "one" MASTER 100']
    fifo.expect(*one, name="one", within=15)
    group += ['GROUP "G" FAULT 0', 'GROUP "G" BACKUP 0', 'GROUP "G" MASTER 0']
    fifo.expect(*group, name="G", within=15)
    process.stop()
    fifo.expect(*one, 'INSTANCE "one" STOP 100', name="one")
    fifo.expect(*group, 'GROUP "G" STOP 0', name="G")
    fifo.over = True
    lines = fifo.lines()
    for word in ("BACKUP", "MASTER", "FAULT"):  # members first, then their group
        at = lines.index(f'GROUP "G" {word} 0')
        for name in ('"one"', '"two"'):
            assert [line for line in lines[:at] if f"{name} {word}" in line], lines
    return {name: fifo.lines(name) for name in ("one", "two", "three", "G")}


def test_the_file_of_a_keepalived_tells_the_same(lab):
    peer = lab(nodes=1)
    known = tour(peer, Keepalived)
    mine = lab(nodes=1)
    node = mine.nodes[0]
    assert tour(mine, lambda n, text: Vipd(
        n, "global_defs {\n    vrrp_version 3\n}\n" + text)) == known
    # Unlike keepalived's, the commands are in order, too.
    one = [line for line in told(node) if "GROUP" not in line and "group" not in line]
    states = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"]
    assert one == [line for state in states
                   for line in (state.lower(), f"INSTANCE one {state} 100")]
    group = [line for line in told(node) if line not in one]
    assert group == ["GROUP G BACKUP 0", "group_master", "GROUP G MASTER 0",
                     "GROUP G FAULT 0", "GROUP G BACKUP 0", "group_master",
                     "GROUP G MASTER 0", "GROUP G STOP 0"]


def test_an_interface_that_comes_later_is_one_fault(lab):
    """With a macvlan on it, too, which is not there at once."""
    for daemon in (Keepalived, Vipd):
        topo = lab(nodes=1)
        node = topo.nodes[0]
        topo.unplug(node)
        fifo = Fifo(node.dir / "fifo")
        daemon(node, conf(node, instance(200, use_vmac=True), "dynamic_interfaces"))
        lines = ['INSTANCE "edge" FAULT 200']
        fifo.expect(*lines)
        topo.plug(node)
        lines += ['INSTANCE "edge" BACKUP 200', 'INSTANCE "edge" MASTER 200']
        fifo.expect(*lines)
        fifo.over = True


# ---- commands ----

def test_a_slow_command_delays_the_next_but_the_last_is_told_last(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    go = flag(node, "go")
    tell = teller(node, before=f"while ! test -e {go}; do sleep 0.02; done\n")
    path = flag(node, "drain")
    vipd = Vipd(node, conf(node, "vrrp_track_file drain {\n file @/drain\n weight 0\n}\n")
                + instance(200, track_file=["drain"], notify=f'"{tell}"'))
    fifo = Fifo(node.dir / "fifo")
    vipd.wait_state("MASTER")
    for _ in range(6):
        path.write_text("1")
        vipd.wait_state("FAULT")
        path.unlink()
        vipd.wait_state("MASTER")
    # The FIFO does not wait for commands.
    wait(lambda: len(fifo.lines()) == 20, 5, "20 changes in the FIFO")
    assert not told(node)
    assert "a change is left out" in vipd.log_text()
    go.touch()
    wait(lambda: len(told(node)) == 9, 10, "the first, and the last 8")
    words = [line.split()[2] for line in told(node)]
    every = [line.split()[2] for line in fifo.lines()]
    assert words == every[:1] + every[-8:]
    fifo.over = True


def test_stop_is_told_while_addresses_are_there_and_is_bounded(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    see = script(node, "ip -o -4 addr show dev eth0 >> "
                 f"{node.dir}/seen\nsleep 0.3\n", "see")
    vipd = Vipd(node, conf(node, instance(200, notify_stop=f'"{see}"')))
    vipd.wait_state("MASTER")
    only_holder(topo, node)
    assert vipd.stop() == 0
    assert VIP4 in flag(node, "seen").read_text()
    assert VIP4 not in node.addresses()
    hang = script(node, "trap '' TERM\nwhile :; do sleep 0.1; done\n", "hang")
    vipd = Vipd(node, conf(node, instance(200, notify_stop=f'"{hang}"')))
    vipd.wait_state("MASTER")
    assert vipd.stop() == 0
    assert "not waited for" in vipd.log_text()
    assert VIP4 not in node.addresses()


def test_a_removed_instance_is_told(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    tell = teller(node)
    first = instance(200)

    def second(**more):
        return instance(200, name="two", virtual_router_id=88, vips=["192.168.185.6"],
                        notify=f'"{tell}"', **more)
    vipd = Vipd(node, conf(node, first + second()))
    vipd.wait_state("MASTER")
    fifo = Fifo(node.dir / "fifo")
    for word, more in (("FAULT", {}), ("DELETED", {"notify_deleted": True})):
        assert vipd.reload(conf(node, first + second(**more))).returncode == 0
        vipd.wait_state("MASTER", name="two")
        assert vipd.reload(conf(node, first)).returncode == 0
        wait(lambda: told(node)[-1:] == [f"INSTANCE two {word} 200"], 5, word)
    wait(lambda: fifo.lines("two")[-1] == 'INSTANCE "two" DELETED 200', 5, "the FIFO")
    assert vipd.state() == "MASTER"
    fifo.over = True


def test_a_master_tells_of_a_lower_one_at_most_once_a_second(lab):
    topo = lab(nodes=2)
    node, other = topo.nodes
    tell = teller(node)
    first = Vipd(node, conf(node, instance(
        200, notify_master_rx_lower_pri=f'"{tell} lower"')))
    first.wait_state("MASTER")
    fifo = Fifo(node.dir / "fifo")
    assert not told(node)
    other.deafen(to=node)  # it hears nobody, and is heard
    second = Vipd(other, instance(100))
    second.wait_state("MASTER")
    wait(lambda: "lower" in told(node), 5, "it is told")
    wait(lambda: 'INSTANCE "edge" MASTER_RX_LOWER_PRI 200' in fifo.lines(), 5, "too")
    heard = len(told(node))
    stays(lambda: len(told(node)) <= heard + 2, 1, "once a second")
    other.undeafen()
    fifo.over = True


def test_an_engines_restart_is_no_change(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    tell = teller(node)
    vipd = Vipd(node, conf(node, instance(200, advert_int=1, notify=f'"{tell}"')))
    vipd.wait_state("MASTER", within=10)
    wait(lambda: len(told(node)) == 2, 5, "BACKUP and MASTER")
    vipd.kill_child("vipd-engine")
    vipd.wait_state("MASTER")
    stays(lambda: len(told(node)) == 2, 1, "nothing new")


# ---- FIFOs ----

def test_a_fifo_without_a_reader_is_never_waited_for(lab):
    topo = lab(nodes=2)
    node = topo.nodes[0]
    path = flag(node, "drain")
    names = [f"i{n}" for n in range(1, 31)]
    text = "vrrp_track_file drain {\n file @/drain\n weight 0\n}\n" + "".join(
        instance(200, name=name * 20, virtual_router_id=int(name[1:]),
                 vips=[f"192.168.185.{100 + int(name[1:])}"], track_file=["drain"])
        for name in names)
    vipd = Vipd(node, conf(node, text))
    last = names[-1] * 20
    vipd.wait_state("MASTER", name=last, within=10)
    for _ in range(12):
        path.write_text("1")
        vipd.wait_state("FAULT", name=last)
        path.unlink()
        vipd.wait_state("MASTER", name=last)
    wait(lambda: "nobody reads it" in vipd.log_text(), 5, "it is said")
    assert vipd.log_text().count("nobody reads it") == 1
    assert stat.S_ISFIFO((node.dir / "fifo").stat().st_mode)
    vipd.stop()
    assert not (node.dir / "fifo").exists()


def test_a_fifo_has_its_script_and_its_owner(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    reader = script(node, f"cat \"$1\" >> {node.dir}/told\n", "reader")
    text = ("global_defs {\n    script_user root\n"
            f"    notify_fifo {node.dir}/fifo nobody\n"
            f'    notify_fifo_script "{reader}"\n}}\n' + instance(200))
    vipd = Vipd(node, text)
    vipd.wait_state("MASTER")
    wait(lambda: told(node)[-1:] == ['INSTANCE "edge" MASTER 200'], 5, "it reads")
    assert (node.dir / "fifo").stat().st_uid == 65534
    # A reload leaves it alone; if it ends it comes back.
    def running():
        return [p for p in vipd.pids() if comm(p) == "cat"]
    before = running()
    assert before and vipd.reload(text).returncode == 0
    stays(lambda: running() == before, 0.3, "the same one")
    for pid in before:
        kill(pid, signal.SIGKILL)
    wait(lambda: running() not in ([], before), 5, "another one")
    path = node.dir / "plain"
    path.write_text("")
    done = vipd.reload(text.replace(f"{node.dir}/fifo", str(path)))
    assert done.returncode == 0
    wait(lambda: "it is no FIFO" in vipd.log_text(), 5, "a plain file is refused")
    assert path.read_text() == ""
    vipd.stop()
    assert path.exists()


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm") as handle:
            return handle.read().strip()
    except OSError:
        return ""


# ---- the daemon's own life ----

def test_startup_and_shutdown_scripts_enclose_everything(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    note = script(node, f"echo $1 $(pgrep -c -P $PPID vipd) >> {node.dir}/told\n"
                  "test $1 != slow || sleep 60\n", "note")
    text = ("global_defs {\n    script_user root\n"
            f'    startup_script "{note} first"\n    shutdown_script "{note} last"\n}}\n')
    vipd = Vipd(node, text + instance(200))
    vipd.wait_state("MASTER")
    assert told(node) == ["first 0"]
    assert vipd.stop() == 0
    assert told(node) == ["first 0", "last 0"]
    slow = text.replace("first", "slow").replace(
        "    shutdown", "    startup_script_timeout 1\n    shutdown")
    vipd = Vipd(node, slow + instance(200))
    try:
        vipd.wait_state("MASTER", within=10)
    except Failure:
        raise AssertionError(vipd.log_text()) from None
    assert "startup_script: no end in time" in vipd.log_text()


def test_a_member_that_fails_over_is_told_on_both_nodes(lab):
    topo = lab(nodes=2)
    for node in topo.nodes:
        teller(node)
    vipds = [Vipd(node, conf(node, instance(
        priority, notify=f'"{node.dir}/tell"')))
        for node, priority in zip(topo.nodes, (200, 100))]
    settle(vipds)
    topo.nodes[0].link_down()
    vipds[1].wait_state("MASTER")
    wait(lambda: told(topo.nodes[0])[-1:] == ["INSTANCE edge FAULT 200"], 5, "FAULT")
    wait(lambda: told(topo.nodes[1])[-1:] == ["INSTANCE edge MASTER 100"], 5, "MASTER")
    topo.nodes[0].heal()
    settle(vipds)
    wait(lambda: told(topo.nodes[0])[-1:] == ["INSTANCE edge MASTER 200"], 5, "again")
    wait(lambda: told(topo.nodes[1])[-1:] == ["INSTANCE edge BACKUP 100"], 5, "again")
