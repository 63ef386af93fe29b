"""Language models behind any API that speaks the protocol of OpenAI's chat completions: one question, one answer."""
