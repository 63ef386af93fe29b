"""What stands in a prompt: shots with times, variations in braces."""
