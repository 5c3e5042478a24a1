"""Account books, feature usage and score histories as spreadsheets hold them: read, and fitted to what Notion takes."""
