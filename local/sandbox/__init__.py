"""Small servers that speak the wire formats of Notion, Gmail, Google Chat, Slack and Bedrock."""

from local.sandbox.server import NOTION_TOKEN, SLACK_TOKEN, Sandbox

__all__ = ["NOTION_TOKEN", "SLACK_TOKEN", "Sandbox"]
