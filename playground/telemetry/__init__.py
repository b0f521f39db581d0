"""What the processes count and log about themselves. No Django: the hub uses it too."""
