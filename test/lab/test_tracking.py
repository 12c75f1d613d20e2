# SPDX-License-Identifier: GPL-2.0-or-later
"""What instances track: scripts, files, links and processes."""

import os
import pathlib

from cases import only_holder, settle, start
from daemons import Vipd, block, instance
from lab import Process, stays, wait


def script(node, text, name="check"):
    """An executable script in the node's directory; returns its path."""
    path = node.dir / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def vrrp_script(path, name="chk", **settings):
    known = {"script": f'"{path}"', "interval": 0.1, "user": "root"}
    return block(f"vrrp_script {name}", known | settings) + "\n"


def tracks(vipd, name="edge"):
    return {t["name"]: t for t in vipd.instance(name).get("tracks", [])}


def effective(vipd, name="edge"):
    return vipd.instance(name).get("effective_priority")


def flag(node, name):
    """A path of the node that tests create and remove."""
    return node.dir / name


# ---- scripts ----

def test_an_unweighted_script_that_fails_is_a_fault_and_says_so(lab):
    topo = lab(nodes=2)
    up = flag(topo.nodes[0], "up")
    up.touch()
    check = script(topo.nodes[0], f"test -e {up} || exit 3\n")
    first = Vipd(topo.nodes[0], vrrp_script(check, fall=2, rise=2)
                 + instance(200, track_script=["chk"]))
    second = Vipd(topo.nodes[1], instance(100))
    settle([first, second])
    up.unlink()
    first.wait_state("FAULT")
    second.wait_state("MASTER")
    only_holder(topo, topo.nodes[1])
    reason = first.instance()["reason"]
    assert reason.startswith("vrrp_script chk failed (exit 3, "), reason
    assert tracks(first)["chk"]["fault"]
    assert first.ctl("status").returncode == 1
    assert "vrrp_script chk failed" in first.ctl("status").stdout
    up.touch()
    first.wait_state("MASTER")
    only_holder(topo, topo.nodes[0])


def test_a_weighted_script_moves_the_priority(lab):
    topo = lab(nodes=2)
    up = flag(topo.nodes[0], "up")
    up.touch()
    check = script(topo.nodes[0], f"test -e {up}\n")
    first = Vipd(topo.nodes[0], vrrp_script(check, weight=-120)
                 + instance(200, track_script=["chk"]))
    second = Vipd(topo.nodes[1], instance(100))
    settle([first, second])
    assert effective(first) == 200
    up.unlink()
    second.wait_state("MASTER")
    first.wait_state("BACKUP")
    assert effective(first) == 80 and tracks(first)["chk"]["adds"] == -120
    assert first.instance()["priority"] == 200
    up.touch()
    settle([first, second])
    assert effective(first) == 200


def test_an_instance_waits_for_the_first_result(lab):
    topo = lab(nodes=1)
    go = flag(topo.nodes[0], "go")
    check = script(topo.nodes[0], f"while ! test -e {go}; do sleep 0.05; done\n")
    vipd = Vipd(topo.nodes[0], vrrp_script(check, timeout=60)
                + instance(200, track_script=["chk"]))
    vipd.wait_state("INIT")
    wait(lambda: "chk" in tracks(vipd), 5, "the tracker")
    stays(lambda: vipd.state() == "INIT", 0.7, "held")
    assert "has no result yet" in vipd.instance()["reason"]
    go.touch()
    vipd.wait_state("MASTER")


