"""What each function may do, in one table: docs/permissions.md, made from the template."""
