"""What is in a picture: canvas, colours, light, people, things."""
