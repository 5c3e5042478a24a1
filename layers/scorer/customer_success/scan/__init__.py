"""The daily health scan of the whole book, from reading it to the digest and the account pages."""
