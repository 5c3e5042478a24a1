"""`python -m local.cold_start`: writes each function's import list anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local.cold_start.environment import environments, secrets_manager
from local.cold_start.lists import LISTS, ROOT, start_of, write
from local.stack.template import read_template


def main() -> None:
    """Start every function, and write what it loaded."""
    with secrets_manager() as secrets, ThreadPoolExecutor(2) as starting:
        functions = environments(read_template(ROOT / "template.yaml"), secrets)
        for name, start in zip(functions, starting.map(start_of, functions, functions.values()), strict=True):
            write(name, start)
    for outdated in {path.stem for path in LISTS.glob("*.txt")} - functions.keys():
        (LISTS / f"{outdated}.txt").unlink()


if __name__ == "__main__":
    main()
