"""Who people are: students with and without an account, roles, what instructors did."""
