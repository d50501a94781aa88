"""What `penstock listen` makes of messages that nobody expects: it goes on, in strict JSON."""

import http.client
import json
import subprocess

from broker_servers import HOST, free_port
from footage import command
from penstock.messages.protobuf_schema import message_class

Frame = message_class("Frame")


def no_json(text):
    raise ValueError(f"{text} is no JSON")


def frame_at(seconds):
    frame = Frame(version="4.0", id="7")
    frame.timestamp.seconds = seconds
    return frame.SerializeToString()


ODD = {
    b'{"lone": "\\ud800"}': '{"lone": "\\ud800"}',
    b"[NaN, 1e999]": "[NaN, 1e999]",
    b"1\0": "1\0",
    b"1" * 5000: "1" * 5000,
    b"[" * 100_000: "[" * 100_000,
    b"": "",
    frame_at(5): {"version": "4.0", "id": "7", "timestamp": "1970-01-01T00:00:05Z"},
}


def test_odd_messages_are_shown_as_far_as_they_can_be_read():
    port = free_port()
    out_of_time = frame_at(10**15)
    listen = command("listen", f"http://{HOST}:{port}/", "--json", "--count", str(len(ODD) + 1))
    with subprocess.Popen(
        listen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr.readline() == "penstock: listening\n"
            client = http.client.HTTPConnection(HOST, port, timeout=10)
            for payload in [out_of_time, *ODD]:
                client.request("POST", "/", payload)
                client.getresponse().read()
            client.close()
            printed, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    found = [json.loads(line, parse_constant=no_json)["payload"] for line in printed.splitlines()]
    assert list(found[0]) == ["base64"]
    assert found[1:] == list(ODD.values())
