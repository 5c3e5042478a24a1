"""What we decide: how healthy an account is, who is told, and what is said."""
