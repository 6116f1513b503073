# awry for CPUs: docker build -t awry . && docker run --rm -v "$PWD:/data" awry doctor
# The wheels inside bundle FFmpeg with x264 and x265 (GPL): see docs/installation.md before you
# pass an image on.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# The index of PyTorch's builds for CPUs, see pytorch.org; the default builds bring 3 GB of NVIDIA's
# libraries.
ARG TORCH_INDEX=
COPY constraints.txt /tmp/constraints.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --constraint /tmp/constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
        torch torchvision \
    && pip install --no-cache-dir --constraint /tmp/constraints.txt /wheels/*.whl \
    && rm -r /wheels /tmp/constraints.txt \
    && useradd --uid 1000 --create-home awry
USER 1000
WORKDIR /data
ENTRYPOINT ["awry"]
CMD ["--help"]
