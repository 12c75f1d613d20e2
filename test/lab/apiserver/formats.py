# SPDX-License-Identifier: GPL-2.0-or-later
"""Formats of names and addresses, with the messages of k8s.io/apimachinery."""

import ipaddress
import re

from .errors import FieldProblem

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

DNS_LABEL = ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
             "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
             f"'123-abc', regex used for validation is '{_LABEL}')")
DNS_SUBDOMAIN = ("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                 "characters, '-' or '.', and must start and end with an alphanumeric character "
                 f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')")
DNS_1035 = ("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
            "with an alphabetic character, and end with an alphanumeric character (e.g. "
            f"'my-name',  or 'abc-123', regex used for validation is '{_LABEL_1035}')")
QUALIFIED_NAME = ("name part must consist of alphanumeric characters, '-', '_' or '.', and must "
                  "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
                  f"or '123-abc', regex used for validation is '{_QUALIFIED}')")
LABEL_VALUE = ("a valid label must be an empty string or consist of alphanumeric characters, "
               "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
               f"'MyValue',  or 'my_value',  or '12345', regex used for validation is "
               f"'({_QUALIFIED})?')")
VALID_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
VALID_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
VALID_PORT = "must be between 1 and 65535, inclusive"
MAX_ANNOTATIONS = 262144


def _full(pattern, text, limit):
    return len(text) <= limit and re.fullmatch(pattern, text) is not None


def is_dns_label(text):
    return _full(_LABEL, text, 63)


def is_dns_1035(text):
    return _full(_LABEL_1035, text, 63)


def is_subdomain(text):
    return _full(_SUBDOMAIN, text, 253)


def is_qualified(text):
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_subdomain(prefix)) and _full(_QUALIFIED, name, 63)


def is_label_value(text):
    return text == "" or _full(_QUALIFIED, text, 63)


def is_path_segment(text):
    """Names of RBAC objects may hold almost anything."""
    return text not in ("", ".", "..") and not set(text) & set("/%")


def is_service_port_name(text):
    """An IANA service name: what a targetPort may be called."""
    return (_full(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", text, 15) and "--" not in text
            and re.search("[a-z]", text) is not None)


def is_port(number):
    return 1 <= number <= 65535


def parse_ip(text):
    """An address as Go's lenient parser reads it (leading zeros are decimal), or None."""
    if "%" in text:
        return None
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", text):
        text = ".".join(str(int(part)) for part in text.split("."))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_cidr(text):
    address, slash, length = text.partition("/")
    if not slash or not length.isdigit() or parse_ip(address) is None:
        return False
    return int(length) <= parse_ip(address).max_prefixlen


def address_problems(field, text):
    """The problems of an address that must be one a Service can be reached at."""
    address = parse_ip(text)
    if address is None:
        return [FieldProblem("Invalid", field, text, VALID_IP)]
    return [FieldProblem("Invalid", field, text, why) for why in _special_use(address)]


def _special_use(address):
    if address.is_unspecified:
        yield f"may not be unspecified ({address})"
    if address.is_loopback:
        yield "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    if address.is_link_local:
        yield "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    local_multicast = ("224.0.0.0/24", "ff02::/16")
    if any(address.version == network.version and address in network
           for network in map(ipaddress.ip_network, local_multicast)):
        yield "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"


def metadata_problems(meta, name_is_valid, name_words):
    """The problems of an object's name, labels, annotations and finalizers."""
    problems = []
    name = meta.get("name", "")
    if not name:
        problems.append(FieldProblem("Required", "metadata.name",
                                     detail="name or generateName is required"))
    elif not name_is_valid(name):
        problems.append(FieldProblem("Invalid", "metadata.name", name, name_words))
    problems += label_problems("metadata.labels", meta.get("labels", {}))
    annotations = meta.get("annotations", {})
    problems += _key_problems("metadata.annotations", map(str.lower, annotations))
    if sum(len(key) + len(value) for key, value in annotations.items()) > MAX_ANNOTATIONS:
        problems.append(FieldProblem("TooLong", "metadata.annotations",
                                     detail=f"may not be more than {MAX_ANNOTATIONS} bytes"))
    return problems + [FieldProblem("Invalid", "metadata.finalizers", text, QUALIFIED_NAME)
                       for text in meta.get("finalizers", []) if not is_qualified(text)]


def label_problems(field, labels):
    bad_values = [value for value in labels.values() if not is_label_value(value)]
    return (_key_problems(field, labels)
            + [FieldProblem("Invalid", field, value, LABEL_VALUE) for value in bad_values])


def _key_problems(field, keys):
    return [FieldProblem("Invalid", field, key, QUALIFIED_NAME)
            for key in keys if not is_qualified(key)]
