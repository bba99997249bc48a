package handler

import (
	"context"
	"crypto/subtle"

	"farthing/pkg/errs"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
	"farthing/service.attachment/storage"
)

// Open tells what a file is: not_found.file unless it was uploaded, and is not deleted.
func (h *Handler) Open(ctx context.Context, req *attachmentproto.OpenRequest) (*attachmentproto.OpenResponse, error) {
	f, err := h.readable(ctx, req.GetFileToken())
	if err != nil {
		return nil, err
	}
	return &attachmentproto.OpenResponse{
		FileType: f.Kind, FileName: f.Name, Bytes: f.Bytes, Pieces: int32(f.Pieces()), //nolint:gosec // At most PiecesMax.
	}, nil
}

// ReadPiece is one piece of a file that can be opened.
func (h *Handler) ReadPiece(
	ctx context.Context, req *attachmentproto.ReadPieceRequest,
) (*attachmentproto.ReadPieceResponse, error) {
	f, err := h.readable(ctx, req.GetFileToken())
	if err != nil {
		return nil, err
	}
	number := int(req.GetNumber())
	if number < 0 || number >= f.Pieces() {
		return nil, errs.BadParam("number", "must be that of a piece")
	}
	key, err := h.kept.Key(ctx, f.User)
	if err != nil {
		return nil, err
	}
	piece := storage.Piece{Store: f.Store, File: f.ID, Attempt: f.Attempt, Number: number}
	data, err := h.pieces.Read(ctx, piece, key)
	return &attachmentproto.ReadPieceResponse{Data: data}, err
}

func (h *Handler) readable(ctx context.Context, token string) (logic.File, error) {
	f, err := h.named(ctx, token)
	if err == nil && !f.Readable() {
		err = errs.Missing("file")
	}
	return f, err
}

// named is the file of a token: not_found.file of one that is none.
func (h *Handler) named(ctx context.Context, token string) (logic.File, error) {
	file, secret, ok := logic.ReadToken(token)
	if !ok {
		return logic.File{}, errs.Missing("file")
	}
	f, found, err := h.kept.FindFile(ctx, file)
	if err == nil && (!found || subtle.ConstantTimeCompare([]byte(f.Secret), []byte(secret)) != 1) {
		err = errs.Missing("file")
	}
	return f, err
}
