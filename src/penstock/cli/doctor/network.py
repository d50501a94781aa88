"""What the network of this machine can do."""

import socket

from penstock.cli.doctor.check import Check, as_root

_GROUP = ("224.224.255.255", 5400)
"""Where DeepStream's RTSP samples send what they encode."""


def multicast() -> Check:
    """Whether UDP to a group finds a way; nothing is sent."""
    name, needed = "multicast", "a route, for udpsink as DeepStream's RTSP samples use it"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_GROUP)
        except OSError as error:
            found = f"none to {_GROUP[0]} ({error.strerror})"
            command = f"{as_root()}ip link set lo multicast on up && "
            command += f"{as_root()}ip route add 224.0.0.0/4 dev lo"
            return Check(name, False, found, needed, command=command, required=False)
        return Check(name, True, "yes", needed, required=False)
