# SPDX-License-Identifier: GPL-2.0-or-later
"""Defaults and validation of every kind but Service."""

import base64
import re

from . import errors, formats, rbac, services
from .errors import FieldProblem

MAX_ENDPOINTS = 1000
MAX_ENDPOINT_ADDRESSES = 100
MAX_SLICE_PORTS = 20000
MAX_EVENT_WORD = 128
MAX_NOTE = 1024
_DEPRECATED = ("deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount",
               "deprecatedSource")
_REASON = r"[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"


def set_defaults(resource, obj, old, settings):
    """Fills in what the real server fills in."""
    if resource.kind == "Service":
        services.set_defaults(obj, old, settings)
    elif resource.kind == "EndpointSlice":
        for port in obj.get("ports", []):
            port.setdefault("name", "")
            port.setdefault("protocol", "TCP")
    elif resource.kind == "Namespace":
        obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        obj.setdefault("status", {}).setdefault("phase", "Active")
        labels = obj["metadata"].setdefault("labels", {})
        labels["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")
    elif resource.kind == "Secret":
        obj.setdefault("type", "Opaque")
        for name, text in obj.pop("stringData", {}).items():
            obj.setdefault("data", {})[name] = base64.b64encode(text.encode()).decode()
    elif resource.kind.endswith("RoleBinding"):
        _binding_defaults(obj)


def _binding_defaults(binding):
    binding.get("roleRef", {}).setdefault("apiGroup", rbac.GROUP)
    for subject in binding.get("subjects", []):
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", rbac.GROUP)


def check(resource, obj, old, settings):
    """Raises 422 with every problem of an object that is about to be stored."""
    valid, words = _name_rule(resource)
    problems = formats.metadata_problems(obj["metadata"], valid, words)
    if resource.kind == "Service":
        problems += services.problems(obj, old, settings)
    elif resource.kind == "Event":
        problems += _event_problems(obj, old, resource.group)
    elif resource.kind in _CHECKS:
        problems += _CHECKS[resource.kind](obj, old)
    problems += _condition_problems(obj)
    refuse(resource, obj, problems)


def refuse(resource, obj, problems):
    if problems:
        raise errors.invalid(resource.kind, obj["metadata"].get("name", ""), problems,
                             resource.group)


def _name_rule(resource):
    if resource.group == rbac.GROUP:
        return formats.is_path_segment, "may not contain '/' or '%'"
    if resource.kind == "Service":
        return formats.is_dns_1035, formats.DNS_1035
    if resource.subdomain_names:
        return formats.is_subdomain, formats.DNS_SUBDOMAIN
    return formats.is_dns_label, formats.DNS_LABEL


def _required(obj, *fields, where=""):
    return [FieldProblem("Required", where + field) for field in fields if not obj.get(field)]


def _condition_problems(obj):
    """metav1.Condition: a type once, a reason, a message, a time."""
    found = []
    if obj.get("kind") == "Node":
        return found
    seen = set()
    for index, condition in enumerate(obj.get("status", {}).get("conditions", [])):
        where = f"status.conditions[{index}]."
        found += _required(condition, "type", "lastTransitionTime", "reason", where=where)
        kind = condition.get("type", "")
        if kind and not formats.is_qualified(kind):
            found.append(FieldProblem("Invalid", where + "type", kind, formats.QUALIFIED_NAME))
        if kind in seen:
            found.append(FieldProblem("Duplicate", where + "type", kind))
        seen.add(kind)
        if condition.get("status") not in ("True", "False", "Unknown"):
            found.append(FieldProblem("Unsupported", where + "status", condition.get("status", ""),
                                      'supported values: "False", "True", "Unknown"'))
        if condition.get("reason") and not re.fullmatch(_REASON, condition["reason"]):
            found.append(FieldProblem("Invalid", where + "reason", condition["reason"],
                                      f"regex used for validation is '{_REASON}'"))
    return found


