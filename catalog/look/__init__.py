"""How faces look: tokens and styles, safe Markdown, drawings of graphs; it knows nothing of a catalog."""
