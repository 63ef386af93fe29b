"""What is doubtful in a prompt, found without any model: findings with words, place, and a one-press remedy."""
