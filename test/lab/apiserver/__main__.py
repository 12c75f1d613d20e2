# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m apiserver: serves until SIGTERM or SIGINT."""

import argparse
import json
import signal

from . import ApiServer, Settings


def main():
    parser = argparse.ArgumentParser(prog="apiserver", description=__doc__)
    parser.add_argument("--dir", required=True, help="for credentials, socket, log and state")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 picks a free one")
    parser.add_argument("--rbac", action="append", default=[], metavar="FILE",
                        help="manifests to create at start")
    parser.add_argument("--name", action="append", default=[], help="more names in the certificate")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON",
                        help="a setting: see settings.py")
    options = parser.parse_args()
    settings = Settings()
    settings.update(dict(_setting(word) for word in options.set))
    server = ApiServer(options.dir, options.bind, options.port, options.rbac, settings,
                       options.name)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    server.start()
    signal.sigwait((signal.SIGTERM, signal.SIGINT))
    server.stop()


def _setting(word):
    name, _, value = word.partition("=")
    return name, json.loads(value)


if __name__ == "__main__":
    main()
