# SPDX-License-Identifier: GPL-2.0-or-later
"""Who sends a request: bearer tokens, client certificates, impersonation."""

import dataclasses
import secrets
import threading

from . import errors

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"


@dataclasses.dataclass(frozen=True)
class User:
    name: str
    groups: tuple = ()

    @property
    def is_master(self):
        return MASTERS in self.groups


ADMIN = User("kubernetes-admin", (MASTERS, AUTHENTICATED))
ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


def service_account(namespace, name):
    return User(f"system:serviceaccount:{namespace}:{name}",
                ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED))


class Authenticator:
    """The bearer tokens that are good, and the words of a client certificate."""

    def __init__(self):
        self._lock = threading.Lock()
        self._users = {}

    def add_token(self, user, token=None):
        """Makes a token good; returns it."""
        token = token or secrets.token_urlsafe(32)
        with self._lock:
            self._users[token] = user
        return token

    def revoke(self, user):
        """Makes every token of a user bad; returns how many there were."""
        with self._lock:
            tokens = [token for token, owner in self._users.items() if owner == user]
            for token in tokens:
                del self._users[token]
        return len(tokens)

    def authenticate(self, authorization, certificate):
        """The User of a request, or 401: nobody is let in anonymously."""
        if certificate:
            return _certificate_user(certificate)
        scheme, _, token = (authorization or "").partition(" ")
        with self._lock:
            user = self._users.get(token.strip())
        if scheme.lower() != "bearer" or user is None:
            raise errors.unauthorized()
        return user


def _certificate_user(certificate):
    """CN is the user, every O a group."""
    words = [pair for part in certificate["subject"] for pair in part]
    name = next((value for key, value in words if key == "commonName"), "")
    groups = tuple(value for key, value in words if key == "organizationName")
    return User(name, groups + (AUTHENTICATED,))


def impersonated(headers):
    """The user that the Impersonate-* headers ask for, or None."""
    name = headers.get("Impersonate-User")
    if not name:
        return None
    groups = tuple(headers.get_all("Impersonate-Group") or ())
    if name.startswith("system:serviceaccount:") and not groups:
        return service_account(*name.split(":")[2:4])
    return User(name, groups + (AUTHENTICATED,))
