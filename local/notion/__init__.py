"""Commands that work on the team's Notion: set it up for a deployment, and import accounts into it."""
