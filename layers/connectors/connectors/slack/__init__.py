"""Slack: direct messages to owners, and the team's channel."""
