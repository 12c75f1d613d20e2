# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as fast as they go, out of a node's eth0, by a process of its own:

    flood.py SECONDS RATE < frames        (each: a length of 2 bytes, the frame)

Prints how many were sent. They take turns; RATE bounds them.
"""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

BATCH = 64


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


class Flood:
    """frames from node, for some seconds; wait() returns how many went out."""

    def __init__(self, node, frames, seconds, rate=100_000):
        self.popen = subprocess.Popen(
            node.argv(sys.executable, __file__, seconds, rate),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.popen.stdin.write(b"".join(
            struct.pack("!H", len(frame)) + frame for frame in frames))
        self.popen.stdin.close()

    def running(self):
        return self.popen.poll() is None

    def wait(self):
        sent = int(self.popen.stdout.read())
        self.popen.wait()
        return sent


def read_frames(data):
    frames, at = [], 0
    while at < len(data):
        size = struct.unpack_from("!H", data, at)[0]
        frames.append(data[at + 2:at + 2 + size])
        at += 2 + size
    return frames


def vector(frames):
    """BATCH messages of sendmmsg(2), with what has to stay alive."""
    iovs = [Iovec(frame, len(frame)) for frame in frames]
    batch = (Mmsghdr * len(frames))()
    for message, iov in zip(batch, iovs):
        message.hdr.iov = ctypes.pointer(iov)
        message.hdr.iovlen = 1
    return batch, iovs


def main():
    seconds, rate = float(sys.argv[1]), float(sys.argv[2])
    frames = read_frames(sys.stdin.buffer.read())
    libc = ctypes.CDLL(None, use_errno=True)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind(("eth0", 0))
    turns = [vector([frames[(k + i) % len(frames)] for i in range(BATCH)])
             for k in range(len(frames))]
    begun, sent, turn = time.monotonic(), 0, 0
    while (passed := time.monotonic() - begun) < seconds:
        if sent >= passed * rate:
            time.sleep(0.0005)
            continue
        batch, _ = turns[turn % len(turns)]
        went = max(0, libc.sendmmsg(sock.fileno(), batch, BATCH, 0))
        sent += went
        turn += went + (went < BATCH)  # one that the kernel refuses is left out
    print(sent)


if __name__ == "__main__":
    os.nice(5)
    main()
