"""What a running playground says of itself: metrics, health, readiness, ids of requests."""
