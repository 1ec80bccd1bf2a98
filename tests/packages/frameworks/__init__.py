"""One file per framework; none of them needs to be installed to be read."""
