"""What one account costs in calls and units, as `make bench` and the stand-ins of the tests count it.

tests/unit/test_cost_measured.py counts those of the scan, the pages and the sizes again, and fails where a figure has
moved by more than a tenth. Those of a review and a handoff are what `make bench` printed; seconds are one machine's.
"""

from __future__ import annotations

# A scan of a book with five feeds, on a day on which 3 of 100 accounts change and 1 of 100 alerts, per account. What it
# reads of the feeds' observations is not in it.
SCAN_WRITE_UNITS = 13.4
SCAN_READ_UNITS = 4.35
SCAN_CALLS = 0.17
SCAN_SECONDS = 0.001
"""Of computing, with the table's stand-in, on a desktop's core."""
ACCOUNTS_PER_NOTION_READ = 100

CHANGED_SHARE = 0.03
ALERTED_SHARE = 0.01
"""Of the accounts of the benchmark's book, on a day."""

# The writing of one account page.
PAGE_WRITE_UNITS = 2.07
PAGE_READ_UNITS = 4.0

# One review: its evidence, text, page and invitation; tokens in fours of characters.
REVIEW_WRITE_UNITS = 10.8
REVIEW_READ_UNITS = 6.7
REVIEW_CALLS = 13
REVIEW_TOKENS_IN = 1_472
REVIEW_TOKENS_OUT = 218

HANDOFF_CALLS = 9
"""Calls on the table for one offer handed to Sales; those for an alert in one channel are no more."""

OBSERVATIONS_BYTES = 7_800
"""What is stored of the feeds of an account: usage of 200 days in daily files, a year of tickets, invoices, touchpoints
and NPS. Each file of a feed reads and writes it whole, and each scan reads it."""
ROW_BYTES = 9_520
POINT_BYTES = 2_360
"""An account's row, and its point of each day, stored for ever."""
