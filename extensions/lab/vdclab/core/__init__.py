"""What both clouds share: clock, scheduler, faults, trace, contract, routing, gateway."""
