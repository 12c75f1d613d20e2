# SPDX-License-Identifier: GPL-2.0-or-later
"""The control channel: how a test makes the server misbehave, and asks what it saw.

POST /_test/COMMAND with a JSON object, as an admin:

fault           {match, action, times, ...}: see faults.Fault
clear           forgets all faults, releases what is stalled
requests        {match}: the requests that were seen, as a list
forget          forgets the requests that were seen
settings        {name: value, ...}: see settings.Settings; answers with all of them
compact         loses the history: older versions are 410
jump            {by}: moves the resourceVersion, backwards like a restored backup
raw             {object}: stores an object without any check
streams         {order: end | cut | stall | raw, resource, group, data}: for open watches
refuse, accept  closes the listening socket and opens it again
drop            ends every connection
token           {user, groups, token}: makes a token good
revoke          {user}: makes the tokens of a user bad
"""

import dataclasses
import threading

from . import errors, resources
from .api import Response
from .auth import AUTHENTICATED, User, service_account
from .objects import decode_body
from .watch import Order

PREFIX = "/_test/"


class Control:
    """Obeys the commands."""

    def __init__(self, server):
        self._server = server
        self._stalled = []

    def answer(self, request):
        command = getattr(self, f"do_{request.path[len(PREFIX):]}", None)
        if command is None or request.method != "POST":
            raise errors.no_such_path()
        words = decode_body(request.body, "application/json") if request.body else {}
        try:
            return Response(200, command(**words))
        except (TypeError, ValueError) as error:
            raise errors.bad_request(str(error)) from error

    def do_fault(self, match, action, **wish):
        self._server.faults.add(match=match, action=action, **wish)
        return {}

    def do_clear(self):
        self._server.faults.clear()
        for released in self._stalled:
            released.set()
        self._stalled.clear()
        return {}

    def do_requests(self, match=None):
        return self._server.requests.find(match or {})

    def do_forget(self):
        self._server.requests.clear()
        return {}

    def do_settings(self, **values):
        self._server.settings.update(values)
        return dataclasses.asdict(self._server.settings)

    def do_compact(self):
        self._server.store.compact()
        return {"resourceVersion": str(self._server.store.version)}

    def do_jump(self, by):
        self._server.store.jump(by)
        return {"resourceVersion": str(self._server.store.version)}

    def do_raw(self, object):
        resource = resources.by_kind(object["apiVersion"], object["kind"])
        return self._server.objects.store_raw(resource, object)

    def do_streams(self, order, resource="", group="", data=""):
        storage = resources.by_plural(resource, group).storage if resource else ""
        released = threading.Event()
        if order == "stall":
            self._stalled.append(released)
        count = self._server.store.order(storage, Order(order, data.encode(), released))
        return {"streams": count}

    def do_refuse(self):
        self._server.refuse()
        return {}

    def do_accept(self):
        self._server.accept()
        return {}

    def do_drop(self):
        return {"connections": self._server.drop_connections()}

    def do_token(self, user, groups=(), token=None):
        return {"token": self._server.authenticator.add_token(_user(user, groups), token)}

    def do_revoke(self, user):
        return {"tokens": self._server.authenticator.revoke(_user(user, ()))}


def _user(name, groups):
    if name.startswith("system:serviceaccount:"):
        return service_account(*name.split(":")[2:])
    return User(name, tuple(groups) + (AUTHENTICATED,))