def test_a_script_that_hangs_fails_and_runs_only_once(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    count = flag(node, "count")
    # It cannot be ended by SIGTERM, nor can what it has started.
    check = script(node, f"trap '' TERM\necho $$ >> {count}\n"
                   "while :; do sleep 0.05; done\n")
    vipd = Vipd(node, vrrp_script(check, timeout=0.3)
                + instance(200, track_script=["chk"]))
    vipd.wait_state("FAULT")
    assert "no end in time" in vipd.instance()["reason"]

    def running():
        return [pid for pid in count.read_text().split()
                if os.path.exists(f"/proc/{pid}")]
    first = count.read_text().split()[0]
    stays(lambda: len(running()) <= 1, 1, "one at a time")
    wait(lambda: first not in running(), 5, "SIGKILL two seconds later")
    wait(lambda: len(count.read_text().split()) > 1, 5, "the next run")


def test_a_script_cannot_flood_vipd_and_its_descendants_do_not_hold_it(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    check = script(node, "head -c 2000000 /dev/zero\n"
                   "head -c 2000000 /dev/zero >&2\nsleep 3 &\nexit 0\n")
    vipd = Vipd(node, vrrp_script(check, timeout=5)
                + instance(200, track_script=["chk"]))
    vipd.wait_state("MASTER", within=8)
    assert len(vipd.log_text()) < 20000


def test_what_cannot_be_run_is_a_failure_that_names_it(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    check = script(node, "exit 0\n")
    check.chmod(0o644)
    vipd = Vipd(node, vrrp_script(check) + instance(200, track_script=["chk"]))
    vipd.wait_state("FAULT")
    assert "Permission denied" in vipd.instance()["reason"]
    assert "SANDBOX" in vipd.log_text()
    check.chmod(0o755)
    vipd.wait_state("MASTER")
    check.unlink()
    vipd.wait_state("FAULT")
    assert "No such file" in vipd.instance()["reason"]


def test_a_script_has_its_users_rights_and_nothing_of_vipds(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    place = node.dir / "place"
    place.mkdir()
    place.chmod(0o777)
    said = place / "said"
    check = script(node, f"exec >{said}.new 2>&1\nid -un; id -gn; id -G; env | sort\n"
                   "ls -l /proc/self/fd | grep -v ' -> /proc/' | wc -l\n"
                   "cat /proc/self/oom_score_adj\n"
                   "grep SigIgn /proc/self/status; readlink /proc/self/fd/0\n"
                   f"mv {said}.new {said}\n")
    vipd = Vipd(node, vrrp_script(check, user="nobody")
                + instance(200, track_script=["chk"]))
    vipd.wait_state("MASTER")
    lines = said.read_text().splitlines()
    assert lines[:2] == ["nobody", "nogroup"]
    assert lines[2] == "65534"
    assert "USER=nobody" in lines and "LC_ALL=C" in lines
    assert not [line for line in lines if "VIPD" in line]
    assert "0" in lines and "/dev/null" in lines
    # 32 and 33 are the C library's own; nobody can set them.
    (ignored,) = (int(line.split()[1], 16) for line in lines
                  if line.startswith("SigIgn"))
    assert not ignored & ~(1 << 31 | 1 << 32)


def test_script_security_refuses_what_others_can_change(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    check = script(node, "exit 0\n")
    check.chmod(0o777)
    conf = vrrp_script(check) + instance(200, track_script=["chk"])
    vipd = Vipd(node, "global_defs {\n    enable_script_security\n}\n" + conf)
    vipd.wait_state("FAULT")
    assert "others than root may change" in vipd.instance()["reason"]
    assert vipd.reload(conf).returncode == 0
    vipd.wait_state("MASTER")


def test_many_scripts_at_once_delay_nothing(lab):
    topo = lab(nodes=2)
    node = topo.nodes[0]
    count = 255
    text = "".join(
        vrrp_script("/bin/true", name=f"s{i}", interval=1) for i in range(count))
    text += instance(200, track_script=[f"s{i} weight 1" for i in range(count)][:50]
                     + [f"s{i}" for i in range(50, count)])
    first = Vipd(node, text)
    second = Vipd(topo.nodes[1], instance(100))
    settle([first, second], within=30)
    wait(lambda: effective(first) == 250, 30, "all 50 weighted ones are well")
    before = second.instance()["takeovers"]
    stays(lambda: second.state() == "BACKUP", 3, "no takeover")
    assert second.instance()["takeovers"] == before
    assert len(first.pids()) < 40


# ---- reloads and restarts ----

def test_a_reload_keeps_the_position_of_a_script(lab):
    topo = lab(nodes=2)
    node = topo.nodes[0]
    up = flag(node, "up")
    up.touch()
    runs = flag(node, "runs")
    check = script(node, f"echo >> {runs}\ntest -e {up}\n")
    text = vrrp_script(check, rise=3, fall=3)
    first = Vipd(node, text + instance(200, track_script=["chk"]))
    second = Vipd(topo.nodes[1], instance(100))
    settle([first, second])
    since, tracked = first.instance()["since"], tracks(first)["chk"]["since"]
    # Another one is new and hangs: the instance that runs does not wait for it.
    hang = script(node, "sleep 60\n", "hang")
    new = text + vrrp_script(hang, name="late", timeout=60) + instance(
        200, track_script=["chk", "late"])
    for conf in (text + instance(200, track_script=["chk"], garp_master_delay=7), new):
        assert first.reload(conf).returncode == 0
        stays(lambda: first.state() == "MASTER", 0.5, "MASTER")
    assert first.instance()["since"] == since
    assert tracks(first)["chk"]["since"] == tracked
    assert tracks(first)["late"]["state"] == "unknown"
    assert second.state() == "BACKUP"
    # What hangs ends when nobody tracks it.
    assert first.reload(text + instance(200, track_script=["chk"])).returncode == 0
    wait(lambda: not [p for p in first.pids() if "hang" in cmdline(p)], 5, "it ended")


def cmdline(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except OSError:
        return ""


def test_a_crash_leaves_no_script_behind(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    pid = flag(node, "pid")
    check = script(node, f"echo $$ > {pid}\nexec sleep 300\n")
    vipd = Vipd(node, vrrp_script(check, timeout=600)
                + instance(200, track_script=["chk"]))
    wait(lambda: pid.exists() and pid.read_text().strip(), 5, "it runs")
    number = int(pid.read_text())
    os.kill(vipd.pid, 9)
    wait(lambda: not os.path.exists(f"/proc/{number}"), 5, "it ends with vipd")


# ---- files ----

def track_file(path, **settings):
    return block("vrrp_track_file drain", {"file": path} | settings) + "\n"


def test_a_file_drains_a_node_and_lets_it_back(lab):
    topo = lab(nodes=2)
    path = topo.nodes[0].dir / "not" / "there" / "drain"
    first = Vipd(topo.nodes[0], track_file(path)
                 + instance(200, track_file=["drain"]))
    second = Vipd(topo.nodes[1], instance(100))
    settle([first, second])
    assert tracks(first)["drain"]["why"] == "no file"
    path.parent.mkdir(parents=True)
    path.write_text("-150\n")
    second.wait_state("MASTER")
    assert effective(first) == 50
    new = path.with_name("new")
    new.write_text("20")
    new.rename(path)
    wait(lambda: effective(first) == 220, 5, "renamed into place")
    settle([first, second])
    path.write_text("-254")
    first.wait_state("FAULT")
    assert first.instance()["reason"] == "vrrp_track_file drain says -254"
    path.unlink()
    settle([first, second])
    assert effective(first) == 200
    path.write_text("many\n")
    wait(lambda: "not a whole number" in first.log_text(), 5, "it is said")
    assert effective(first) == 200
    # The directory goes and comes back.
    path.unlink()
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.mkdir()
    path.write_text("7")
    wait(lambda: effective(first) == 207, 5, "in the new directory")


def test_init_file_is_written_and_a_kept_one_is_not(lab):
    topo = lab(nodes=1)
    path = topo.nodes[0].dir / "weight"
    vipd = Vipd(topo.nodes[0], track_file(path, init_file="-5")
                + instance(200, track_file=["drain weight 2"]))
    wait(lambda: effective(vipd) == 190, 5, "-5 twice")
    assert path.read_text() == "-5\n"
    path.write_text("3")
    wait(lambda: effective(vipd) == 206, 5, "3 twice")
    vipd.stop()
    vipd = Vipd(topo.nodes[0], track_file(path, init_file="-5")
                + instance(200, track_file=["drain weight 2"]))
    wait(lambda: effective(vipd) == 206, 5, "as it was")


# ---- links ----

def test_a_tracked_link_and_its_delays(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    def add(name):
        node.batch([f"link add {name} type veth peer name {name}p",
                    f"link set {name}p up", f"link set {name} up"])
    add("up0")
    add("up1")
    vipd = Vipd(node, "interface_up_down_delays {\n    up1 0.6 0.6\n}\n"
                + instance(200, track_interface=["up0", "up1 weight -30"]))
    vipd.wait_state("MASTER")
    # Shorter than the delay: nothing happens.
    node.batch(["link set up1 down"])
    stays(lambda: effective(vipd) == 200, 0.3, "not yet")
    node.batch(["link set up1 up"])
    stays(lambda: effective(vipd) == 200, 0.8, "it came back")
    node.batch(["link set up1 down"])
    wait(lambda: effective(vipd) == 170, 5, "the delay is over")
    node.batch(["link set up0 down"])
    vipd.wait_state("FAULT")
    assert vipd.instance()["reason"] == "interface up0 failed (it has no link)"
    node.batch(["link del up0"])
    stays(lambda: vipd.state() == "FAULT", 0.3, "gone is not better")
    add("up0")
    vipd.wait_state("MASTER")


def test_dont_track_primary_lives_without_a_link(lab):
    topo = lab(nodes=1)
    vipd = start(topo, dont_track_primary=True)[0]
    topo.nodes[0].link_down()
    stays(lambda: vipd.state() == "MASTER", 1, "MASTER")


# ---- processes ----

def test_processes_are_counted(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    name = f"w{os.getpid()}"
    worker = node.dir / name
    worker.write_bytes(pathlib.Path("/bin/sleep").read_bytes())
    worker.chmod(0o755)
    conf = block("vrrp_track_process workers", {
        "process": name, "quorum": 2, "quorum_max": 3, "weight": 20}) + "\n"
    conf += block("vrrp_track_process exact", {
        "process": f"{worker} 3601", "weight": 5}) + "\n"
    vipd = Vipd(node, conf + instance(100, track_process=["workers", "exact"]))
    vipd.wait_state("MASTER")
    assert effective(vipd) == 100
    started = [Process(node, f"p{i}", worker, 3600 + i) for i in range(2)]
    wait(lambda: effective(vipd) == 125, 5, "two run, one of them is exact")
    started += [Process(node, f"p{i}", worker, 3600 + i) for i in (2, 3)]
    wait(lambda: effective(vipd) == 105, 5, "four are too many")
    assert tracks(vipd)["workers"]["why"] == "4 processes"
    started[1].crash()
    wait(lambda: effective(vipd) == 120, 5, "three, none is exact")
    for process in started:
        process.crash()
    wait(lambda: effective(vipd) == 100, 5, "none")


# ---- sync groups ----

def test_a_groups_trackers_are_its_members(lab):
    topo = lab(nodes=1)
    up = flag(topo.nodes[0], "up")
    up.touch()
    check = script(topo.nodes[0], f"test -e {up}\n")
    vipd = Vipd(topo.nodes[0], vrrp_script(check)
                + instance(200) + instance(200, name="two", virtual_router_id=88,
                                           vips=["192.168.185.6/24"])
                + block("vrrp_sync_group both", {
                    "group": ["edge", "two"], "track_script": ["chk"]}) + "\n")
    for name in ("edge", "two"):
        vipd.wait_state("MASTER", name=name)
    up.unlink()
    for name in ("edge", "two"):
        vipd.wait_state("FAULT", name=name)
        assert tracks(vipd, name)["chk"]["fault"]
    up.touch()
    for name in ("edge", "two"):
        vipd.wait_state("MASTER", name=name)
