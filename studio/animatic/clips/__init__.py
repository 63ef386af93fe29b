"""Moving pictures: cameras, cuts and what happens in a scene, frame by frame."""
