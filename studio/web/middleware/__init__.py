"""Layers around the web application: access, same origin, headers, limits."""
