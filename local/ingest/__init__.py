"""A file that a person brings into the inbox of a deployment by hand, and what becomes of it."""
