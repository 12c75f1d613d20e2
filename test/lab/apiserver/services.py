# SPDX-License-Identifier: GPL-2.0-or-later
"""Services: defaults, allocation of addresses and node ports, validation."""

import ipaddress

from . import formats
from .errors import FieldProblem

CLUSTER_NETWORKS = {"IPv4": ipaddress.ip_network("10.96.0.0/16"),
                    "IPv6": ipaddress.ip_network("fd00:10:96::/112")}
NODE_PORTS = range(30000, 32768)
TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
CLIENT_IP_TIMEOUT = 10800
_NODE_PORT_TYPES = ("NodePort", "LoadBalancer")
_CLUSTER_IP_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
_IMMUTABLE_WORDS = "may not change once set"


def is_load_balancer(spec):
    return spec["type"] == "LoadBalancer"


def is_headless(spec):
    return spec.get("clusterIP") == "None"


def _is_external(spec):
    """Whether the outside can reach it, so that externalTrafficPolicy means something."""
    return spec["type"] in _NODE_PORT_TYPES or (spec["type"] == "ClusterIP"
                                                and bool(spec.get("externalIPs")))


def set_defaults(service, old, settings):
    """Defaults, and what an update that leaves a field out takes from the old object."""
    spec = service.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if old:
        _keep_allocations(spec, old["spec"])
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if _is_external(spec):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if is_load_balancer(spec):
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["sessionAffinity"] == "ClientIP":
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", CLIENT_IP_TIMEOUT)
    service.setdefault("status", {}).setdefault("loadBalancer", {})
    set_status_defaults(service, settings)


def set_status_defaults(service, settings):
    if not settings.has_ip_mode:
        return
    for ingress in service["status"].get("loadBalancer", {}).get("ingress", []):
        if ingress.get("ip"):
            ingress.setdefault("ipMode", "VIP")


def clear_status(service):
    """An update to another type takes the addresses away at once, the conditions stay."""
    if not is_load_balancer(service["spec"]):
        service["status"]["loadBalancer"] = {}


def _keep_allocations(spec, old):
    if spec["type"] == "ExternalName":
        _drop_unchanged(spec, old, _CLUSTER_IP_FIELDS)
    elif old["type"] != "ExternalName" and not spec.get("clusterIP"):
        for field in _CLUSTER_IP_FIELDS:
            if field in old:
                spec.setdefault(field, old[field])
    if spec["type"] in _NODE_PORT_TYPES and old["type"] in _NODE_PORT_TYPES:
        _keep_node_ports(spec, old)
    if is_load_balancer(old) and not is_load_balancer(spec):
        _drop_unchanged(spec, old, ("loadBalancerClass", "allocateLoadBalancerNodePorts",
                                    "healthCheckNodePort"))
    if _is_external(old) and not _is_external(spec):
        _drop_unchanged(spec, old, ("externalTrafficPolicy",))
    if spec["type"] not in _NODE_PORT_TYPES and old["type"] in _NODE_PORT_TYPES:
        _drop_node_ports(spec, old)


def _drop_unchanged(spec, old, fields):
    """Fields that the new type cannot have go, unless the writer set them just now."""
    for field in fields:
        if spec.get(field) == old.get(field):
            spec.pop(field, None)


def _old_node_ports(old):
    return {(port["protocol"], port["port"]): port["nodePort"]
            for port in old.get("ports", []) if port.get("nodePort")}


def _keep_node_ports(spec, old):
    known = _old_node_ports(old)
    chosen = {port.get("nodePort") for port in spec.get("ports", [])}
    for port in spec.get("ports", []):
        number = known.get((port["protocol"], port.get("port")))
        if number and number not in chosen and not port.get("nodePort"):
            port["nodePort"] = number
    if spec.get("externalTrafficPolicy") == "Local" and "healthCheckNodePort" in old:
        spec.setdefault("healthCheckNodePort", old["healthCheckNodePort"])


def _drop_node_ports(spec, old):
    known = _old_node_ports(old)
    for port in spec.get("ports", []):
        if port.get("nodePort") == known.get((port["protocol"], port.get("port"))):
            port.pop("nodePort", None)


def problems(service, old, settings):
    """What the real server would refuse, before anything is allocated."""
    spec = service["spec"]
    found = _type_problems(spec) + _port_problems(spec) + _address_problems(spec)
    found += _load_balancer_problems(spec) + _traffic_problems(spec)
    found += formats.label_problems("spec.selector", spec.get("selector", {}))
    if old:
        found += _change_problems(spec, old["spec"])
    if not old or service["status"] != old.get("status"):
        found += status_problems(service, settings)
    return found


