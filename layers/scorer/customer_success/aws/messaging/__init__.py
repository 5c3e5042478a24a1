"""Queues, the topic and the bus."""
