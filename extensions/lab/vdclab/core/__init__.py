"""What both clouds share: clock, agenda, faults, rate limit, trace, contract, routing."""
