"""What the API answers: one module for each kind of question, with its models and what works the answer out.

They know nothing of HTTP but `Problem`, and read the table alone.
"""
