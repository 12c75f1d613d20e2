# SPDX-License-Identifier: GPL-2.0-or-later
"""The fields of the kinds: types, what is unknown, and how lists merge.

One description serves decoding (wrong types, unknown fields), strategic merge patches
(merge_key) and server-side apply (keys, sets, atomic nodes).
"""

import datetime
import re


class TypeMismatch(Exception):
    """A value that the field cannot hold."""


class Scalar:
    """A leaf; accepts() says whether a JSON value fits."""

    def __init__(self, name, accepts):
        self.name = name
        self.accepts = accepts


class Obj:
    """An object with known fields; atomic: owned and replaced as a whole."""

    def __init__(self, atomic=False, **fields):
        self.fields = fields
        self.atomic = atomic


class Map:
    """An object with free keys."""

    def __init__(self, value, atomic=False):
        self.value = value
        self.atomic = atomic


class List:
    """A list: keyed (keys, with defaults for absent ones), a set, or atomic."""

    def __init__(self, item, keys=(), defaults=None, merge_key=None, is_set=False):
        self.item = item
        self.keys = keys
        self.defaults = defaults or {}
        self.merge_key = merge_key
        self.is_set = is_set

    def key_of(self, item):
        """The values of an item's keys, as a dict in the order of keys."""
        return {key: item.get(key, self.defaults.get(key)) for key in self.keys}


def _is_time(value):
    """RFC 3339 as Go parses it, which is less than ISO 8601."""
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    if not isinstance(value, str) or not re.fullmatch(form, value):
        return False
    try:
        datetime.datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def _is_micro_time(value):
    """Go parses MicroTime with a layout of exactly six decimals."""
    return _is_time(value) and re.search(r"T\d\d:\d\d:\d\d\.\d{6}(Z|[+-])", value) is not None


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


STR = Scalar("string", lambda v: isinstance(v, str))
BOOL = Scalar("bool", lambda v: isinstance(v, bool))
INT = Scalar("int32", lambda v: _is_int(v) and -2**31 <= v < 2**31)
INT64 = Scalar("int64", lambda v: _is_int(v) and -2**63 <= v < 2**63)
INT_OR_STR = Scalar("IntOrString", lambda v: isinstance(v, str) or INT.accepts(v))
TIME = Scalar("Time", _is_time)
MICRO_TIME = Scalar("MicroTime", _is_micro_time)
ANY = Scalar("any", lambda v: True)

STRINGS = List(STR)
STRING_SET = List(STR, is_set=True)
LABELS = Map(STR)

METADATA = Obj(
    name=STR, generateName=STR, namespace=STR, uid=STR, resourceVersion=STR, generation=INT64,
    selfLink=STR, creationTimestamp=TIME, deletionTimestamp=TIME,
    deletionGracePeriodSeconds=INT64, labels=LABELS, annotations=LABELS,
    finalizers=List(STR, is_set=True),
    ownerReferences=List(Obj(apiVersion=STR, kind=STR, name=STR, uid=STR, controller=BOOL,
                             blockOwnerDeletion=BOOL), keys=("uid",), merge_key="uid"),
    managedFields=List(ANY))

OBJECT_REFERENCE = Obj(kind=STR, namespace=STR, name=STR, uid=STR, apiVersion=STR,
                       resourceVersion=STR, fieldPath=STR, atomic=True)

CONDITIONS = List(Obj(type=STR, status=STR, observedGeneration=INT64, lastTransitionTime=TIME,
                      reason=STR, message=STR), keys=("type",), merge_key="type")

INGRESS = Obj(ip=STR, hostname=STR, ipMode=STR,
              ports=List(Obj(port=INT, protocol=STR, error=STR)))


def kind(**fields):
    """The schema of a top-level kind."""
    return Obj(apiVersion=STR, kind=STR, metadata=METADATA, **fields)


def _service(ingress):
    port = Obj(name=STR, protocol=STR, port=INT, targetPort=INT_OR_STR, nodePort=INT,
               appProtocol=STR)
    spec = Obj(
        ports=List(port, keys=("port", "protocol"), defaults={"protocol": "TCP"},
                   merge_key="port"),
        selector=Map(STR, atomic=True), clusterIP=STR, clusterIPs=STRINGS, type=STR,
        externalIPs=STRINGS, sessionAffinity=STR, loadBalancerIP=STR,
        loadBalancerSourceRanges=STRINGS, externalName=STR, externalTrafficPolicy=STR,
        healthCheckNodePort=INT, publishNotReadyAddresses=BOOL,
        sessionAffinityConfig=Obj(clientIP=Obj(timeoutSeconds=INT)), ipFamilies=STRINGS,
        ipFamilyPolicy=STR, allocateLoadBalancerNodePorts=BOOL, loadBalancerClass=STR,
        internalTrafficPolicy=STR, trafficDistribution=STR)
    status = Obj(loadBalancer=Obj(ingress=List(ingress)), conditions=CONDITIONS)
    return kind(spec=spec, status=status)


_WITHOUT_IP_MODE = Obj(**{name: node for name, node in INGRESS.fields.items()
                          if name != "ipMode"})

SERVICE = _service(INGRESS)
SERVICE_BEFORE_IP_MODE = _service(_WITHOUT_IP_MODE)

