"""Gmail: drafts, and no way to send one."""
