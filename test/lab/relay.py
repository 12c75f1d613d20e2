#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Carries TCP connections on, as they are.

    relay.py PORT HOST HOSTPORT

Stands for an API server: several in front of one store are what several API
servers in front of one etcd are.
"""

import asyncio
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # whoever broke it has told the other side
    finally:
        writer.close()


async def relay(reader, writer):
    try:
        there, to = await asyncio.open_connection(sys.argv[2], int(sys.argv[3]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, to), copy(there, writer))


async def main():
    await asyncio.start_server(relay, "0.0.0.0", int(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