ENDPOINT_SLICE = kind(
    addressType=STR,
    endpoints=List(Obj(addresses=STRINGS, hostname=STR, nodeName=STR, zone=STR,
                       conditions=Obj(ready=BOOL, serving=BOOL, terminating=BOOL),
                       targetRef=OBJECT_REFERENCE, deprecatedTopology=LABELS,
                       hints=Obj(forZones=List(Obj(name=STR)), forNodes=List(Obj(name=STR))))),
    ports=List(Obj(name=STR, protocol=STR, port=INT, appProtocol=STR)))

_ENDPOINT_ADDRESSES = List(Obj(ip=STR, hostname=STR, nodeName=STR, targetRef=OBJECT_REFERENCE))
ENDPOINTS = kind(subsets=List(Obj(
    addresses=_ENDPOINT_ADDRESSES, notReadyAddresses=_ENDPOINT_ADDRESSES,
    ports=List(Obj(name=STR, port=INT, protocol=STR, appProtocol=STR)))))

EVENT = kind(
    eventTime=MICRO_TIME, series=Obj(count=INT, lastObservedTime=MICRO_TIME),
    reportingController=STR, reportingInstance=STR, action=STR, reason=STR,
    regarding=OBJECT_REFERENCE, related=OBJECT_REFERENCE, note=STR, type=STR,
    deprecatedSource=Obj(component=STR, host=STR), deprecatedFirstTimestamp=TIME,
    deprecatedLastTimestamp=TIME, deprecatedCount=INT)

CORE_EVENT = kind(
    eventTime=MICRO_TIME, series=Obj(count=INT, lastObservedTime=MICRO_TIME),
    reportingComponent=STR, reportingInstance=STR, action=STR, reason=STR,
    involvedObject=OBJECT_REFERENCE, related=OBJECT_REFERENCE, message=STR, type=STR,
    source=Obj(component=STR, host=STR), firstTimestamp=TIME, lastTimestamp=TIME, count=INT)

LEASE = kind(spec=Obj(holderIdentity=STR, leaseDurationSeconds=INT, acquireTime=MICRO_TIME,
                      renewTime=MICRO_TIME, leaseTransitions=INT, strategy=STR,
                      preferredHolder=STR))

CONFIG_MAP = kind(data=Map(STR), binaryData=Map(STR), immutable=BOOL)
SECRET = kind(data=Map(STR), stringData=Map(STR), type=STR, immutable=BOOL)

_LOCAL_REFERENCE = Obj(name=STR)
SERVICE_ACCOUNT = kind(
    secrets=List(OBJECT_REFERENCE, keys=("name",), merge_key="name"),
    imagePullSecrets=List(_LOCAL_REFERENCE, keys=("name",), merge_key="name"),
    automountServiceAccountToken=BOOL)

NAMESPACE = kind(spec=Obj(finalizers=STRINGS),
                 status=Obj(phase=STR, conditions=CONDITIONS))

_NODE_CONDITION = Obj(type=STR, status=STR, lastHeartbeatTime=TIME, lastTransitionTime=TIME,
                      reason=STR, message=STR)
NODE = kind(
    spec=Obj(podCIDR=STR, podCIDRs=STRING_SET, providerID=STR, unschedulable=BOOL,
             taints=List(Obj(key=STR, value=STR, effect=STR, timeAdded=TIME))),
    status=Obj(capacity=Map(ANY), allocatable=Map(ANY), phase=STR,
               conditions=List(_NODE_CONDITION, keys=("type",), merge_key="type"),
               addresses=List(Obj(type=STR, address=STR), keys=("type",), merge_key="type"),
               nodeInfo=Map(ANY), images=List(ANY), daemonEndpoints=Map(ANY)))

_RULES = List(Obj(verbs=STRINGS, apiGroups=STRINGS, resources=STRINGS, resourceNames=STRINGS,
                  nonResourceURLs=STRINGS))
_SUBJECTS = List(Obj(kind=STR, apiGroup=STR, name=STR, namespace=STR))
_ROLE_REF = Obj(apiGroup=STR, kind=STR, name=STR, atomic=True)
ROLE = kind(rules=_RULES)
CLUSTER_ROLE = kind(rules=_RULES, aggregationRule=Map(ANY, atomic=True))
BINDING = kind(subjects=_SUBJECTS, roleRef=_ROLE_REF)


def decode(node, value, unknown, path=""):
    """A copy of value with nothing but what the schema knows.

    Paths of unknown fields are added to the list; nulls are dropped, as Go drops them.
    """
    if isinstance(node, Obj):
        return _decode_obj(node, value, unknown, path)
    if isinstance(node, Map):
        return {key: decode(node.value, item, unknown, f"{path}.{key}")
                for key, item in _expect(value, dict, path).items() if item is not None}
    if isinstance(node, List):
        return [decode(node.item, item, unknown, f"{path}[{index}]")
                for index, item in enumerate(_expect(value, list, path))]
    if not node.accepts(value):
        raise TypeMismatch(f"json: cannot unmarshal {_json_name(value)} into Go struct field "
                           f"{path.lstrip('.')} of type {node.name}")
    return value


def _decode_obj(node, value, unknown, path):
    result = {}
    for key, item in _expect(value, dict, path).items():
        if key not in node.fields:
            unknown.append(f"{path}.{key}")
        elif item is not None:
            result[key] = decode(node.fields[key], item, unknown, f"{path}.{key}")
    return result


def _expect(value, kind_of, path):
    if not isinstance(value, kind_of):
        raise TypeMismatch(f"json: cannot unmarshal {_json_name(value)} into Go struct field "
                           f"{path.lstrip('.')} of type {kind_of.__name__}")
    return value


def _json_name(value):
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    return names.get(type(value), "number")
