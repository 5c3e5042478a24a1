"""The architecture as one flowchart, docs/architecture.md, drawn from the template."""
