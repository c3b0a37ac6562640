package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newReady(c *console) *cobra.Command {
	var url, file string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Wait until a server is ready, and print the address of its REST API",
		Long: "ready asks until the server says it is ready, and prints the base address of its REST\n" +
			"API; with --ready-file it waits for the file too. If the server is not ready in time, it\n" +
			"ends with 1.",
		Example: "  API=$(ocs-sim ready --ready-file ready.json)",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), wait)
			defer cancel()
			return c.ready(ctx, baseURL(url), file)
		},
	}
	cmd.Flags().StringVar(&url, "api", "http://"+defaultAPI, "base address of the REST API")
	cmd.Flags().
		StringVar(&file, "ready-file", "", "take the address from this file, once it is there")
	cmd.Flags().DurationVar(&wait, "wait", 10*time.Second, "how long to wait")
	return cmd
}

const readyPoll = 20 * time.Millisecond

func (c *console) ready(ctx context.Context, url, file string) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	var last error // why it was not ready while there was time to ask
	for {
		url, err := askReady(ctx, url, file)
		if err == nil {
			c.answer("%s", url)
			return nil
		}
		if last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last
		}
		last = err
		select {
		case <-ctx.Done():
			return no(fmt.Errorf("not ready: %w", err))
		case <-ticker.C:
		}
	}
}

// baseURL lets an API be named as serve takes it, host:port, too: environment and config file give
// all commands the same.
func baseURL(address string) string {
	if address == "" || strings.Contains(address, "://") {
		return address
	}
	return "http://" + address
}

// askReady asks once, and returns the address that answered.
func askReady(ctx context.Context, url, file string) (string, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("no ready file %s", file)
		}
		if err != nil {
			return "", err
		}
		var said readiness
		if err := json.Unmarshal(text, &said); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		url = said.API
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", url+"/readyz", response.Status)
	}
	return url, nil
}
