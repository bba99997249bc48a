package attachments

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"farthing/pkg/edge"
	attachmentproto "farthing/service.attachment/proto"
)

// readWithin is how long one piece may take to be read.
const readWithin = 5 * time.Second

// send answers the bytes of a file, a piece at a time. It is what its sender said, and looks like that: a browser shows
// a picture, keeps all else as a file, and in no case runs anything in it.
func (a Area) send(req edge.Request) edge.Response {
	token := req.Param("token")
	opened, err := a.Attachments.Open(req.Context(), &attachmentproto.OpenRequest{FileToken: token})
	if err != nil {
		return edge.Error(fmt.Errorf("opening a file: %w", err))
	}
	rsp := edge.File(opened.GetFileType(), opened.GetBytes(), func(ctx context.Context, w io.Writer) error {
		for number := range opened.GetPieces() {
			if err := a.sendPiece(ctx, w, token, number); err != nil {
				return err
			}
		}
		return nil
	})
	for name, value := range map[string]string{
		"Content-Disposition":          disposition(opened),
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
		"Cross-Origin-Resource-Policy": "cross-origin", // Programs show it in pages of their own.
		"Referrer-Policy":              "no-referrer",  // Its URL is all that it takes to read it.
	} {
		rsp = rsp.WithHeader(name, value)
	}
	return rsp
}

func (a Area) sendPiece(ctx context.Context, w io.Writer, token string, number int32) error {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	piece, err := a.Attachments.ReadPiece(ctx, &attachmentproto.ReadPieceRequest{FileToken: token, Number: number})
	if err != nil {
		return err
	}
	_, err = w.Write(piece.GetData())
	return err
}

func disposition(opened *attachmentproto.OpenResponse) string {
	how := "attachment"
	if strings.HasPrefix(opened.GetFileType(), "image/") {
		how = "inline"
	}
	return mime.FormatMediaType(how, map[string]string{"filename": opened.GetFileName()})
}
