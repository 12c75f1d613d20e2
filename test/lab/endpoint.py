#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A server behind a Service: greets as an SSH server would, then echoes.

    endpoint.py NAME PORT...

The banner names the endpoint and the source address it sees. The same ports
answer UDP with the banner.
"""

import asyncio
import socket
import sys


class Udp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(banner(peer), peer)


def banner(peer):
    address = peer[0].removeprefix("::ffff:")
    return f"SSH-2.0-OpenSSH_9.2p1 {sys.argv[1]} sees {address}\r\n".encode()


def bound(kind, port):
    """A socket for both families: asyncio's own are for IPv6 alone."""
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    return sock


async def serve(reader, writer):
    try:
        writer.write(banner(writer.get_extra_info("peername")))
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the client's business
    finally:
        writer.close()


async def main():
    loop = asyncio.get_running_loop()
    for port in map(int, sys.argv[2:]):
        await asyncio.start_server(serve, sock=bound(socket.SOCK_STREAM, port),
                                   backlog=1024)
        await loop.create_datagram_endpoint(Udp,
                                            sock=bound(socket.SOCK_DGRAM, port))
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
