"""The whole deployment on one machine: the real template, run by an embedded stand-in for AWS."""
