"""Taking the site's data out and back in, into the same kind of database or another."""
