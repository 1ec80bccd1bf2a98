"""What an entry is: kinds, keys, references, validation. Nothing here opens a database or imports code of users."""
