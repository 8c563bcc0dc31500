"""The right next thing for one learner, as pure functions of her folded state and the packs."""