def _check_slice(obj, old):
    kind = obj.get("addressType", "")
    found = _required(obj, "addressType")
    if kind and kind not in ("FQDN", "IPv4", "IPv6"):
        found.append(FieldProblem("Unsupported", "addressType", kind,
                                  'supported values: "FQDN", "IPv4", "IPv6"'))
    if old and kind != old.get("addressType"):
        found.append(FieldProblem("Invalid", "addressType", kind, "field is immutable"))
    endpoints = obj.get("endpoints", [])
    if len(endpoints) > MAX_ENDPOINTS:
        return found + [FieldProblem("TooMany", "endpoints", len(endpoints),
                                     f"must have at most {MAX_ENDPOINTS} items")]
    for index, endpoint in enumerate(endpoints):
        found += _endpoint_problems(f"endpoints[{index}]", endpoint, kind)
    return found + _slice_port_problems(obj.get("ports", []))


def _endpoint_problems(where, endpoint, kind):
    addresses = endpoint.get("addresses", [])
    if not addresses:
        return [FieldProblem("Required", f"{where}.addresses",
                             detail="must contain at least 1 address")]
    if len(addresses) > MAX_ENDPOINT_ADDRESSES:
        return [FieldProblem("TooMany", f"{where}.addresses", len(addresses),
                             f"must have at most {MAX_ENDPOINT_ADDRESSES} items")]
    found = []
    for index, text in enumerate(addresses):
        found += _endpoint_address_problems(f"{where}.addresses[{index}]", text, kind)
    if endpoint.get("nodeName") and not formats.is_subdomain(endpoint["nodeName"]):
        found.append(FieldProblem("Invalid", f"{where}.nodeName", endpoint["nodeName"],
                                  formats.DNS_SUBDOMAIN))
    if endpoint.get("hostname") and not formats.is_dns_label(endpoint["hostname"]):
        found.append(FieldProblem("Invalid", f"{where}.hostname", endpoint["hostname"],
                                  formats.DNS_LABEL))
    return found


def _endpoint_address_problems(field, text, kind):
    if kind == "FQDN":
        return [] if formats.is_subdomain(text) else [
            FieldProblem("Invalid", field, text, formats.DNS_SUBDOMAIN)]
    found = formats.address_problems(field, text)
    address = formats.parse_ip(text)
    if address is not None and f"IPv{address.version}" != kind:
        found.append(FieldProblem("Invalid", field, text, f"must be a valid {kind} address"))
    return found


def _slice_port_problems(ports):
    if len(ports) > MAX_SLICE_PORTS:
        return [FieldProblem("TooMany", "ports", len(ports),
                             f"must have at most {MAX_SLICE_PORTS} items")]
    found = []
    seen = set()
    for index, port in enumerate(ports):
        where = f"ports[{index}]"
        name = port["name"]
        if name in seen:
            found.append(FieldProblem("Duplicate", f"{where}.name", name))
        seen.add(name)
        if name and not formats.is_dns_label(name):
            found.append(FieldProblem("Invalid", f"{where}.name", name, formats.DNS_LABEL))
        if port["protocol"] not in services.PROTOCOLS:
            found.append(FieldProblem("Unsupported", f"{where}.protocol", port["protocol"],
                                      'supported values: "SCTP", "TCP", "UDP"'))
        if "port" in port and not formats.is_port(port["port"]):
            found.append(FieldProblem("Invalid", f"{where}.port", port["port"],
                                      formats.VALID_PORT))
    return found


def _event_problems(event, old, group):
    """event has the form of events.k8s.io/v1; without eventTime only core/v1 takes it."""
    about = event.get("regarding", {})
    namespace = event["metadata"].get("namespace", "")
    found = []
    if about.get("namespace", "") != namespace and (about.get("namespace")
                                                    or namespace != "default"):
        found.append(FieldProblem("Invalid", "regarding.namespace", about.get("namespace", ""),
                                  "does not match event.namespace"))
    if not event.get("eventTime"):
        return found + ([FieldProblem("Required", "eventTime")] if group else [])
    if group and old is None:
        found += [FieldProblem("Invalid", field, "", "needs to be unset")
                  for field in _DEPRECATED if event.get(field)]
    found += _required(event, "reportingController", "reportingInstance", "action", "reason")
    controller = event.get("reportingController", "")
    if controller and not formats.is_qualified(controller):
        found.append(FieldProblem("Invalid", "reportingController", controller,
                                  formats.QUALIFIED_NAME))
    for field in ("reportingInstance", "action", "reason"):
        if len(event.get(field, "").encode()) > MAX_EVENT_WORD:
            found.append(FieldProblem("Invalid", field, detail=f"can have at most "
                                      f"{MAX_EVENT_WORD} characters"))
    if len(event.get("note", "").encode()) > MAX_NOTE:
        found.append(FieldProblem("Invalid", "note",
                                  detail=f"can have at most {MAX_NOTE} characters"))
    if event.get("type") not in ("Normal", "Warning"):
        found.append(FieldProblem("Invalid", "type", event.get("type", ""),
                                  "has invalid value"))
    return found + _series_problems(event) + _event_change_problems(event, old, group)


