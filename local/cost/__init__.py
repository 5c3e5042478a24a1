"""What a month costs in the company's own AWS account, line by line."""
