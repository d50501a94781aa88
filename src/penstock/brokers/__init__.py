"""Message brokers: finished messages in, acknowledged messages out."""

__all__: list[str] = []
