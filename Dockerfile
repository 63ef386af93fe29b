# The studio without a GPU: pages, queue, gallery, draft engine and every API. Data lives in the volume /data.
#   docker build -t wan-studio . && docker run -p 7860:7860 -e STUDIO_PASSWORD=your-own-password -v wan-studio:/data wan-studio
# It listens on every address of the container, so it starts only with STUDIO_PASSWORD, or with STUDIO_ACCESS=open.
FROM python:3.12-slim

# ffmpeg brings ffprobe, without which the pages cannot show uploaded clips; curl is for the health check
# not pinned, for Debian's point releases drop old versions and a pinned one would stop building
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 studio \
    && install -d -o studio -g studio /data /app

WORKDIR /app
COPY --chown=studio requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=studio app.py ./
COPY --chown=studio studio studio
COPY --chown=studio assets assets

USER 1000
ENV STUDIO_HOST=0.0.0.0 STUDIO_PORT=7860 STUDIO_DATA=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["curl", "-fsS", "http://127.0.0.1:7860/healthz"]
CMD ["python", "app.py"]
