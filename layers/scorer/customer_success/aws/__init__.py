"""The adapters that need only boto3: the table, the topic, the queues and the bus."""
