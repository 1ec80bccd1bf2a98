"""A documentation site made of the entries: pages to open from disk, or Markdown for other generators."""
