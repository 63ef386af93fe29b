"""The studio as a Hugging Face Space: its folder written, and checked as the Hub would start it.

python -m studio.space build DIR [--sdk docker|gradio] [--zerogpu MODEL ...]
python -m studio.space check DIR [--offline] [--port N]
"""
