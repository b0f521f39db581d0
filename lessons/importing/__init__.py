"""Lessons written for other sites, made into lessons of this one; see ``docs/importing.md``."""
