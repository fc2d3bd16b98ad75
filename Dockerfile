# lmc, its command and its kernel on Debian: JupyterLab opens with the kernel "Rust (lmc)".
#
#   docker build -t lmc .                          20 to 40 minutes on two cores
#   docker run --rm -p 8888:8888 lmc               JupyterLab; the link is in the output
#   docker run --rm lmc lmc basins                 the command
#
# Results lie in /home/reader/.cache/lmc/store; `-v results:/home/reader/.cache/lmc/store` keeps them.
FROM debian:bookworm-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl g++ git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --shell /bin/bash reader
USER reader
WORKDIR /home/reader/lmc
ENV PATH=/home/reader/.cargo/bin:$PATH

RUN curl -fsSL https://static.rust-lang.org/rustup/dist/x86_64-unknown-linux-gnu/rustup-init -o /tmp/rustup-init \
    && chmod +x /tmp/rustup-init \
    && /tmp/rustup-init -y --profile minimal --default-toolchain none \
    && rm /tmp/rustup-init

COPY --chown=reader:reader . .
RUN ./kernel-setup/walkthrough --set-up \
    && cargo build --locked --release --package lmc --bin lmc \
    && cp target/release/lmc /home/reader/.cargo/bin/ \
    && rm -rf target
ENV LD_LIBRARY_PATH=/home/reader/lmc/.libtorch/lib

EXPOSE 8888
CMD ["./kernel-setup/walkthrough", "--open", "--ip=0.0.0.0", "--no-browser"]