def _unsupported(field, value, supported):
    words = ", ".join(f'"{word}"' for word in supported)
    return FieldProblem("Unsupported", field, value, f"supported values: {words}")


def _choice(spec, field, supported):
    value = spec.get(field)
    if value is None or value in supported:
        return []
    return [_unsupported(f"spec.{field}", value, supported)]


def _type_problems(spec):
    found = _choice(spec, "type", TYPES) + _choice(spec, "sessionAffinity", ("ClientIP", "None"))
    if spec["type"] == "ExternalName":
        if not formats.is_subdomain(spec.get("externalName", "").rstrip(".")):
            found.append(FieldProblem("Invalid", "spec.externalName",
                                      spec.get("externalName", ""), formats.DNS_SUBDOMAIN))
        if spec.get("clusterIP"):
            found.append(FieldProblem("Forbidden", "spec.clusterIPs",
                                      detail="may not be set when `type` is 'ExternalName'"))
    elif not spec.get("ports") and not is_headless(spec):
        found.append(FieldProblem("Required", "spec.ports"))
    if is_headless(spec) and spec["type"] in _NODE_PORT_TYPES:
        found.append(FieldProblem("Invalid", "spec.clusterIPs[0]", "None",
                                  f"may not be set to 'None' for {spec['type']} services"))
    config = spec.get("sessionAffinityConfig", {}).get("clientIP")
    if config and spec["sessionAffinity"] == "None":
        found.append(FieldProblem("Forbidden", "spec.sessionAffinityConfig", detail="must not be "
                                  "set when session affinity is None"))
    elif config and not 0 < config.get("timeoutSeconds", 0) <= 86400:
        found.append(FieldProblem("Invalid", "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
                                  config.get("timeoutSeconds"),
                                  "must be greater than 0 and less than 86400"))
    return found


def _port_problems(spec):
    ports = spec.get("ports", [])
    found = []
    names, numbers = set(), set()
    for index, port in enumerate(ports):
        field = f"spec.ports[{index}]"
        found += _one_port_problems(field, port, len(ports) > 1, spec)
        name, number = port.get("name", ""), (port["protocol"], port.get("port"))
        if name and name in names:
            found.append(FieldProblem("Duplicate", f"{field}.name", name))
        if number in numbers:
            found.append(FieldProblem("Duplicate", field, port))
        names.add(name)
        numbers.add(number)
    return found


def _one_port_problems(field, port, needs_name, spec):
    found = []
    name = port.get("name", "")
    if not name and needs_name:
        found.append(FieldProblem("Required", f"{field}.name"))
    elif name and not formats.is_dns_label(name):
        found.append(FieldProblem("Invalid", f"{field}.name", name, formats.DNS_LABEL))
    if not formats.is_port(port.get("port", 0)):
        found.append(FieldProblem("Invalid", f"{field}.port", port.get("port", 0),
                                  formats.VALID_PORT))
    if port["protocol"] not in PROTOCOLS:
        found.append(_unsupported(f"{field}.protocol", port["protocol"], PROTOCOLS))
    found += _target_port_problems(f"{field}.targetPort", port.get("targetPort"))
    if port.get("nodePort") and spec["type"] not in _NODE_PORT_TYPES:
        found.append(FieldProblem("Forbidden", f"{field}.nodePort",
                                  detail=f"may not be used when `type` is '{spec['type']}'"))
    return found


def _target_port_problems(field, target):
    if isinstance(target, str) and not formats.is_service_port_name(target):
        return [FieldProblem("Invalid", field, target, "must be an IANA service name: at most 15 "
                             "lower case alphanumeric characters or '-', with a letter")]
    if isinstance(target, int) and not formats.is_port(target):
        return [FieldProblem("Invalid", field, target, formats.VALID_PORT)]
    return []


