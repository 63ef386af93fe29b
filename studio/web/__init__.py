"""The pages: Gradio, our routes and widgets. Nothing here decides; it shows and asks the Studio."""
