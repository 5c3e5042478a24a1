"""Sets the team's Notion up: makes the databases that are missing, completes those that are there.

Nothing is removed, renamed or retyped, so it may be run again at any time.
"""
