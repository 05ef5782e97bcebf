# smr in a container without a shell:
#   docker run --rm -v "$PWD:/work" smr validate
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY compiler compiler
COPY deploy deploy
COPY dsl dsl
COPY iam iam
COPY preflight preflight
COPY review review
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o /smr ./cmd/smr

FROM scratch
COPY --from=build /smr /smr
COPY LICENSE /LICENSE
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/smr"]
