"""The error of a file that cannot be used."""


class SpreadsheetError(Exception):
    """A file is not what it should be; the text names the file, the line, and what would be right."""
