"""JSON and files over HTTP: each route one call of a service."""
