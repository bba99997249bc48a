package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// UploadFile uploads a file to where BeginUpload has said. A repeat of the same file changes nothing. It may take as
// long as ctx lets it.
func (c *Client) UploadFile(ctx context.Context, to Upload, file io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.UploadURL, file)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("User-Agent", c.agent)
	return c.send(req, &Empty{}, nil)
}