def _address_problems(spec):
    found = []
    for index, address in enumerate(spec.get("externalIPs", [])):
        found += formats.address_problems(f"spec.externalIPs[{index}]", address)
    for index, cidr in enumerate(spec.get("loadBalancerSourceRanges", [])):
        if not formats.is_cidr(cidr.strip()):
            found.append(FieldProblem("Invalid", f"spec.loadBalancerSourceRanges[{index}]", cidr,
                                      formats.VALID_CIDR))
    for index, address in enumerate(spec.get("clusterIPs", [])):
        if address != "None" and formats.parse_ip(address) is None:
            found.append(FieldProblem("Invalid", f"spec.clusterIPs[{index}]", address,
                                      formats.VALID_IP))
    if spec.get("clusterIPs") and spec["clusterIPs"][0] != spec.get("clusterIP"):
        found.append(FieldProblem("Invalid", "spec.clusterIPs", spec["clusterIPs"],
                                  "first value must match `clusterIP`"))
    families = spec.get("ipFamilies", [])
    for index, family in enumerate(families):
        if family not in CLUSTER_NETWORKS:
            found.append(_unsupported(f"spec.ipFamilies[{index}]", family, CLUSTER_NETWORKS))
        elif family in families[:index]:
            found.append(FieldProblem("Duplicate", f"spec.ipFamilies[{index}]", family))
    return found + _choice(spec, "ipFamilyPolicy",
                           ("PreferDualStack", "RequireDualStack", "SingleStack"))


def _load_balancer_problems(spec):
    if is_load_balancer(spec):
        name = spec.get("loadBalancerClass")
        if name is not None and not formats.is_qualified(name):
            return [FieldProblem("Invalid", "spec.loadBalancerClass", name,
                                 formats.QUALIFIED_NAME)]
        return []
    only = "may only be used when `type` is 'LoadBalancer'"
    return [FieldProblem("Forbidden", f"spec.{field}", detail=only)
            for field in ("loadBalancerClass", "allocateLoadBalancerNodePorts",
                          "loadBalancerSourceRanges") if spec.get(field) is not None]


