"""Media files: what they are, whether they are sound, how they look small, what is written in them.

Files in, files out; no database, no network. Results appear under a temporary name and are renamed when complete, so
a half-written file is never seen. Type is decided by content, never by name. Heavy libraries load on first use.
"""
