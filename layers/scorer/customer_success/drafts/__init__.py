"""Mail drafts: made once, in colleagues' mailboxes alone, and done without where they only enrich."""
