# aind-lint in a container: docker build -t aind-lint .
# Check a folder:  docker run --rm -v "$PWD:/data:ro" aind-lint check /data/ASSET
# Publish:         docker run --rm -v "$PWD:/data:ro" -v aind-lint-state:/state -e AWS_PROFILE -v ~/.aws:/home/lint/.aws:ro \
#                    aind-lint publish /data/ASSET --to s3://BUCKET --yes
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --only-binary=:all: /wheels/*.whl
# An ordinary user: nothing in a checked folder needs more. Receipts, journals and logs are in /state.
RUN useradd --create-home lint && mkdir /state && chown lint /state
USER lint
ENV AIND_LINT_STATE_DIR=/state
VOLUME /state
WORKDIR /data
ENTRYPOINT ["aind-lint"]
