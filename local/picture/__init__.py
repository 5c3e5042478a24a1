"""The architecture as one picture, docs/architecture.svg, drawn from the template."""