def _traffic_problems(spec):
    found = _choice(spec, "externalTrafficPolicy", ("Cluster", "Local"))
    found += _choice(spec, "internalTrafficPolicy", ("Cluster", "Local"))
    if spec.get("externalTrafficPolicy") and not _is_external(spec):
        found.append(FieldProblem("Invalid", "spec.externalTrafficPolicy",
                                  spec["externalTrafficPolicy"],
                                  "may only be set for externally-accessible services"))
    local = is_load_balancer(spec) and spec.get("externalTrafficPolicy") == "Local"
    if spec.get("healthCheckNodePort") and not local:
        found.append(FieldProblem("Invalid", "spec.healthCheckNodePort",
                                  spec["healthCheckNodePort"], "may only be set when `type` is "
                                  "'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
    return found


def _change_problems(spec, old):
    found = []
    both = "ExternalName" not in (spec["type"], old["type"])
    if both and old.get("clusterIPs") and spec.get("clusterIPs", [])[:1] != old["clusterIPs"][:1]:
        found.append(FieldProblem("Invalid", "spec.clusterIPs[0]", spec.get("clusterIPs"),
                                  _IMMUTABLE_WORDS))
    if is_load_balancer(spec) and is_load_balancer(old):
        for field in ("loadBalancerClass", "healthCheckNodePort"):
            if old.get(field) and spec.get(field) != old[field]:
                found.append(FieldProblem("Invalid", f"spec.{field}", spec.get(field),
                                          _IMMUTABLE_WORDS))
        if spec.get("loadBalancerClass") and not old.get("loadBalancerClass"):
            found.append(FieldProblem("Invalid", "spec.loadBalancerClass",
                                      spec["loadBalancerClass"], _IMMUTABLE_WORDS))
    return found


def status_problems(service, settings):
    """status.loadBalancer belongs to type LoadBalancer; its entries must be addresses."""
    ingresses = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    field = "status.loadBalancer.ingress"
    if ingresses and not is_load_balancer(service["spec"]) and settings.has_ip_mode:
        return [FieldProblem("Forbidden", field,
                             detail='may only be used when `spec.type` is "LoadBalancer"')]
    found = []
    for index, ingress in enumerate(ingresses):
        found += _ingress_problems(f"{field}[{index}]", ingress)
    return found


def _ingress_problems(field, ingress):
    address, host, mode = (ingress.get(name) for name in ("ip", "hostname", "ipMode"))
    found = []
    if address and formats.parse_ip(address) is None:
        found.append(FieldProblem("Invalid", f"{field}.ip", address, formats.VALID_IP))
    if mode and not address:
        found.append(FieldProblem("Forbidden", f"{field}.ipMode",
                                  detail="may not be specified when `ip` is not set"))
    elif mode and mode not in ("Proxy", "VIP"):
        found.append(_unsupported(f"{field}.ipMode", mode, ("Proxy", "VIP")))
    if host and formats.parse_ip(host):
        found.append(FieldProblem("Invalid", f"{field}.hostname", host,
                                  "must be a DNS name, not an IP address"))
    elif host and not formats.is_subdomain(host):
        found.append(FieldProblem("Invalid", f"{field}.hostname", host, formats.DNS_SUBDOMAIN))
    return found


class Allocator:
    """Hands out cluster addresses and node ports that no other Service has."""

    def __init__(self, services, service):
        meta = service["metadata"]
        key = (meta["namespace"], meta["name"])
        self._addresses, self._ports = set(), set()
        for other in services:
            meta = other["metadata"]
            if (meta["namespace"], meta["name"]) != key:
                self._note(other)

    def _note(self, service):
        """Takes out what a Service has; one that was stored unchecked may have any shape."""
        try:
            spec = service["spec"]
            self._addresses.update(spec.get("clusterIPs", []))
            self._ports.update(port.get("nodePort") for port in spec.get("ports", []))
            self._ports.add(spec.get("healthCheckNodePort"))
        except (AttributeError, KeyError, TypeError):
            pass

    def complete(self, spec):
        """Fills in what is missing; returns the problems of what was asked for."""
        if spec["type"] == "ExternalName":
            return []
        return self._cluster_addresses(spec) + self._node_ports(spec)

    def _cluster_addresses(self, spec):
        _choose_families(spec)
        wanted = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
        if wanted[:1] != ["None"]:
            found = self._wanted_address_problems(wanted)
            if found:
                return found
            for family in spec["ipFamilies"][len(wanted):]:
                wanted = wanted + [self._free_address(family)]
        spec["clusterIPs"] = wanted
        spec["clusterIP"] = wanted[0]
        return []

    def _wanted_address_problems(self, wanted):
        for index, text in enumerate(wanted):
            why = self._refusal(text)
            if why:
                return [FieldProblem("Invalid", "spec.clusterIPs", wanted,
                                     f"failed to allocate IP {wanted[index]}: {why}")]
        return []

    def _refusal(self, text):
        address = formats.parse_ip(text)
        network = CLUSTER_NETWORKS[f"IPv{address.version}"]
        if address not in network:
            return f"the provided IP ({text}) is not in the valid range. The range of valid " \
                   f"IPs is {network}"
        return "provided IP is already allocated" if text in self._addresses else ""

    def _free_address(self, family):
        hosts = (str(host) for host in CLUSTER_NETWORKS[family].hosts())
        return next(host for host in hosts if host not in self._addresses)

    def _node_ports(self, spec):
        found = []
        needed = spec["type"] in _NODE_PORT_TYPES and (
            not is_load_balancer(spec) or spec["allocateLoadBalancerNodePorts"])
        for index, port in enumerate(spec.get("ports", [])):
            if port.get("nodePort"):
                found += self._take_port(f"spec.ports[{index}].nodePort", port["nodePort"])
            elif needed:
                port["nodePort"] = self._free_port()
        if is_load_balancer(spec) and spec.get("externalTrafficPolicy") == "Local":
            if not spec.get("healthCheckNodePort"):
                spec["healthCheckNodePort"] = self._free_port()
        return found

    def _take_port(self, field, number):
        if number not in NODE_PORTS:
            return [FieldProblem("Invalid", field, number, "provided port is not in the valid "
                                 "range. The range of valid ports is 30000-32767")]
        if number in self._ports:
            return [FieldProblem("Invalid", field, number, "provided port is already allocated")]
        self._ports.add(number)
        return []

    def _free_port(self):
        number = next(port for port in NODE_PORTS if port not in self._ports)
        self._ports.add(number)
        return number


def _choose_families(spec):
    """ipFamilyPolicy and ipFamilies of a dual-stack cluster with IPv4 first."""
    wanted = [address for address in spec.get("clusterIPs") or [spec.get("clusterIP", "")]
              if address not in ("", "None")]
    families = spec.get("ipFamilies") or [f"IPv{formats.parse_ip(address).version}"
                                          for address in wanted] or ["IPv4"]
    policy = spec.setdefault("ipFamilyPolicy",
                             "SingleStack" if len(families) < 2 else "RequireDualStack")
    if policy == "SingleStack":
        families = families[:1]
        if spec.get("clusterIPs"):
            spec["clusterIPs"] = spec["clusterIPs"][:1]
    elif len(families) < 2:
        families = families + ["IPv6" if families[0] == "IPv4" else "IPv4"]
    spec["ipFamilies"] = families
