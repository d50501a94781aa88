"""Message brokers: finished messages in, acknowledged messages out.

A name table of brokers, and one of listeners; to add one: a file, and a line in the tables of
`base.py`. Between a pipeline and its broker stand a *spool*, which keeps on disk what the broker
has not acknowledged, and a *delivery*, the thread that empties it.
"""

from penstock.brokers.address import topic_in, without_secrets
from penstock.brokers.base import (
    BROKERS,
    LISTENERS,
    Broker,
    BrokerAddress,
    IncomingMessage,
    Listener,
    OutgoingMessage,
    PublishError,
    RefusedMessageError,
    broker_name,
)
from penstock.brokers.commands import RecordCommand, record_command, source_of
from penstock.brokers.delivery import Delivery, DeliveryCounts
from penstock.brokers.header_texts import carried_id, carried_key, carried_type
from penstock.brokers.listening import arrivals, listener_at
from penstock.brokers.reception import Reception
from penstock.brokers.spool import Spool
from penstock.brokers.spool_folder import named_folder, own_folder

__all__ = [
    "BROKERS",
    "LISTENERS",
    "Broker",
    "BrokerAddress",
    "Delivery",
    "DeliveryCounts",
    "IncomingMessage",
    "Listener",
    "OutgoingMessage",
    "PublishError",
    "Reception",
    "RecordCommand",
    "RefusedMessageError",
    "Spool",
    "arrivals",
    "broker_name",
    "carried_id",
    "carried_key",
    "carried_type",
    "listener_at",
    "named_folder",
    "own_folder",
    "record_command",
    "source_of",
    "topic_in",
    "without_secrets",
]
