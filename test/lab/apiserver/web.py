# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP/1.1: connections, headers, chunks, and the faults that happen to them."""

import gzip
import http.server
import json
import select
import socket
import socketserver
import ssl
import threading
import time
import traceback
import urllib.parse

from . import errors
from .api import Request
from .auth import ADMIN
from .watch import Cut, Stall

HANDSHAKE_TIMEOUT = 10
COMPRESSED_FROM = 128 * 1024
POLL = 0.1


class Wire:
    """Sends body bytes, as long as the request's fault lets them through."""

    def __init__(self, connection, fault):
        self._connection = connection
        self._fault = fault
        self._left = fault.after if fault and fault.action in ("cut", "stall") else None

    def send_head(self, head):
        if self._fault and self._fault.action in ("cut", "stall") and self._left is None:
            self._give_up()
        self._connection.sendall(head)

    def send(self, data):
        if self._fault and self._fault.action == "drip":
            self._drip(data)
        elif self._left is not None and len(data) >= self._left:
            self._connection.sendall(data[:self._left])
            self._give_up()
        else:
            self._connection.sendall(data)
            if self._left is not None:
                self._left -= len(data)

    def _drip(self, data):
        for start in range(0, len(data), self._fault.bytes):
            self._connection.sendall(data[start:start + self._fault.bytes])
            if self._fault.released.wait(self._fault.interval):
                self._connection.sendall(data[start + self._fault.bytes:])
                return

    def _give_up(self):
        if self._fault.action == "stall":
            self.hold(self._fault.released)
        raise Cut

    def hold(self, released):
        """Waits until it is released or the client has gone."""
        while not released.wait(POLL):
            if self.peer_has_gone():
                raise Cut

    def peer_has_gone(self):
        """A client that waits for an answer sends nothing: what can be read is the end."""
        return bool(select.select([self._connection], [], [], 0)[0])


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def handle(self):
        try:
            if self.server.tls:
                self._secure()
            super().handle()
        except (Cut, OSError, ValueError):
            self.close_connection = True

    def _secure(self):
        """The TLS handshake, in this connection's own thread."""
        self.server.site.before_handshake()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(HANDSHAKE_TIMEOUT)
        self.connection = self.server.tls.wrap_socket(self.request, server_side=True)
        self.connection.settimeout(None)
        self.server.replace_connection(self.request, self.connection)
        self.request = self.connection
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def finish(self):
        self.rfile.close()
        self.wfile.close()
        self.server.shutdown_request(self.connection)

    def do_GET(self):
        """Every method is served alike."""
        split = urllib.parse.urlsplit(self.path)
        pairs = urllib.parse.parse_qsl(split.query, keep_blank_values=True)
        query = {name: value for name, value in reversed(pairs)}
        request = Request(self.command, split.path, query, self.headers, self._read_body())
        self._serve(request)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body

    def _serve(self, request):
        entry = {"time": time.time(), "method": request.method, "path": request.path,
                 "query": urllib.parse.urlencode(request.query), "code": 0}
        wire = Wire(self.connection, None)
        try:
            user = self._user(entry)
            fault = None if self.server.trusted else self.server.site.admit(request, user, entry)
            wire = Wire(self.connection, fault)
            self._obey(fault)
            response = self.server.site.answer(request, user)
        except errors.ApiError as error:
            self._send_error(wire, entry, error)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
                ValueError) as error:
            self.server.site.log(traceback.format_exc())
            self._send_error(wire, entry, errors.internal(error))
        else:
            self._send(wire, entry, response)

    def _user(self, entry):
        """Who asks; unknown callers are noted before they are sent away."""
        if self.server.trusted:
            return ADMIN
        certificate = self.connection.getpeercert()
        try:
            return self.server.site.authenticate(self.headers, certificate, entry["path"])
        except errors.ApiError:
            self.server.site.requests.add(entry)
            raise

    def _obey(self, fault):
        if fault is None:
            return
        if fault.action == "close":
            self.close_connection = True
        if fault.action == "status":
            details = {"retryAfterSeconds": fault.retry_after} if fault.retry_after else {}
            raise errors.ApiError(fault.code, fault.reason, fault.message, details)

    def _send_error(self, wire, entry, error):
        extra = {}
        if "retryAfterSeconds" in error.details:
            extra["Retry-After"] = str(error.details["retryAfterSeconds"])
        self._send_body(wire, entry, error.code, error.status(), extra)

    def _send(self, wire, entry, response):
        if response.stream is None:
            self._send_body(wire, entry, response.code, response.body, {})
            return
        entry["code"] = response.code
        self._log(entry)
        wire.send_head(self._head(response.code, {"Content-Type": "application/json",
                                                  "Transfer-Encoding": "chunked"}))
        self._send_chunks(wire, response.stream)

    def _send_chunks(self, wire, stream):
        for piece in stream:
            if isinstance(piece, Stall):
                wire.hold(piece.released)
            elif piece:
                wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            elif wire.peer_has_gone():
                raise Cut
        wire.send(b"0\r\n\r\n")

    def _send_body(self, wire, entry, code, body, headers):
        media_type = "text/plain"
        if not isinstance(body, str):
            media_type = "application/json"
            body = json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n"
        data = body.encode()
        headers = {"Content-Type": media_type, **headers}
        if len(data) > COMPRESSED_FROM and "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        entry["code"] = code
        self._log(entry)
        head = self._head(code, {**headers, "Content-Length": str(len(data))})
        wire.send_head(head)
        if self.command != "HEAD":
            wire.send(data)

    def _head(self, code, headers):
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {code} {self.responses.get(code, ('Unknown',))[0]}",
                 f"Date: {self.date_time_string()}",
                 *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines + ["", ""]).encode()

    def _log(self, entry):
        self.server.site.log(f"{entry.get('user', '-')} {entry['method']} {self.path} "
                             f"{entry['code']}")

    def log_message(self, *_arguments):
        """Nothing to the terminal: the site has its own log."""


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A listening socket with a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address, site, tls=None, family=socket.AF_INET):
        self.address_family = family
        self.site = site
        self.tls = tls
        self.trusted = family == socket.AF_UNIX
        self._lock = threading.Lock()
        self._connections = set()
        self._ended = False
        super().__init__(address, Handler)

    def process_request(self, request, client_address):
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def replace_connection(self, plain, secured):
        with self._lock:
            self._connections.discard(plain)
            self._connections.add(secured)
            ended = self._ended
        if ended:
            _hang_up(secured)  # its handshake was not over when all others went

    def shutdown_request(self, request):
        """The end of a connection, without TLS's farewell."""
        with self._lock:
            self._connections.discard(request)
        _hang_up(request)
        request.close()

    def end(self):
        """Ends every connection there is, and those whose handshake is not over yet."""
        with self._lock:
            self._ended = True
        self.drop_connections()

    def drop_connections(self):
        """Ends every connection at once; returns how many there were."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            _hang_up(connection)
        return len(connections)

    def handle_error(self, request, client_address):
        """A connection that fails is the client's to notice."""
        self.site.log(f"connection failed: {client_address}")


def _hang_up(connection):
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


def tls_context(certificate, key, ca_certificate):
    """TLS for the server; a client certificate of the CA is welcome."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ca_certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context
