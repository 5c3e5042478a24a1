"""A model on Bedrock that writes."""
