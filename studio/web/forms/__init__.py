"""The create forms: their fields, what a model makes of them, and what their events answer. No Gradio here; the page
draws them by assets/js/form."""
