"""Ports of a sandbox in the browser, each on a host name, and so an origin, of its own."""
