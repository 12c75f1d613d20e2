# SPDX-License-Identifier: GPL-2.0-or-later
"""One file on keepalived and on vipd, the same things happen to both: adverts,
announcements, addresses and the lines of the FIFO are the same."""

import json
from collections import Counter

from daemons import Keepalived, Vipd, instance
from lab import BUILD, Failure, Process, command, wait
from test_notify import Fifo
from test_tracking import flag, script
from wire import Capture, Sender, advert

GLOBAL = """global_defs {
    script_user root
    vrrp_version 3
    vrrp_notify_fifo @/fifo
    vrrp_notify_priority_changes true
}
"""
SECOND_SOURCE = "192.168.185.201"


class Incumbent(Keepalived):
    """keepalived with the file as it is."""

    def __init__(self, node, conf):
        self.node = node
        self.conf = node.dir / "keepalived.conf"
        self.conf.write_text(conf)
        Process.__init__(self, node, "keepalived", "keepalived", "-n", "-l", "-G", "-P",
                         "-f", self.conf, "-p", node.dir / "keepalived.pid",
                         "-r", node.dir / "vrrp.pid")


class Side:
    """A daemon on the first node of a lab of its own."""

    def __init__(self, topo, daemon, text):
        self.node = topo.nodes[0]
        self.sender = Sender(topo.client)
        self.client = topo.client.ip4
        command("ip", "-n", self.node.full, "addr", "add", f"{SECOND_SOURCE}/24",
                "dev", "eth0")
        self.node.batch(["link add far type veth peer name near", "link set far up",
                         "link set near up", "addr add 192.0.2.9/24 dev near"])
        self.capture = Capture(self.node)
        self.fifo = Fifo(self.node.dir / "fifo")
        self.daemon = daemon(self.node, GLOBAL.replace("@", str(self.node.dir)) +
                             text.replace("@", str(self.node.dir)))

    def adverts(self, **fields):
        return [f for f in self.capture.frames("vrrp", **fields)
                if f.src != self.client]

    def priorities(self):
        """Of each virtual router what its adverts said, one after the other."""
        said = {}
        for frame in self.adverts():
            of_it = said.setdefault(frame.vrid, [])
            if of_it[-1:] != [frame.priority]:
                of_it.append(frame.priority)
        return said

    def messages(self):
        """Of each virtual router what its first advert was; the checksum over
        IPv6 has the link-local address in it."""
        first = {}
        for frame in self.adverts():
            is_v6 = ":" in frame.src
            data = frame.data[54:] if is_v6 else frame.data[34:]
            first.setdefault(frame.vrid, ("" if is_v6 else frame.src, frame.dst,
                                          (data[:6] + data[8:] if is_v6 else data).hex()))
        return first

    def announcements(self):
        return Counter(f.target for kind in ("garp", "na")
                       for f in self.capture.frames(kind, mac=self.node.mac()))

    def told(self, name):
        """keepalived tells of a priority that is not the configured one even
        before the first state."""
        lines = [line.split('" ')[1] for line in self.fifo.lines(name)]
        return lines[1:] if lines and "_PRIORITY" in lines[0] else lines

    def attributes(self):
        """What `ip` shows of each virtual address."""
        out = json.loads(command("ip", "-n", self.node.full, "-j", "addr", "show",
                                 "dev", "eth0"))
        return {a["local"]: {k: v for k, v in a.items() if k != "protocol"}
                for a in out[0]["addr_info"]
                if a["local"].startswith(("192.168.185.1", "2001:db8:9"))
                and a["local"] != self.node.ip4}

    def end(self):
        assert self.daemon.stop() == 0
        self.fifo.over = True
        self.sender.close()


def both(lab, text, files=()):
    sides = []
    for daemon in (Incumbent, Vipd):
        topo = lab(nodes=1)
        for name in files:
            flag(topo.nodes[0], name).write_text("4\n")
        script(topo.nodes[0], "sleep 60\n", "hangs")
        sides.append(Side(topo, daemon, text))
    return sides


def alike(sides, what, within, expected=None):
    """Both come to the same, and to what is expected."""
    def same():
        theirs, ours = (what(side) for side in sides)
        return theirs == ours and (ours == expected if expected is not None else ours)
    try:
        wait(same, within, "alike")
    except Failure:
        raise Failure(f"{[what(side) for side in sides]}, not {expected}") from None


