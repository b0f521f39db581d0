"""Running the site: what an administrator sees and does."""
