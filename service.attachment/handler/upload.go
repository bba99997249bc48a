package handler

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
	"farthing/service.attachment/storage"
)

const (
	fileNameMax = 255
	attemptMax  = 64
	changeTries = 5
)

// Begin makes a place for a file, and the two capabilities of it.
func (h *Handler) Begin(
	ctx context.Context, req *attachmentproto.BeginRequest,
) (*attachmentproto.BeginResponse, error) {
	kind, err := checkBegin(req)
	if err != nil {
		return nil, err
	}
	f := logic.File{
		ID: h.ids.New("file"), User: req.GetUserId(), Kind: kind, Declared: req.GetContentLength(), Store: h.store,
		Created: h.clock.Now(), Name: logic.SafeName(req.GetFileName()), Secret: rand.Text(), State: logic.Begun,
	}
	if err := h.kept.InsertFile(ctx, f); err != nil {
		return nil, err
	}
	token, err := h.grant(f)
	if err != nil {
		return nil, err
	}
	h.files.WithLabelValues("begun").Inc()
	return &attachmentproto.BeginResponse{
		FileToken: logic.Token(f.ID, f.Secret), UploadToken: token, FileName: f.Name,
	}, nil
}

func checkBegin(req *attachmentproto.BeginRequest) (kind string, err error) {
	switch {
	case req.GetUserId() == "":
		return "", errs.MissingParam("user_id")
	case req.GetFileName() == "":
		return "", errs.MissingParam("file_name")
	}
	if err := edge.Text("file_name", req.GetFileName(), fileNameMax); err != nil {
		return "", err
	}
	if kind, err = logic.CheckKind("file_type", req.GetFileType()); err != nil {
		return "", err
	}
	switch {
	case req.GetContentLength() < 0:
		return "", errs.BadParam("content_length", "must be more than zero")
	case req.GetContentLength() > logic.BytesMax:
		return "", logic.TooLarge("content_length")
	}
	return kind, nil
}

// uploadPlace binds an upload token to its use.
var uploadPlace = []byte("attachment.upload")

// grant is an upload token: what it permits, sealed, so that nothing need be looked up for each piece.
func (h *Handler) grant(f logic.File) (string, error) {
	plain, err := proto.Marshal(&attachmentproto.Grant{
		FileId: f.ID, UserId: f.User, FileType: f.Kind, ContentLength: f.Declared, Store: f.Store,
		ExpiresMs: f.Created.Add(logic.UploadWithin).UnixMilli(),
	})
	if err != nil {
		return "", fmt.Errorf("marshalling a grant: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(h.uploads.Seal(plain, uploadPlace)), nil
}

// badUploadURL refuses an upload token that is none, or none any more.
const badUploadURL = errs.Forbidden + ".bad_upload_url"

// granted is what an upload token permits, if it still does.
func (h *Handler) granted(token string) (*attachmentproto.Grant, error) {
	refused := errs.New(badUploadURL, "The upload URL is not valid")
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, refused
	}
	plain, err := h.uploads.Open(sealed, uploadPlace)
	if err != nil {
		return nil, refused
	}
	grant := &attachmentproto.Grant{}
	if err := proto.Unmarshal(plain, grant); err != nil {
		return nil, fmt.Errorf("reading a grant: %w", err)
	}
	if !h.clock.Now().Before(time.UnixMilli(grant.GetExpiresMs())) {
		return nil, errs.New(badUploadURL+".expired", "The upload URL has expired")
	}
	return grant, nil
}

// Attempt begins an attempt to upload a file. It is listed, so that what it writes is found if it is not the one that
// counts.
func (h *Handler) Attempt(
	ctx context.Context, req *attachmentproto.AttemptRequest,
) (*attachmentproto.AttemptResponse, error) {
	grant, err := h.granted(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	if err := checkAttempt(req.GetAttempt()); err != nil {
		return nil, err
	}
	if err := logic.CheckSaid(grant.GetFileType(), req.GetContentType()); err != nil {
		return nil, err
	}
	late := h.clock.Now().Add(logic.AttachWithin)
	return &attachmentproto.AttemptResponse{}, h.kept.List(ctx, late, grant.GetFileId(), req.GetAttempt())
}

func checkAttempt(attempt string) error {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if attempt == "" || len(attempt) > attemptMax || strings.Trim(attempt, letters) != "" {
		return errs.BadParam("attempt", "must be letters and digits")
	}
	return nil
}

// WritePiece keeps one piece of a file. Whether the file is what it says is seen by the first.
func (h *Handler) WritePiece(
	ctx context.Context, req *attachmentproto.WritePieceRequest,
) (*attachmentproto.WritePieceResponse, error) {
	grant, err := h.granted(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	if err := checkAttempt(req.GetAttempt()); err != nil {
		return nil, err
	}
	number, data := int(req.GetNumber()), req.GetData()
	switch {
	case number < 0 || len(data) == 0 || len(data) > logic.PieceBytes:
		return nil, errs.BadParam("number", "must be that of a piece")
	case number*logic.PieceBytes+len(data) > logic.BytesMax:
		return nil, logic.TooLarge("file")
	}
	if number == 0 {
		if err := logic.CheckFirst(grant.GetFileType(), data); err != nil {
			return nil, err
		}
	}
	key, err := h.kept.Key(ctx, grant.GetUserId())
	if err != nil {
		return nil, err
	}
	piece := storage.Piece{Store: grant.GetStore(), File: grant.GetFileId(), Attempt: req.GetAttempt(), Number: number}
	return &attachmentproto.WritePieceResponse{}, h.pieces.Write(ctx, piece, key, data)
}

// Complete ends an upload. The first attempt that is completed is the file.
func (h *Handler) Complete(
	ctx context.Context, req *attachmentproto.CompleteRequest,
) (*attachmentproto.CompleteResponse, error) {
	grant, err := h.granted(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	if err := checkAttempt(req.GetAttempt()); err != nil {
		return nil, err
	}
	if len(req.GetSha256()) != sha256.Size {
		return nil, errs.BadParam("sha256", "must have 32 bytes")
	}
	upload := logic.Upload{
		Attempt: req.GetAttempt(), Bytes: req.GetBytes(), SentBytes: req.GetSentBytes(), SHA256: req.GetSha256(),
	}
	_, err = h.change(ctx, grant.GetFileId(), func(f logic.File) (logic.File, error) { return f.Complete(upload) })
	if err != nil {
		return nil, err
	}
	h.files.WithLabelValues("uploaded").Inc()
	return &attachmentproto.CompleteResponse{}, nil
}

// change changes a file, again if somebody else has done so meanwhile, and answers it as it then is.
func (h *Handler) change(
	ctx context.Context, file string, by func(logic.File) (logic.File, error),
) (logic.File, error) {
	for range changeTries {
		was, found, err := h.kept.FindFile(ctx, file)
		if err == nil && !found {
			err = errs.Missing("file")
		}
		if err != nil {
			return was, err
		}
		next, err := by(was)
		if err != nil || next.State == was.State {
			return next, err
		}
		changed, err := h.kept.ChangeFile(ctx, was, next, h.clock.Now())
		if err != nil || changed {
			return next, err
		}
	}
	return logic.File{}, errs.New(errs.Conflict, "The file is being changed")
}
