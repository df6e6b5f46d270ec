FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# Static files get names with hashes. The values here are read by the settings and used for nothing.
RUN SECRET_KEY=only-for-collecting-static-files-while-the-image-is-made-0123456789 \
    BASE_URL=https://pledges.example.org DATABASE_URL=postgres://none@none/none REDIS_URL=redis://none/0 \
    EMAIL_URL=consolemail:// MEDIA_ROOT=/media python manage.py collectstatic --noinput \
    && useradd --system --no-create-home pledges && mkdir /media && chown pledges /media
USER pledges
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=3", \
     "--threads=4", "--preload", "--access-logfile=-", "--no-control-socket", "--worker-tmp-dir=/dev/shm"]
