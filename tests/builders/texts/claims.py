"""Why the check of what a model writes drops a sentence."""

from __future__ import annotations


def not_in_evidence(figure: str) -> str:
    """It has a figure or a word that no fact has."""
    return f"{figure} is not in the evidence"


def not_as_written(figure: str) -> str:
    """Facts have the figure, and the sentence gives it another meaning."""
    return f"{not_in_evidence(figure)} as the sentence has it"
