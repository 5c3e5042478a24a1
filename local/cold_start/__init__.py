"""What each function loads before its first message, and the lists of it in docs/imports."""
