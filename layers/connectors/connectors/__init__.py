"""How we talk to others: the vendors' SDKs are imported here and nowhere else."""
