package handler

import (
	"encoding/hex"
	"io"
	"net/http"
	"strconv"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// operateClearing answers operators about clearing files, each with a cardprocessingproto.ClearingReport:
//
//	PUT  /clearing/files/{digest}/pieces/{number}    keeps a piece, whole lines of the file; the answer is {}
//	POST /clearing/files/{digest}                    takes the file, found good as a whole (cardprocessingproto.Taking)
//	POST /clearing/files/{digest}/advance            goes on with it for a while
//	GET  /clearing/files/{digest}                    how far it has come
//	GET  /clearing/due?after=PLACE                   cardprocessingproto.DuePage: what is still to be collected
func (h *Handler) operateClearing(env *foundation.Env) {
	const one = cardprocessingproto.ClearingFilesPath + "{digest}"
	type report = cardprocessingproto.ClearingReport
	env.Operate("PUT "+one+cardprocessingproto.ClearingPiecesPath+"{number}", operation(h.putPiece))
	env.Operate("POST "+one, operation(func(req *http.Request) (report, error) {
		var sent cardprocessingproto.Taking
		digest, err := digestOf(req)
		if err == nil {
			err = decode(req, &sent)
		}
		if err != nil {
			return report{}, err
		}
		return h.take(req.Context(), digest, sent)
	}))
	env.Operate("POST "+one+cardprocessingproto.ClearingAdvancePath, operation(func(req *http.Request) (report, error) {
		digest, err := digestOf(req)
		if err != nil {
			return report{}, err
		}
		return h.advance(req.Context(), digest)
	}))
	env.Operate("GET "+one, operation(func(req *http.Request) (report, error) {
		digest, err := digestOf(req)
		if err != nil {
			return report{}, err
		}
		return h.report(req.Context(), digest)
	}))
	env.Operate("GET "+cardprocessingproto.DuePath, operation(
		func(req *http.Request) (cardprocessingproto.DuePage, error) {
			return h.listDue(req.Context(), req.FormValue("after"))
		}))
}

func digestOf(req *http.Request) (string, error) {
	digest := req.PathValue("digest")
	if raw, err := hex.DecodeString(digest); err != nil || len(raw) != 32 || hex.EncodeToString(raw) != digest {
		return "", errs.BadParam("digest", "must be a SHA-256 in lower case hex")
	}
	return digest, nil
}

func (h *Handler) putPiece(req *http.Request) (struct{}, error) {
	digest, err := digestOf(req)
	if err != nil {
		return struct{}{}, err
	}
	number, err := strconv.ParseInt(req.PathValue("number"), 10, 64)
	if err != nil || number < 0 || number >= piecesMax {
		return struct{}{}, errs.BadParam("number", "must be from 0 to "+strconv.Itoa(piecesMax-1))
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, req.Body, cardprocessingproto.PieceBytesMax))
	if err != nil {
		return struct{}{}, errs.New(errs.BadRequest+".body_too_large", "The piece is too large, or was cut off").Because(err)
	}
	if len(body) == 0 || body[len(body)-1] != '\n' {
		return struct{}{}, errs.New(errs.BadRequest+".bad_body", "A piece is of whole lines")
	}
	return struct{}{}, h.clearings.PutPiece(req.Context(), digest, number, body)
}
