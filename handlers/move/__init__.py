"""换城市: the person's insurances from place to place, and the employer's side of it."""
