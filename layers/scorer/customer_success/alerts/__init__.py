"""Alerts: who hears of an account and why, how it reads, and the way to each channel."""
