"""What attempts by tensor, by sample and by task share: `form` is what they find, `searching` how, `words` its words."""
