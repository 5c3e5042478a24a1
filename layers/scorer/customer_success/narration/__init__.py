"""Texts by a model or by rule: evidence, prompts, and the check of every claim."""
