# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects as Tables, the form in which kubectl get asks for them."""

import datetime

_AGE = ("Age", lambda obj: age(obj["metadata"].get("creationTimestamp")))
_NAME = ("Name", lambda obj: obj["metadata"]["name"])


def wants_table(accept):
    first = (accept or "").split(",")[0]
    return "as=Table" in first and "v=v1;" in first + ";"


def table(resource, body, include):
    """The Table of an object or of a list."""
    is_list = body["kind"].endswith("List") and "items" in body
    items = body["items"] if is_list else [body]
    columns = _COLUMNS.get(resource.kind, (_NAME, _AGE))
    meta = body["metadata"] if is_list else {
        "resourceVersion": body["metadata"].get("resourceVersion", "")}
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
            "columnDefinitions": [_definition(title) for title, _ in columns],
            "rows": [_row(resource, obj, columns, include) for obj in items]}


def _definition(title):
    return {"name": title, "type": "string", "format": "name" if title == "Name" else "",
            "description": title, "priority": 0}


def _row(resource, obj, columns, include):
    row = {"cells": [str(show(obj)) for _, show in columns]}
    if include == "Object":
        row["object"] = dict(obj, kind=resource.kind, apiVersion=resource.api_version)
    elif include != "None":
        row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                         "metadata": obj["metadata"]}
    return row


def age(timestamp):
    """How long ago, as kubectl shows it."""
    if not timestamp:
        return "<unknown>"
    then = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    seconds = int((datetime.datetime.now(datetime.timezone.utc) - then).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _external_address(service):
    spec = service.get("spec", {})
    if spec.get("type") == "ExternalName":
        return spec.get("externalName", "")
    ingresses = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    found = [ingress.get("ip") or ingress.get("hostname", "") for ingress in ingresses]
    found += spec.get("externalIPs", [])
    if found:
        return ",".join(found)
    return "<pending>" if spec.get("type") == "LoadBalancer" else "<none>"


def _ports(service):
    words = []
    for port in service.get("spec", {}).get("ports", []):
        node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
        words.append(f"{port.get('port')}{node_port}/{port.get('protocol')}")
    return ",".join(words) or "<none>"


def _slice_ports(endpoint_slice):
    return ",".join(str(port.get("port", "*")) for port in endpoint_slice.get("ports", []))


def _slice_addresses(endpoint_slice):
    return ",".join(address for endpoint in endpoint_slice.get("endpoints", [])[:3]
                    for address in endpoint.get("addresses", []))


def _about(event):
    reference = event.get("involvedObject") or event.get("regarding") or {}
    return f"{reference.get('kind', '').lower()}/{reference.get('name', '')}"


def _node_status(node):
    conditions = node.get("status", {}).get("conditions", [])
    ready = next((c["status"] for c in conditions if c.get("type") == "Ready"), "Unknown")
    return {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")


_COLUMNS = {
    "Service": (_NAME, ("Type", lambda o: o.get("spec", {}).get("type", "")),
                ("Cluster-IP", lambda o: o.get("spec", {}).get("clusterIP", "<none>")),
                ("External-IP", _external_address), ("Port(s)", _ports), _AGE),
    "EndpointSlice": (_NAME, ("AddressType", lambda o: o.get("addressType", "")),
                      ("Ports", _slice_ports), ("Endpoints", _slice_addresses), _AGE),
    "Node": (_NAME, ("Status", _node_status), _AGE),
    "Namespace": (_NAME, ("Status", lambda o: o.get("status", {}).get("phase", "")), _AGE),
    "Lease": (_NAME, ("Holder", lambda o: o.get("spec", {}).get("holderIdentity", "")), _AGE),
    "Event": (("Last Seen", _AGE[1]), ("Type", lambda o: o.get("type", "")),
              ("Reason", lambda o: o.get("reason", "")), ("Object", _about),
              ("Message", lambda o: o.get("message") or o.get("note", ""))),
}
