"""Product texts as tests expect them, one module per capability: a text that changes is changed here."""
