// Package clearing speaks to the operator's door about clearing files: it sends them, and makes those that a card
// scheme would send.
package clearing

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Ask asks the operator's door. A body is sent as JSON, bytes as they are; the answer is decoded.
type Ask func(ctx context.Context, method, path string, body, into any) error

// Ingest sends a file, and has it posted to its end. Whatever dies on the way, it may be called again with the same
// file and goes on; a file that was done answers what it came to. Step is told how far it is.
func Ingest(
	ctx context.Context, ask Ask, file []byte, step func(cardprocessingproto.ClearingReport),
) (cardprocessingproto.ClearingReport, error) {
	var report cardprocessingproto.ClearingReport
	path := cardprocessingproto.ClearingFilesPath + logic.Digest(file)
	pieces := Pieces(file)
	for n, piece := range pieces {
		at := path + cardprocessingproto.ClearingPiecesPath + strconv.Itoa(n)
		if err := ask(ctx, http.MethodPut, at, piece, &struct{}{}); err != nil {
			return report, fmt.Errorf("sending a piece: %w", err)
		}
	}
	taking := cardprocessingproto.Taking{Pieces: int64(len(pieces))}
	if err := ask(ctx, http.MethodPost, path, taking, &report); err != nil {
		return report, fmt.Errorf("having the file taken: %w", err)
	}
	for step(report); report.State != Done; step(report) {
		if err := ask(ctx, http.MethodPost, path+cardprocessingproto.ClearingAdvancePath, nil, &report); err != nil {
			return report, fmt.Errorf("having the file posted: %w", err)
		}
	}
	return report, nil
}

// Done is the state of a file of which nothing is left to do.
const Done = "done"

// Pieces is a file in pieces of whole lines. Of a file whose last line does not end it has all but the end of that.
func Pieces(file []byte) [][]byte {
	var pieces [][]byte
	for len(file) > 0 {
		end := bytes.LastIndexByte(file[:min(len(file), cardprocessingproto.PieceBytes)], '\n') + 1
		if end == 0 {
			end = bytes.IndexByte(file, '\n') + 1
		}
		if end == 0 {
			return append(pieces, file)
		}
		pieces, file = append(pieces, file[:end]), file[end:]
	}
	return pieces
}

// Due is all that merchants are still to collect.
func Due(ctx context.Context, ask Ask) ([]cardprocessingproto.Due, error) {
	var all []cardprocessingproto.Due
	for after := ""; ; {
		var page cardprocessingproto.DuePage
		path := cardprocessingproto.DuePath + "?" + url.Values{"after": {after}}.Encode()
		if err := ask(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, fmt.Errorf("asking what is due: %w", err)
		}
		all = append(all, page.Due...)
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}
