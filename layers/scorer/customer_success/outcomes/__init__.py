"""What became of contracts: renewed, churned, contracted, expanded. It cannot be collected backwards."""
