"""Notion's API, versions 2025-09-03 and 2026-03-11."""
