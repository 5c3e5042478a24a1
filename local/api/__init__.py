"""The API on this machine: its document, and what serves it."""
