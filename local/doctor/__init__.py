"""Looks at all that a deployment depends on, and says of each what to do. It writes and posts nothing."""
