"""Feature adoption: usage by feature, peers, and the report."""
