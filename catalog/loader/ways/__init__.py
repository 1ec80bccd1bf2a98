"""How objects of each framework are called, one file for each; :mod:`catalog.loader.ways.way` has the table."""
