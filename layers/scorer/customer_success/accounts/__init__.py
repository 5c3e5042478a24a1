"""Accounts: what is known of one, how it stood on a day, and the book as a whole."""
