"""The drawing library of drafts: text read, people and places drawn, clips moved, sound laid under; knows no engine."""
