"""What both clouds share: clock, scheduler, faults, rate limit, trace, contract, routing."""
