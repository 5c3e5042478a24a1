"""The tasks that the API was asked for, and how far each is."""
