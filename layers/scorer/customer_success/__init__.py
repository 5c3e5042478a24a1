"""What we decide: how healthy an account is, who is alerted, and with which text."""
