"""The believable business whose real-world customers every vendor draws from."""
