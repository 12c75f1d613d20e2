#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes connections on a port and forgets what they bring.

    sink.py PORT"""

import selectors
import socket
import sys


def main():
    watched = selectors.EpollSelector()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", int(sys.argv[1])))
    listener.listen(4096)
    watched.register(listener, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in watched.select():
            try:
                if key.fileobj is listener:
                    watched.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                gone = not key.fileobj.recv(1 << 20)
            except OSError:
                gone = True
            if gone:
                watched.unregister(key.fileobj)
                key.fileobj.close()


main()
