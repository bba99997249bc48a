package attachments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	attachmentproto "farthing/service.attachment/proto"
)

// begin answers where a file may be uploaded, once and within the hour, and where it lies then.
func (a Area) begin(req edge.Request) edge.Response {
	form := req.Form()
	asked := &attachmentproto.BeginRequest{
		UserId: caller.Of(req).UserID, FileName: form.Required("file_name"), FileType: form.Required("file_type"),
	}
	length, sent := form.Int64("content_length")
	if asked.ContentLength = length; sent && length < 1 {
		form.Refuse("content_length", "must be more than zero")
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	begun, err := a.Attachments.Begin(req.Context(), asked)
	if err != nil {
		return edge.Error(fmt.Errorf("beginning an upload: %w", err))
	}
	origin := a.Origin(req)
	return edge.OK(struct {
		FileURL   string `json:"file_url"`
		UploadURL string `json:"upload_url"`
	}{
		apiproto.FileURL(origin, begun.GetFileToken(), begun.GetFileName()),
		apiproto.UploadURL(origin, begun.GetUploadToken()),
	})
}

// receive takes a file, piece by piece as it comes, plain or gzipped. A repeat of the same file changes nothing.
func (a Area) receive(req edge.Request) edge.Response {
	u := upload{Area: a, ctx: req.Context(), token: req.Param("token"), attempt: rand.Text()}
	if err := u.run(req.Stream(), req.Header("Content-Type")); err != nil {
		return edge.Error(fmt.Errorf("receiving a file: %w", err))
	}
	return edge.OK(nil)
}

// upload is one attempt to upload a file.
type upload struct {
	Area

	ctx            context.Context //nolint:containedctx // It lives as long as the request.
	token, attempt string
}

// pieceWithin is how long one piece may take to be kept: the whole has far longer, for its sender may be slow.
const pieceWithin = 5 * time.Second

// run reads nothing before it is known that it may: anybody may come here.
func (u upload) run(in *edge.Incoming, contentType string) error {
	_, err := u.Attachments.Attempt(u.ctx, &attachmentproto.AttemptRequest{
		UploadToken: u.token, Attempt: u.attempt, ContentType: contentType,
	})
	if err != nil {
		return err
	}
	sum, size := sha256.New(), int64(0)
	piece := make([]byte, attachmentproto.PieceBytes)
	for number, last := int32(0), false; !last; number++ {
		n, err := fill(in, piece)
		if err != nil {
			return err
		}
		if last = n < len(piece); n == 0 {
			break
		}
		_, _ = sum.Write(piece[:n]) // A hash never fails.
		size += int64(n)
		err = u.keep(&attachmentproto.WritePieceRequest{
			UploadToken: u.token, Attempt: u.attempt, Number: number, Data: piece[:n],
		})
		if err != nil {
			return err
		}
	}
	_, err = u.Attachments.Complete(u.ctx, &attachmentproto.CompleteRequest{
		UploadToken: u.token, Attempt: u.attempt, Bytes: size, SentBytes: in.SentBytes(), Sha256: sum.Sum(nil),
	})
	return err
}

func (u upload) keep(piece *attachmentproto.WritePieceRequest) error {
	ctx, cancel := context.WithTimeout(u.ctx, pieceWithin)
	defer cancel()
	_, err := u.Attachments.WritePiece(ctx, piece)
	return err
}

// fill reads as much as there is room for, less only at the end.
func fill(in io.Reader, room []byte) (n int, err error) {
	for n < len(room) && err == nil {
		var more int
		more, err = in.Read(room[n:])
		n += more
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
