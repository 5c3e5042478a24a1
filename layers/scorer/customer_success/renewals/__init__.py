"""Contracts that end, and the daily check of them."""
