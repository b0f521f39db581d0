"""``make load``: students who read, type, run, build and watch, against a site of its own."""
