# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates for the server and its clients, made with the openssl command."""

import ipaddress
import pathlib
import subprocess

DAYS = "3650"


class Authority:
    """A certificate authority in a directory; one that exists there is used again."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.certificate = self.directory / "ca.crt"
        self._key = self.directory / "ca.key"
        if not self.certificate.exists():
            _openssl("-keyout", self._key, "-out", self.certificate, "-subj", "/CN=test-ca",
                     "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue_server(self, addresses):
        """(certificate, key) of a server that has these addresses and names."""
        names = ",".join(_alternative_name(address) for address in addresses)
        return self._issue("server", "/CN=kube-apiserver",
                           f"subjectAltName={names}", "extendedKeyUsage=serverAuth")

    def issue_client(self, name, user, groups=()):
        """(certificate, key) of a client, stored under a name."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._issue(name, subject, "extendedKeyUsage=clientAuth")

    def _issue(self, name, subject, *extensions):
        certificate = self.directory / f"{name}.crt"
        key = self.directory / f"{name}.key"
        options = [word for extension in extensions for word in ("-addext", extension)]
        _openssl("-CA", self.certificate, "-CAkey", self._key, "-keyout", key,
                 "-out", certificate, "-subj", subject,
                 "-addext", "basicConstraints=critical,CA:FALSE", *options)
        return certificate, key


def _openssl(*arguments):
    """One certificate with a new P-256 key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:P-256", "-nodes", "-batch", "-days", DAYS, *arguments]
    subprocess.run([str(word) for word in command], check=True, capture_output=True,
                   timeout=30)


def _alternative_name(address):
    try:
        return f"IP:{ipaddress.ip_address(address)}"
    except ValueError:
        return f"DNS:{address}"
