"""Starting and stopping all processes of a playground on one machine."""
