"""What the system does: one file for each task and each job around them."""
