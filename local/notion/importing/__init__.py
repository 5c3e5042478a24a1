"""Brings the accounts of a CSV file into the team's Notion: makes those that are missing, changes what differs.

An account is known by its Account ID. Nothing is deleted or emptied, and what the file does not name stays as it is.
"""
