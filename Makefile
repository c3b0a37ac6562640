# What people type; .ci/run does more.
GOFUMPT     ?= mvdan.cc/gofumpt@v0.12.0
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build test check lint bench demo clean

build: ## a static binary, ./ocs-sim
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o ocs-sim ./cmd/ocs-sim

test: ## what a change must pass on the way
	go test ./...

check: lint ## what a change must pass before it is proposed
	go test -race -timeout 20m ./...

lint: ## format, vet, staticcheck, go.mod
	@unformatted="$$(go run $(GOFUMPT) -l .)"; \
	if [ -n "$$unformatted" ]; then echo "gofumpt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./... ./testdata/echo ./testdata/curl
	go vet -tags interop .
	go run $(STATICCHECK) ./... ./testdata/echo ./testdata/curl
	go run $(STATICCHECK) -tags interop .
	go mod tidy -diff

bench: ## CPU of a durable CCR-U beside a bare echo server; time from exec to the first answer
	go test -run '^$$' -bench . -benchtime 1x .

demo:
	go run ./cmd/ocs-sim demo

clean:
	rm -f ocs-sim
