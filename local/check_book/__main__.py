"""`python -m local.check_book`: what a file of accounts holds. `make check-book` gives FILE, MAP, DATE, CURRENCY,
TIMEZONE and READINGS, a file that the values are written to as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

from customer_success.reading.accounts import read_accounts
from customer_success.reading.errors import UnreadableTableError
from local.check_book.asked import read_asked
from local.check_book.coverage import coverage_of
from local.check_book.readings import readings
from local.check_book.report import report_lines
from local.console import literal, print_error
from local.reading.files import read_table


def main() -> int:
    """Check the file. 0 if it can be read, 1 with the reason on standard error."""
    try:
        check = read_asked(os.environ, datetime.now(UTC).date())
        reading = read_accounts(read_table(check.path), check.asked)
        coverage = coverage_of(reading.accounts, check.asked.run_date)
        for line in report_lines(check.path, reading, coverage):
            print(literal(line))
        if check.readings:
            values = readings(check.path.name, reading, coverage, check.asked.run_date)
            check.readings.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except (UnreadableTableError, OSError) as error:
        print_error(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
