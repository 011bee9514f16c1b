"""What attempts by tensor, by sample and by task share.

`form` is what they find, `sampled` and `least_squares` search for its numbers, `searching` certifies it, and `words`
says it.
"""
