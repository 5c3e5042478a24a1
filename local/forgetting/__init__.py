"""Forgets an account: removes what a deployment stores of it, and lists what lies elsewhere."""