# Where a script's first result counts, the interval leaves it time to come.
def router(vrid, *vips, name=None, **settings):
    known = {"advert_int": 0.2, "priority": 100, "version": None, "garp_master_delay": 1}
    known |= settings
    return instance(known.pop("priority"), name=name or f"r{vrid}",
                    vips=vips or [f"192.168.185.{100 + vrid}/24"],
                    virtual_router_id=vrid, **known)


WATCHED = """vrrp_script up {
    script "/usr/bin/test -e @/up"
    interval 1
    weight 10
}
vrrp_script slow {
    script "/usr/bin/test -e @/up"
    interval 1
    rise 2
    fall 2
    weight -20
}
vrrp_script fresh {
    script "/usr/bin/test -e @/up"
    interval 1
    weight 7
    init_fail
}
vrrp_script hangs {
    script "@/hangs"
    interval 1
    timeout 1
    weight -5
}
track_file number {
    file @/number
    weight 2
}
vrrp_track_process nobody {
    process no_such_process
    weight -30
}
"""


def test_what_a_lone_router_says_and_does(lab):
    text = WATCHED + "".join([
        router(1, version=2, advert_int=1),
        router(2, "192.168.185.102/24", "192.168.185.142", version=2, advert_int=1,
               authentication={"auth_type": "PASS", "auth_pass": "longer_than_eight"}),
        router(3, "192.168.185.103/24 label eth0:x", "192.168.185.143/24 brd +",
               "192.168.185.144/32 noprefixroute", "192.168.185.145/32 scope link",
               garp_master_repeat=2),
        router(4, "fe80::4/64", "2001:db8:9::1/64", "2001:db8:9::2",
               "2001:db8:9::3 preferred_lft forever",
               "2001:db8:9::4/64 preferred_lft 0", "2001:db8:9::5/64 noprefixroute"),
        router(5, priority=255, state="MASTER", track_script=["up"]),
        router(6, track_script=["up"]),
        router(7, track_script=["up weight 15 reverse"]),
        router(8, track_script=["slow"], advert_int=1),
        router(9, track_script=["slow weight -15 reverse"], advert_int=1),
        router(10, track_script=["fresh"]),
        router(11, track_file=["number"]),
        router(12, track_file=["number weight -3"]),
        router(13, track_process=["nobody"]),
        router(14, track_process=["nobody weight 20 reverse"]),
        router(15, priority=250, track_script=["up weight 200"]),
        router(16, priority=10, track_script=["slow weight -200"], advert_int=1),
        router(17, garp_master_repeat=1, garp_master_delay=0),
        router(18, track_script=["hangs"], advert_int=1),
        router(19, mcast_src_ip=SECOND_SOURCE),
        router(20, virtual_ipaddress_excluded=["192.168.185.150/24",
                                               "2001:db8:9::6/64"]),
        router(21, down_timer_adverts=5, state="MASTER", priority=1),
        router(22, priority=255, state="BACKUP"),
        router(23, "192.168.185.123/24", "192.168.185.133/24 dev eth0", use_vmac=True),
    ])
    sides = both(lab, text, files=["number"])
    names = [f"r{n}" for n in range(1, 24)]
    alike(sides, lambda side: sorted(
        n for n in names if any(line.startswith("MASTER") for line in side.told(n))),
        15, sorted(names))
    alike(sides, lambda side: set(side.announcements().values()), 10, {1, 4, 10})
    alike(sides, Side.announcements, 5)
    alike(sides, Side.attributes, 5)
    for side in sides:
        flag(side.node, "up").touch()
        with flag(side.node, "number").open("r+") as file:  # never an empty one
            file.write("-7\n")
    alike(sides, lambda side: side.told("r8")[-1], 10, "MASTER_PRIORITY 100")
    alike(sides, lambda side: side.told("r11")[-1], 5, "MASTER_PRIORITY 86")
    for side in sides:
        flag(side.node, "up").unlink()
    alike(sides, lambda side: side.told("r8")[-1], 10, "MASTER_PRIORITY 80")
    alike(sides, Side.priorities, 5)
    for side in sides:
        side.end()
    alike(sides, Side.messages, 1)

    def changes(side):  # the first results of scripts may come before BACKUP
        return {name: [line for line in side.told(name) if "BACKUP" not in line]
                for name in names}
    alike(sides, changes, 1)


LINKS = """vrrp_sync_group G {
    group {
        r43
        r44
    }
}
"""


