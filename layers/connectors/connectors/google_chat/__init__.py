"""Google Chat: messages to the team's space."""
