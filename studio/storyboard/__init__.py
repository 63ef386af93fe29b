"""Plan a film as shots: the board and its edits, text both ways, the runs that would make it. Values and rules only."""
