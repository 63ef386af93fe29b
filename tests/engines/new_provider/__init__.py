"""What a new provider would touch: its engine, its rows, one line of the registry. The provider is made up."""