def test_what_others_make_of_it(lab):
    text = LINKS + "".join([
        router(31, nopreempt=True, advert_int=0.6),
        router(32, advert_int=0.6),
        router(33, preempt_delay=1000, advert_int=0.6),
        router(34, advert_int=0.6),
        router(36),
        router(37),
        router(38),
        router(39, lower_prio_no_advert=True),
        router(40),
        router(41, higher_prio_send_advert=True),
        router(42, dont_track_primary=True),
        router(43), router(44, interface="near"),
        router(45, track_interface=["near"]),
        router(46, track_interface=["near weight -20"]),
        router(47, track_interface=["near weight 20 reverse"]),
        router(48, garp_lower_prio_repeat=3, garp_lower_prio_delay=1),
        router(49, track_interface=["near weight 0 reverse"]),
    ])
    sides = both(lab, text)
    names = [f"r{n}" for n in range(31, 50) if n != 35]

    def hear(vrid, priority, interval_cs=20):
        for side in sides:
            side.sender.send(advert(side.client, priority, [f"192.168.185.{100 + vrid}"],
                                    vrid=vrid, interval_cs=interval_cs))

    def last(name, expected, within=5):
        alike(sides, lambda side: side.told(name)[-1:], within, [expected])

    def heard():
        for vrid, priority in ((31, 50), (32, 50), (33, 50), (34, 200)):
            hear(vrid, priority, 60)
        return all(side.told("r32")[-1:] == ["MASTER_RX_LOWER_PRI 100"] for side in sides)
    wait(heard, 10, "the one that preempts is MASTER")
    for name in ("r31", "r33", "r34"):
        last(name, "BACKUP 100")
    hear(34, 0, 60)
    for name in names[:-1]:
        if name != "r32":
            last(name, "MASTER 80" if name == "r47" else "MASTER 100", 10)
    def announced(side):
        return side.announcements()["192.168.185.148"]
    alike(sides, announced, 5, 5 + 5)  # or the second burst merges with a repair
    hear(36, 200)
    hear(37, 100)  # its address is the higher one
    hear(38, 50)
    hear(39, 50)
    hear(40, 0)
    hear(41, 200)
    hear(48, 50)
    for name in ("r36", "r37", "r41"):
        alike(sides, lambda side, name=name: side.told(name)[-2:], 5,
              ["BACKUP 100", "MASTER 100"])
    for name in ("r38", "r39", "r48"):
        last(name, "MASTER_RX_LOWER_PRI 100")
    # vipd repairs once more, while the loser may still have the addresses.
    wait(lambda: [announced(side) for side in sides] == [10 + 3 * 2, 10 + 3 * 3], 5,
         "announcements at once, half a second later (vipd), at the end of the delay")
    far = [("down", {"r44": "FAULT 100", "r43": "FAULT 100", "r45": "FAULT 100",
                     "r46": "MASTER_PRIORITY 80", "r47": "MASTER_PRIORITY 100",
                     "r49": "MASTER 100"}),
           ("up", {"r44": "MASTER 100", "r43": "MASTER 100", "r45": "MASTER 100",
                   "r46": "MASTER_PRIORITY 100", "r47": "MASTER_PRIORITY 80",
                   "r49": "FAULT 100"})]
    for state, expected in far:
        for side in sides:
            side.node.ip("link", "set", "far", state)
        for name, line in expected.items():
            last(name, line)
    for side in sides:
        side.node.link_down()
    last("r31", "FAULT 100")
    for side in sides:
        side.node.heal()
    for name in names[:-1]:
        last(name, "MASTER 80" if name == "r47" else "MASTER 100")
    for side in sides:
        side.end()

    def changes(side):  # keepalived tells of every advert of lower priority
        return {name: [line for line in side.told(name) if "LOWER_PRI" not in line]
                for name in names + ["G"]}
    alike(sides, changes, 1)


