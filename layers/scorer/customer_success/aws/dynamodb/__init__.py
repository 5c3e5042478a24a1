"""The table: what is stored in it, and how."""
