"""Python source, read without being run: where a module is, what an object's signature and checksums are."""
