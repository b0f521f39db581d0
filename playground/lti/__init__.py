"""LTI 1.3: a university's platform starts lessons here and gets grades back."""
