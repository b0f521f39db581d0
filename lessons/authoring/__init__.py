"""Lessons written in the browser: drafts, review, versions; see ``docs/authoring.md``."""
