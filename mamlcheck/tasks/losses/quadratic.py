"""Half the square, the loss of linear regression."""

EXPRESSION = "t**2/2"
