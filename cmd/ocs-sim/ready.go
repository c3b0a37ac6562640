package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func newReady(c *console) *cobra.Command {
	var url, file string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Say whether a server is ready, waiting a while for it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), wait)
			defer cancel()
			return c.ready(ctx, url, file)
		},
	}
	cmd.Flags().StringVar(&url, "api", "http://"+defaultAPI, "base address of the REST API")
	cmd.Flags().StringVar(&file, "ready-file", "", "take the address from this file, once it is there")
	cmd.Flags().DurationVar(&wait, "wait", 10*time.Second, "how long to wait")
	return cmd
}

const readyPoll = 20 * time.Millisecond

func (c *console) ready(ctx context.Context, url, file string) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		err := askReady(ctx, url, file)
		if err == nil {
			c.answer("ready")
			return nil
		}
		select {
		case <-ctx.Done():
			return no(fmt.Errorf("not ready: %w", err))
		case <-ticker.C:
		}
	}
}

func askReady(ctx context.Context, url, file string) error {
	if file != "" {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no ready file %s", file)
		}
		if err != nil {
			return err
		}
		var said readiness
		if err := json.Unmarshal(text, &said); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		url = said.API
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url+"/readyz", response.Status)
	}
	return nil
}