MANY_WORDS = """global_defs {
    vrrp_version 3
    vrrp_min_garp
    vrrp_garp_lower_prio_repeat 7
    vrrp_garp_master_refresh_repeat 2
    vrrp_down_timer_adverts 4
    vrrp_higher_prio_send_advert
    vrrp_lower_prio_no_advert
}
$NET=10.9.${NUMBER}
$ROUTER= \\
vrrp_instance many${NUMBER} { \\
    interface eth0 \\
    virtual_router_id ${NUMBER} \\
    @here priority 130 \\
    @^here priority 120 \\
    virtual_ipaddress { \\
        ${NET}.254/24 \\
        ~SEQ(HOST, 3, -1, 1) ${NET}.${HOST} \\
    } \\
}
$NUMBER=1
$ROUTER
$NUMBER=2
$ROUTER
vrrp_instance peers {
    interface eth0
    virtual_router_id 3
    nopreempt
    garp_master_repeat 3
    unicast_src_ip 192.168.185.1
    unicast_peer {
        192.168.185.2
        192.168.185.3 min_ttl 3
    }
    virtual_ipaddress {
        ~LST({A, B}, {10, 1}, {20, 4}) ~SEQ(C, 168, 2, 172) 10.${C}.${A}.${B}
    }
    virtual_ipaddress_excluded {
        2001:db8::1/64
    }
}
vrrp_instance odd {
    interface eth0
    virtual_router_id 4
    version 2
    advert_int 2.5
    priority 254
    preempt_delay 2.5
    higher_prio_send_advert no
    garp_lower_prio_delay 9
    down_timer_adverts 3
    authentication {
        auth_type PASS
        auth_pass verylongpassword
    }
    virtual_ipaddress {
        10.0.0.3
        2001:db8::9
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 5
    advert_int .2
    virtual_ipaddress {
        fe80::1
        ~SEQx(A, 0x90, 0x10, 0xb0) ~SEQx(B, 0x11, -1, 0x10) 2001:db8::${A}:${B}
    }
}
"""
# What keepalived -d calls it, and vipd -t.
WORDS = {"VRRP Version": "version", "Interface": "interface", "Priority": "priority",
         "Virtual Router ID": "virtual_router_id", "Down timer adverts": "down_timer_adverts",
         "Advert interval": "advert_int", "Gratuitous ARP delay": "garp_master_delay",
         "Gratuitous ARP repeat": "garp_master_repeat",
         "Gratuitous ARP refresh": "garp_master_refresh",
         "Gratuitous ARP refresh repeat": "garp_master_refresh_repeat",
         "Gratuitous ARP lower priority delay": "garp_lower_prio_delay",
         "Gratuitous ARP lower priority repeat": "garp_lower_prio_repeat"}


def instances(lines, head):
    """{NAME: its lines} of a configuration, or of a dump, in which another
    process' lines, less indented, may stand between."""
    found = {}
    for line in lines:
        if line.startswith(head):
            found[line[len(head):].strip(" {")] = []
        elif line.startswith("   ") and found:
            found[list(found)[-1]].append(line.strip())
    return found


def addresses(lines):
    """In their order; the peers, which stand elsewhere, last."""
    words = [line.split()[0] for line in lines if line.split()]
    found = [word.removesuffix("/32").removesuffix("/128") for word in words
             if word[0].isdigit() or ":" in word and word[-1] != ":"]
    return sorted(found, key=lambda address: address.startswith("192.168.185."))


def dumped(lines):
    """An instance as keepalived tells it."""
    told = {}
    for line in lines:
        name, _, value = line.partition(" = ")
        if name in WORDS:
            number, _, unit = value.partition(" ")
            told[WORDS[name]] = str(int(number) / 1000) if unit == "milli-sec" else number
    told["advert_int"] = told["advert_int"].removesuffix(".0")
    told["preempt"] = "Preempt = enabled" in lines
    return told | {"addresses": addresses(lines)}


def printed(lines):
    """The same as vipd prints it."""
    told = {line.split()[0]: line.split()[1] for line in lines if len(line.split()) == 2}
    return ({word: told[word] for word in WORDS.values()} |
            {"preempt": "preempt" in lines, "addresses": addresses(lines)})


def test_a_file_is_read_alike(lab):
    node = lab(nodes=1).nodes[0]
    file = node.dir / "many.conf"
    file.write_text(MANY_WORDS)
    peer = Process(node, "keepalived", "keepalived", "-n", "-l", "-G", "-d", "-i", "here",
                   "-f", file, "-p", node.dir / "k.pid", "-r", node.dir / "v.pid")
    wait(lambda: "------< Interfaces" in peer.log_text(), 10, "keepalived's dump")
    peer.stop()
    log = [line.partition(": ")[2] for line in peer.log_text().splitlines()]
    theirs = instances(log[:log.index("------< Interfaces >------")], " VRRP Instance = ")
    ours = instances(node.run(BUILD / "vipd", "-t", "-i", "here", "-f", file)
                     .splitlines(), "vrrp_instance ")
    assert {name: dumped(lines) for name, lines in theirs.items()} == \
        {name: printed(lines) for name, lines in ours.items()}
    assert list(theirs) == ["many1", "many2", "peers", "odd", "six"]
