"""Small servers that speak the wire formats of Notion, Gmail, Google Chat and Slack."""

from local.sandbox.server import NOTION_TOKEN, SLACK_TOKEN, Sandbox

__all__ = ["NOTION_TOKEN", "SLACK_TOKEN", "Sandbox"]
