"""The configurations of message converters and brokers that applications refer to."""

from __future__ import annotations

from penstock.kit.sdk.stand_in import StandIn, same_as, written

__all__ = ["MESSAGING"]

_APPS, _ADAPTERS = "sources/apps/sample_apps/", "sources/libs/"
_CONVERTER = """\
[sensor0]
enable=1
type=Camera
id=CAMERA_0
location=0.0;0.0;0.0
description=A camera
coordinate=0.0;0.0;0.0

[place0]
enable=1
id=0
type=street
name=A place
location=0.0;0.0;0.0
coordinate=0.0;0.0;0.0
place-sub-field1=
place-sub-field2=
place-sub-field3=

[analytics0]
enable=1
id=0
description=Objects found and tracked
source=Penstock
version=1.0
"""
_TEST4 = f"{_APPS}deepstream-test4/dstest4_msgconv_config.txt"
_BROKERS = (
    "kafka_protocol_adaptor/cfg_kafka.txt",
    "amqp_protocol_adaptor/cfg_amqp.txt",
    "redis_protocol_adaptor/cfg_redis.txt",
    "mqtt_protocol_adaptor/cfg_mqtt.txt",
    "azure_protocol_adaptor/device_client/cfg_azure.txt",
)

MESSAGING: tuple[StandIn, ...] = (
    StandIn(_TEST4, "one camera, place and module, all made up", written(_CONVERTER)),
    same_as(_TEST4, path=f"{_APPS}deepstream-test5/configs/dstest5_msgconv_sample_config.txt"),
    *(
        StandIn(f"{_ADAPTERS}{path}", "no settings: the defaults", written("[message-broker]\n"))
        for path in _BROKERS
    ),
)
"""For nvmsgconv and nvmsgbroker."""
