"""What the web console asks: who is signed in, what they may see, and the lists they look at."""
