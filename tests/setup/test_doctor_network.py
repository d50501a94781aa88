"""What the doctor says of the network."""

import shutil
import subprocess
import sys

import pytest

_ASK = "from penstock.cli.doctor.network import multicast; c = multicast(); print(c.ok, c.found)"
_ALONE = ["unshare", "--map-root-user", "--net", "sh", "-c"]


def alone(*lines):
    """Run in a network that has nothing; the doctor's command may mend it."""
    if shutil.which("unshare") is None or subprocess.run([*_ALONE, "true"], check=False).returncode:
        pytest.skip(
            "this kernel lets us make no network namespace: what the doctor says of a machine "
            "without multicast is not tested here; run as root, or allow user namespaces"
        )
    return subprocess.run(
        [*_ALONE, "\n".join(lines)], capture_output=True, text=True, check=False
    ).stdout


def test_a_machine_without_a_route_for_multicast_is_told_how_to_get_one():
    ask = f'{sys.executable} -c "{_ASK}"'
    command = _ASK.replace("c.ok, c.found", "c.command, c.required")
    printed = alone(ask, f'{sys.executable} -c "{command}"')
    answer, mend = printed.splitlines()
    assert answer == "False none to 224.224.255.255 (Network is unreachable)"
    assert mend == ("ip link set lo multicast on up && ip route add 224.0.0.0/4 dev lo False")
    mended = alone("ip link set lo multicast on up", "ip route add 224.0.0.0/4 dev lo", ask)
    assert mended == "True yes\n"
