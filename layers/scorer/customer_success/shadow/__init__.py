"""Shadow mode: adapters that record what would have been sent."""
