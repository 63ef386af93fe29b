"""Ways to sign in beside the studio's own password: OpenID Connect, Hugging Face, and a proxy that knows who asks."""
