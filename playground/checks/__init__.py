"""What a lesson asks for, and whether a sandbox's engine has it."""
