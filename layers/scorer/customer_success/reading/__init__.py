"""Reads what people have: tables of accounts and of feeds as tools export them. Only the standard library is needed."""
