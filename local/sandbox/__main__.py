"""`python -m local.sandbox --folder DIR [--port 0]`: says in one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from local.sandbox.server import BASE_PATHS, NOTION_QUERY_LIMIT, Sandbox


def main() -> int:
    """Serve until the process is asked to end."""
    parser = argparse.ArgumentParser(prog="python -m local.sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where state and readable files are kept")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--notion-query-limit", type=int, default=NOTION_QUERY_LIMIT)
    asked = parser.parse_args()
    ending = (signal.SIGINT, signal.SIGTERM)
    # Blocked before any thread starts, so that the signal waits for this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    with Sandbox(asked.folder, port=asked.port, notion_query_limit=asked.notion_query_limit).start() as sandbox:
        urls = {vendor: sandbox.url(vendor) for vendor in BASE_PATHS}
        print(json.dumps({"port": sandbox.port, "folder": str(asked.folder), "urls": urls}), flush=True)
        signal.sigwait(ending)
    return 0


if __name__ == "__main__":
    sys.exit(main())
