"""What one account costs in calls and units, as `make bench` and the stand-ins of the tests count it.

tests/unit/test_cost_measured.py counts those of the scan, the pages and the sizes again, and fails where a figure has
moved by more than a tenth. Those of a review and a handoff are what `make bench` printed; seconds are one machine's.
"""

from __future__ import annotations

# A scan on a day on which 3 of 100 accounts change and 1 of 100 alerts, per account.
SCAN_WRITE_UNITS = 7.66
SCAN_READ_UNITS = 2.26
SCAN_CALLS = 0.16
SCAN_SECONDS = 0.001
"""Of computing, with the table's stand-in, on a desktop's core."""
ACCOUNTS_PER_NOTION_READ = 100

CHANGED_SHARE = 0.03
ALERTED_SHARE = 0.01
"""Of the accounts of the benchmark's book, on a day."""

# The writing of one account page.
PAGE_WRITE_UNITS = 2.07
PAGE_READ_UNITS = 3.0

# One review: its evidence, text, page and invitation; tokens in fours of characters.
REVIEW_WRITE_UNITS = 10.8
REVIEW_READ_UNITS = 6.7
REVIEW_CALLS = 13
REVIEW_TOKENS_IN = 1_472
REVIEW_TOKENS_OUT = 218

HANDOFF_CALLS = 9
"""Calls on the table for one offer handed to Sales; those for an alert in one channel are no more."""

ROW_BYTES = 5_830
POINT_BYTES = 1_710
"""An account's row, and its point of each day, stored for ever."""
