"""The team's review: what is judged, what is said about it at a frame, and what is drawn over it."""
