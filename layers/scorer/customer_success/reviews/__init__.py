"""The quarterly business review, from its evidence to its page."""