def _series_problems(event):
    series = event.get("series")
    if series is None:
        return []
    found = _required(series, "lastObservedTime", where="series.")
    if series.get("count", 0) < 2:
        found.append(FieldProblem("Invalid", "series.count", series.get("count", 0),
                                  "should be at least 2"))
    return found


def _event_change_problems(event, old, group):
    fixed = ("reportingController", "reportingInstance", "action", "reason", "regarding",
             "related", "note", "type", "eventTime", *(_DEPRECATED if group else ()))
    if old is None:
        return []
    return [FieldProblem("Invalid", field, event.get(field), "field is immutable")
            for field in fixed if event.get(field) != old.get(field)]


def _check_lease(lease, _old):
    spec = lease.get("spec", {})
    found = []
    if "leaseDurationSeconds" in spec and spec["leaseDurationSeconds"] <= 0:
        found.append(FieldProblem("Invalid", "spec.leaseDurationSeconds",
                                  spec["leaseDurationSeconds"], "must be greater than 0"))
    if spec.get("leaseTransitions", 0) < 0:
        found.append(FieldProblem("Invalid", "spec.leaseTransitions", spec["leaseTransitions"],
                                  "must be greater than or equal to 0"))
    return found


def _check_secret(secret, old):
    if old and secret["type"] != old["type"]:
        return [FieldProblem("Invalid", "type", secret["type"], "field is immutable")]
    annotation = "kubernetes.io/service-account.name"
    if secret["type"] == "kubernetes.io/service-account-token" \
            and not secret["metadata"].get("annotations", {}).get(annotation):
        return [FieldProblem("Required", f"metadata.annotations[{annotation}]")]
    return []


def _check_role(role, _old):
    found = []
    for index, rule in enumerate(role.get("rules", [])):
        where = f"rules[{index}]."
        found += _required(rule, "verbs", where=where)
        if rule.get("nonResourceURLs"):
            if role["kind"] == "Role":
                found.append(FieldProblem("Invalid", where + "nonResourceURLs",
                                          rule["nonResourceURLs"], "namespaced rules cannot "
                                          "apply to non-resource URLs"))
            continue
        found += _required(rule, "apiGroups", "resources", where=where)
    return found


def _check_binding(binding, old):
    reference = binding.get("roleRef", {})
    found = _required(reference, "name", where="roleRef.")
    kinds = ("ClusterRole",) if binding["kind"] == "ClusterRoleBinding" else ("Role",
                                                                             "ClusterRole")
    if reference.get("kind") not in kinds:
        words = ", ".join(f'"{kind}"' for kind in sorted(kinds))
        found.append(FieldProblem("Unsupported", "roleRef.kind", reference.get("kind", ""),
                                  f"supported values: {words}"))
    if old and reference != old.get("roleRef"):
        found.append(FieldProblem("Invalid", "roleRef", reference, "cannot change roleRef"))
    for index, subject in enumerate(binding.get("subjects", [])):
        where = f"subjects[{index}]."
        found += _required(subject, "name", where=where)
        if subject.get("kind") == "ServiceAccount":
            found += _required(subject, "namespace", where=where)
            if subject.get("apiGroup"):
                found.append(FieldProblem("Unsupported", where + "apiGroup", subject["apiGroup"],
                                          'supported values: ""'))
        elif subject.get("kind") not in ("User", "Group"):
            found.append(FieldProblem("Unsupported", where + "kind", subject.get("kind", ""),
                                      'supported values: "ServiceAccount", "User", "Group"'))
    return found


_CHECKS = {"EndpointSlice": _check_slice, "Lease": _check_lease, "Secret": _check_secret,
           "Role": _check_role, "ClusterRole": _check_role,
           "RoleBinding": _check_binding, "ClusterRoleBinding": _check_binding}
