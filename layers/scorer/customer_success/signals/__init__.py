"""From what feeds deliver to the signals of an account."""
