# SPDX-License-Identifier: GPL-2.0-or-later
"""What a real vipd tells of its past, to readers who follow and to some who
do not read."""

import json
import re
import shutil
import socket
import subprocess

import msgcodec
from cases import put, start, start_manifests, web
from daemons import Vipd, instance
from lab import BUILD, Process, wait


def events(vipd):
    done = vipd.ctl("-o", "json", "events")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_transitions_are_told_with_their_cause(lab):
    topo = lab(nodes=2)
    vipds = start(topo, priorities=(200, 100))
    vipds[0].wait_state("MASTER")
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    wait(lambda: [e for e in events(vipds[1]) if e["subject"] == "edge" and e["text"]
                  == "BACKUP -> MASTER (no advert from a master)"], 5, "the cause")
    told = events(vipds[1])
    assert [e["id"] for e in told] == list(range(1, len(told) + 1))
    assert [e["time"] for e in told] == sorted(e["time"] for e in told)


def test_why_says_what_an_instance_waits_for(lab):
    topo = lab(nodes=2)
    vipds = start(topo, priorities=(200, 100))
    vipds[0].wait_state("MASTER")
    wait(lambda: f"{topo.nodes[0].ip4}" in vipds[1].ctl("why", "edge").stdout, 5,
         "the master is named")
    done = vipds[1].ctl("-o", "json", "why", "edge")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["takeover_ms"] == 360.937
    assert told["instance"]["state"] == "BACKUP"
    assert told["events"][0]["text"] == "INIT -> BACKUP (started)"
    assert vipds[1].ctl("why", "nobody").returncode == 1
    topo.nodes[1].link_down()
    wait(lambda: "FIX: " in vipds[1].ctl("why", "edge").stdout, 5, "a remedy")
    assert vipds[1].ctl("why", "edge").returncode == 1


def test_two_masters_are_told_why(lab):
    """One has auth_hmac, the other has not."""
    topo = lab(nodes=2)
    key = ["key 1 hex:" + 4 * "0123456789abcdef", "active_key 1"]
    signs, plain = [Vipd(node, instance(priority, auth_hmac=hmac)) for node, priority, hmac
                    in zip(topo.nodes, (200, 100), (key, None))]
    for vipd, name, words in (
            (signs, "auth_missing", "it has no auth_hmac trailer"),
            (plain, "length", "auth_hmac is configured there, not here")):
        vipd.wait_state("MASTER")
        wait(lambda: f"adverts of others: {name} " in vipd.ctl("why", "edge").stdout, 5,
             "what is refused is counted")
        wait(lambda: words in vipd.ctl("why", "edge").stdout, 5, "and explained")
        wait(lambda: "if it is one of ours, see: vipctl why edge" in
             vipd.ctl("status").stdout, 5, "status leads there")


def test_a_follower_hears_of_what_comes_and_children_too(lab):
    topo = lab(nodes=1)
    vipd, = start(topo, priorities=(200,))
    vipd.wait_state("MASTER")
    follower = Process(topo.nodes[0], "follower", BUILD / "vipctl", "--socket",
                       vipd.run_dir / "control.sock", "events", "--follow")

    def until(words):
        wait(lambda: words in follower.log_text(), 5, words)

    until("BACKUP -> MASTER")
    assert vipd.reload("nonsense\n").returncode == 2
    until("nonsense")
    vipd.kill_child("vipd-engine")
    until("vipd-engine: killed by signal 9")
    assert follower.alive()


def test_what_a_reload_would_change_is_shown_before(lab):
    topo = lab(nodes=1)
    vipd, = start(topo, priorities=(200,))
    vipd.wait_state("MASTER")
    new = topo.nodes[0].dir / "new.conf"
    text = vipd.conf.read_text()
    new.write_text(text)
    same = vipd.ctl("diff", new)
    assert (same.returncode, same.stdout) == (0, "")
    new.write_text(text.replace("priority 200", "priority 150"))
    other = vipd.ctl("diff", new)
    assert other.returncode == 1
    assert re.findall(r"^[+-].*", other.stdout, re.M) == ["-     priority 200",
                                                          "+     priority 150"]
    assert "  vrrp_instance edge {" in other.stdout
    new.write_text(text.replace("priority 200", "@here priority 200"))
    assert vipd.ctl("diff", "--id", "here", new).returncode == 0
    assert "+     priority 100" in vipd.ctl("diff", "--id", "there", new).stdout
    new.write_text("nonsense\n")
    wrong = vipd.ctl("diff", new)
    assert wrong.returncode == 2 and "new.conf:1:1: error" in wrong.stderr
    assert vipd.instance()["priority"] == 200, "and nothing was changed"


def test_a_dump_has_everything_and_no_secret(lab):
    topo = lab(nodes=1)
    vipd, = start(topo, priorities=(200,), version=2, advert_int=1,
                  authentication={"auth_type": "PASS", "auth_pass": "hunter22"})
    wait(lambda: vipd.ctl("status").returncode == 0, 5, "vipd answers")
    done = vipd.ctl("dump")
    assert done.returncode == 0 and "hunter22" not in done.stdout
    dump = json.loads(done.stdout)
    assert "auth_pass REDACTED-" in dump["configuration"]
    assert dump["instances"][0]["counters"]["adverts_sent"] >= 0
    assert any(event["subject"] == "edge" for event in dump["events"])
    assert {"node", "version", "services", "kubernetes", "forwarding"} <= set(dump)


def test_the_sockets_group_may_look_and_change_nothing(lab):
    topo = lab(nodes=1)
    vipd, = start(topo, priorities=(200,))
    vipd.wait_state("MASTER")
    path = vipd.run_dir / "control.sock"

    def as_nobody(*argv):
        return subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             BUILD / "vipctl", "--socket", path, *argv],
            capture_output=True, text=True, timeout=30)

    assert as_nobody("status").returncode == 3, "only root, where there is no group"
    shutil.chown(path, group=65534)
    path.chmod(0o660)
    for command in ("status", "instances", "services", "events", "dump"):
        assert as_nobody(command).returncode == 0, command
    scrape = as_nobody("metrics")
    assert scrape.returncode == 0
    assert 'vipd_instance_state="MASTER"} 1' in scrape.stdout
    refused = as_nobody("reload")
    assert refused.returncode == 2 and "only root" in refused.stderr


def test_readers_that_do_not_read_cost_nothing(lab):
    """Eight may follow; however slow they are vipd goes on, and a ninth is told."""
    topo = lab(nodes=1)
    vipd, = start_manifests(topo, priorities=(200,))
    vipd.wait_state("MASTER")
    readers = []
    for _ in range(8):
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(str(vipd.run_dir / "control.sock"))
        reader.send(msgcodec.build("MSG_CTL_REQUEST", arg="follow",
                                   protocol=msgcodec.ENUM["MSG_PROTOCOL"],
                                   command=msgcodec.ENUM["CTL_EVENTS"]))
        readers.append(reader)
    for turn in range(40):
        assert vipd.reload(f"nonsense{turn} {{ }}\n" * 10).returncode == 2
    put(topo, "web", *web())
    vipd.wait_service("web", "serving", "no-endpoints")
    ninth = vipd.ctl("events", "--follow")
    assert ninth.returncode == 1 and "others follow" in ninth.stderr
    for reader in readers:
        reader.close()
    wait(lambda: vipd.ctl("events").returncode == 0, 5, "their places are free again")
    assert vipd.state() == "MASTER"
