"""Expansion: when an offer is made, why, and its way to Sales."""
