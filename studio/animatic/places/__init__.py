"""Where a scene plays: nature, town, rooms, halls, vessels."""
