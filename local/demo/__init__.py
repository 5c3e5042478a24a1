"""The whole system played on one machine: an account book in, pages, drafts and messages out."""
