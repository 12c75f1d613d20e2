# SPDX-License-Identifier: GPL-2.0-or-later
"""What people see of several nodes: kubectl describe and vipctl nodes, with real daemons and
the API server for tests."""

import json

from cases import EXTERNAL, Api, web
from lab import wait

EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"


def nodes(vipd):
    return {n["name"]: n for n in json.loads(vipd.ctl("nodes", "-o", "json").stdout)["nodes"]}


def ready(api):
    service = api.cluster.get(web()[0])
    return next((c["message"] for c in service["status"].get("conditions", [])
                 if c["type"] == "vipd.io/VIPReady"), "")


def start(lab):
    topo = lab(api=True)
    api = Api(topo)
    for obj in web():
        api.cluster.create(obj)
    return topo, api, api.start(topo)


def test_everybody_knows_who_holds_the_address(lab):
    topo, api, vipds = start(lab)
    names = [node.name for node in topo.nodes]
    vipds[0].wait_service("web", "serving")
    wait(lambda: f"{EXTERNAL} is on node {names[0]} " in ready(api), 10, "VIPReady")
    wait(lambda: all(nodes(vipd).keys() == set(names) for vipd in vipds), 15,
         "all nodes know of each other")
    known = nodes(vipds[1])
    assert not any(n["config_differs"] or n["silent"] for n in known.values())
    wait(lambda: vipds[1].instance()["master_node"] == names[0], 10, "the master by its name")
    assert names[0] in vipds[1].ctl("instances").stdout

    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    wait(lambda: f"{EXTERNAL} is on node {names[1]} " in ready(api), 15, "VIPReady moves")
    wait(lambda: "VIPMoved" in api.cluster.kubectl("describe", "service", "web").stdout, 15,
         "kubectl describe says so")


def test_an_excluded_node_lets_others_go_first_but_never_all(lab):
    topo, api, vipds = start(lab)

    def label(node, value):
        api.cluster.patch({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}},
                          {"metadata": {"labels": {EXCLUDE: value}}})

    vipds[0].wait_service("web", "serving")
    label(topo.nodes[0], "")
    vipds[1].wait_state("MASTER", within=10)
    assert vipds[0].instance()["soft_reasons"] == ["excluded"]
    for node in topo.nodes[1:]:
        label(node, "")
    wait(lambda: all(v.instance()["soft_reasons"] == ["excluded"] for v in vipds), 10,
         "all are excluded")
    wait(lambda: sum(v.state() == "MASTER" for v in vipds) == 1, 10, "there is a master still")
    for node in topo.nodes:
        label(node, None)
    vipds[0].wait_state("MASTER", within=10)


def test_another_configuration_is_seen(lab):
    topo, api, vipds = start(lab)
    name = topo.nodes[2].name
    wait(lambda: len(nodes(vipds[0])) == 3, 15, "three nodes")
    vipds[2].reload(api.conf(topo.nodes[2], 50).replace("service_addresses {",
                                                       "service_addresses { 10.9.9.0/24 "))
    wait(lambda: nodes(vipds[0])[name]["config_differs"], 15, "the drift")
    done = vipds[0].ctl("nodes")
    assert done.returncode == 1 and "DIFFERS" in done.stdout and "FIX" in done.stdout
