"""What people and agents write down, judged: is it whole, does it stay what it should be."""
