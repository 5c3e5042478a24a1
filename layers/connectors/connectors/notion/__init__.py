"""Notion: the account book and the accounts' pages, feature usage, and the records of alerts, reviews and offers."""
