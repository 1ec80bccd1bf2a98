"""What the pages show: each module reads what one page says from the catalog, in one call, and templates show it."""
