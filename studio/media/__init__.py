"""Files in, files out: probe, check, thumbnails, encode. Knows neither the store nor the engines."""
