"""What a person does to a real deployment when an alarm has rung."""
