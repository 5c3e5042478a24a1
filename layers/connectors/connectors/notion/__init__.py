"""Notion: the account book, the accounts' pages, and the records of alerts."""
