"""What a deployment in shadow would have let out, as a person reads it."""
