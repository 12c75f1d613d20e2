# SPDX-License-Identifier: GPL-2.0-or-later
"""Kubernetes' protobuf bodies, for the kinds that kubectl's create commands send so.

A message is {field number: (name, type)}; a type is STR, INT, BOOL, LABELS, INT_OR_STR,
a message, or [type] for a repeated field. Fields that are not listed are skipped.
"""

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"

STR, INT, BOOL, LABELS, INT_OR_STR = "string", "int", "bool", "labels", "int-or-string"

_LABEL = {1: ("key", STR), 2: ("value", STR)}
_INT_OR_STR = {1: ("type", INT), 2: ("int", INT), 3: ("str", STR)}
_METADATA = {1: ("name", STR), 2: ("generateName", STR), 3: ("namespace", STR),
             6: ("resourceVersion", STR), 11: ("labels", LABELS), 12: ("annotations", LABELS),
             14: ("finalizers", [STR])}
_SERVICE_PORT = {1: ("name", STR), 2: ("protocol", STR), 3: ("port", INT),
                 4: ("targetPort", INT_OR_STR), 5: ("nodePort", INT), 6: ("appProtocol", STR)}
_SERVICE_SPEC = {1: ("ports", [_SERVICE_PORT]), 2: ("selector", LABELS), 3: ("clusterIP", STR),
                 4: ("type", STR), 5: ("externalIPs", [STR]), 7: ("sessionAffinity", STR),
                 8: ("loadBalancerIP", STR), 9: ("loadBalancerSourceRanges", [STR]),
                 10: ("externalName", STR), 11: ("externalTrafficPolicy", STR),
                 17: ("ipFamilyPolicy", STR), 18: ("clusterIPs", [STR]),
                 19: ("ipFamilies", [STR]), 20: ("allocateLoadBalancerNodePorts", BOOL),
                 21: ("loadBalancerClass", STR), 22: ("internalTrafficPolicy", STR)}
_RULE = {1: ("verbs", [STR]), 2: ("apiGroups", [STR]), 3: ("resources", [STR]),
         4: ("resourceNames", [STR]), 5: ("nonResourceURLs", [STR])}
_SUBJECT = {1: ("kind", STR), 2: ("apiGroup", STR), 3: ("name", STR), 4: ("namespace", STR)}
_ROLE_REF = {1: ("apiGroup", STR), 2: ("kind", STR), 3: ("name", STR)}
_ROLE = {1: ("metadata", _METADATA), 2: ("rules", [_RULE])}
_BINDING = {1: ("metadata", _METADATA), 2: ("subjects", [_SUBJECT]), 3: ("roleRef", _ROLE_REF)}
_RESOURCE_ATTRIBUTES = {1: ("namespace", STR), 2: ("verb", STR), 3: ("group", STR),
                        5: ("resource", STR), 6: ("subresource", STR), 7: ("name", STR)}
_PATH_ATTRIBUTES = {1: ("path", STR), 2: ("verb", STR)}
_REVIEW_SPEC = {1: ("resourceAttributes", _RESOURCE_ATTRIBUTES),
                2: ("nonResourceAttributes", _PATH_ATTRIBUTES)}

_KINDS = {
    "Namespace": {1: ("metadata", _METADATA)},
    "Service": {1: ("metadata", _METADATA), 2: ("spec", _SERVICE_SPEC)},
    "ConfigMap": {1: ("metadata", _METADATA), 2: ("data", LABELS)},
    "ServiceAccount": {1: ("metadata", _METADATA)},
    "Role": _ROLE, "ClusterRole": _ROLE,
    "RoleBinding": _BINDING, "ClusterRoleBinding": _BINDING,
    "SelfSubjectAccessReview": {1: ("metadata", _METADATA), 2: ("spec", _REVIEW_SPEC)},
}
_TYPE_META = {1: ("apiVersion", STR), 2: ("kind", STR)}


def decode_body(body):
    """The object of a body; ValueError if it is none of the known kinds."""
    if not body.startswith(MAGIC):
        raise ValueError("no Kubernetes protobuf")
    envelope = dict(_fields(body[len(MAGIC):]))
    meta = _message(envelope.get(1, b""), _TYPE_META)
    if meta.get("kind") not in _KINDS:
        raise ValueError(f"no protobuf for kind {meta.get('kind')}")
    return {**meta, **_message(envelope.get(2, b""), _KINDS[meta["kind"]])}


def _message(data, fields):
    result = {}
    for number, raw in _fields(data):
        if number not in fields:
            continue
        name, kind = fields[number]
        if isinstance(kind, list):
            result.setdefault(name, []).append(_value(raw, kind[0]))
        elif kind == LABELS:
            pair = _message(raw, _LABEL)
            result.setdefault(name, {})[pair.get("key", "")] = pair.get("value", "")
        elif raw not in (b"", 0):
            result[name] = _value(raw, kind)
    return result


def _value(raw, kind):
    if kind == STR:
        return raw.decode()
    if kind == BOOL:
        return bool(raw)
    if kind == INT:
        return raw - (1 << 64) if raw >> 63 else raw
    if kind == INT_OR_STR:
        either = _message(raw, _INT_OR_STR)
        return either.get("str", "") if either.get("type") else either.get("int", 0)
    return _message(raw, kind)


def _fields(data):
    """(field number, bytes or integer) of each field."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, place = _varint(data, place)
        elif wire_type == 2:
            size, place = _varint(data, place)
            value, place = data[place:place + size], place + size
        else:
            raise ValueError(f"wire type {wire_type}")
        yield number, value


def _varint(data, place):
    value = shift = 0
    while True:
        if place >= len(data):
            raise ValueError("truncated protobuf")
        byte = data[place]
        value |= (byte & 0x7f) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
