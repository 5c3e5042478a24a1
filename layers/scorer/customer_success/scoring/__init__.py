"""The health score: the scorecard, the scorer, and a score in words."""
