"""Brings older scores of accounts into a deployment's table, so that a first quarter is not empty.

A file holds what was known of accounts on earlier days; each line is scored as the scan of that day would have done.
"""
