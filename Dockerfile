# serve, train and predict in a container:
#   docker build -t chinese-nlp-baselines .                                         CPU
#   docker build -t chinese-nlp-baselines --build-arg REQUIREMENTS=gpu .            NVIDIA cards (run with --gpus all)
#   docker build -t chinese-nlp-baselines --build-arg REQUIREMENTS=lite .           exports alone, without TensorFlow (docs/export.md)
FROM python:3.11-slim
ARG REQUIREMENTS=cpu
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3
WORKDIR /app
COPY requirements*.txt ./
RUN case "$REQUIREMENTS" in \
      cpu) pip install -r requirements.txt ;; \
      gpu|lite) pip install -r "requirements-$REQUIREMENTS.txt" ;; \
      *) echo "REQUIREMENTS=$REQUIREMENTS: choose cpu, gpu or lite" >&2; exit 2 ;; \
    esac
COPY . .
RUN pip install --no-deps . && useradd --create-home --uid 1000 user && mkdir /work && chown user /work
USER 1000
WORKDIR /work
EXPOSE 8000
ENTRYPOINT ["baselines"]
CMD ["--help"]
