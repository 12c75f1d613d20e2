# SPDX-License-Identifier: GPL-2.0-or-later
"""A plain client of the API server for its own tests: TLS, a token, and raw streams."""

import http.client
import json
import ssl
import time

TIMEOUT = 10.0


class Answer:
    """A response whose body was read."""

    def __init__(self, response):
        self.code = response.status
        self.headers = response.headers
        self.data = response.read()

    @property
    def body(self):
        return json.loads(self.data)


class Stream:
    """The events of a watch, as they come."""

    def __init__(self, connection, response):
        self._connection = connection
        self._response = response
        self.code = response.status

    def next(self):
        """The next event; None at the end of the stream."""
        line = self._response.readline()
        return json.loads(line) if line else None

    def until(self, wanted):
        """Reads up to the first event that wanted() likes; returns all up to it."""
        events = []
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            event = self.next()
            assert event is not None, f"the stream ended after {events}"
            events.append(event)
            if wanted(event):
                return events
        raise TimeoutError(f"only saw {events}")

    def rest(self):
        """What is left of the stream, as bytes; a cut stream is not an error here."""
        try:
            return self._response.read()
        except http.client.IncompleteRead as error:
            return error.partial

    def settimeout(self, seconds):
        self._connection.sock.settimeout(seconds)

    def close(self):
        self._connection.close()


class Client:
    """A user of the API with a token, or with a client certificate."""

    def __init__(self, cluster, token=None, certificate=None, timeout=TIMEOUT):
        self._port = cluster.port
        self._token = token
        self._timeout = timeout
        self._context = ssl.create_default_context(cafile=cluster.directory / "ca.crt")
        if certificate:
            self._context.load_cert_chain(*certificate)

    @classmethod
    def vipd(cls, cluster):
        return cls(cluster, (cluster.directory / "vipd.token").read_text())

    @classmethod
    def admin(cls, cluster):
        return cls(cluster, (cluster.directory / "admin.token").read_text())

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=self._timeout,
                                           context=self._context)

    def send(self, connection, method, path, body=None, media_type="application/json", **headers):
        words = {"Content-Type": media_type, "User-Agent": "client/1", **headers}
        if self._token:
            words["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, words)
        return connection.getresponse()

    def request(self, method, path, body=None, media_type="application/json", **headers):
        connection = self.connect()
        try:
            return Answer(self.send(connection, method, path, body, media_type, **headers))
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def apply(self, path, body, manager="vipd", force=False):
        query = f"?fieldManager={manager}" + ("&force=true" if force else "")
        return self.request("PATCH", path + query, body, "application/apply-patch+yaml")

    def watch(self, path):
        connection = self.connect()
        return Stream(connection, self.send(connection, "GET", path))
