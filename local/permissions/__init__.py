"""What each function may do, on what and why: docs/permissions.md, made from the template."""
