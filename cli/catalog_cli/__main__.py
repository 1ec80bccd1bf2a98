"""``python -m catalog_cli``: the same as ``catalog``."""

from catalog_cli.app import main

main()
