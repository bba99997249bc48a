package handler

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
)

// Short names of how far a file has come.
const (
	posting     = cardprocessingproto.ClearingState_CLEARING_STATE_POSTING
	reconciling = cardprocessingproto.ClearingState_CLEARING_STATE_RECONCILING
	doneWith    = cardprocessingproto.ClearingState_CLEARING_STATE_DONE
)

// piecesMax is how many pieces the largest file has, and some.
const piecesMax = 2 * logic.FileBytesMax / cardprocessingproto.PieceBytes

// take takes a file all of whose pieces were sent: it is found good as a whole, or refused by line and field. Nothing
// of it is posted yet. A repeat answers how far it has come; another file under the same id is conflict.file_id.
func (h *Handler) take(
	ctx context.Context, digest string, sent cardprocessingproto.Taking,
) (cardprocessingproto.ClearingReport, error) {
	var none cardprocessingproto.ClearingReport
	if _, taken, err := h.clearings.Find(ctx, digest); err != nil || taken {
		if err != nil {
			return none, err
		}
		return h.report(ctx, digest)
	}
	if sent.Pieces < 1 || sent.Pieces > piecesMax {
		return none, errs.BadParam("pieces", "must be from 1 to "+strconv.Itoa(piecesMax))
	}
	text, firsts, err := h.assemble(ctx, digest, sent.Pieces)
	if err != nil {
		return none, err
	}
	now := h.clock.Now()
	file, err := logic.DecodeFile(text, now)
	if err != nil {
		return none, err
	}
	owner, err := h.clearings.Claim(ctx, file.Header.Scheme, file.Header.FileID, digest)
	if err != nil {
		return none, err
	}
	if owner != digest {
		return none, errs.New(errs.Conflict+".file_id", "Another file was taken under this file_id")
	}
	if err := h.clearing.Add(ctx, now, digest); err != nil {
		return none, err
	}
	if err := h.clearings.Take(ctx, &cardprocessingproto.ClearingFile{
		Digest: digest, FileId: file.Header.FileID, Scheme: file.Header.Scheme, BusinessDate: file.Header.BusinessDate,
		State: posting, Records: int64(len(file.Lines)), PieceLines: firsts, RepeatedLines: file.Repeated,
		TakenMs: now.UnixMilli(), AdvancedMs: now.UnixMilli(),
	}); err != nil {
		return none, err
	}
	return h.report(ctx, digest)
}

// assemble is a whole file, and the first line of each of its pieces.
func (h *Handler) assemble(ctx context.Context, digest string, pieces int64) ([]byte, []int64, error) {
	var text []byte
	firsts := make([]int64, 0, pieces)
	line := int64(1)
	for n := range pieces {
		piece, err := h.clearings.Piece(ctx, digest, n)
		if err != nil {
			return nil, nil, err
		}
		firsts = append(firsts, line)
		line += int64(bytes.Count(piece, []byte("\n")))
		text = append(text, piece...)
	}
	if logic.Digest(text) != digest {
		return nil, nil, errs.BadParam("digest", "is not that of the pieces that were sent")
	}
	return text, firsts, nil
}

func (h *Handler) report(ctx context.Context, digest string) (cardprocessingproto.ClearingReport, error) {
	c, taken, err := h.clearings.Find(ctx, digest)
	if err == nil && !taken {
		err = errs.Missing("clearing_file")
	}
	if err != nil {
		return cardprocessingproto.ClearingReport{}, err
	}
	outcomes, err := h.clearings.Outcomes(ctx, digest)
	return cardprocessingproto.ReportOf(c.State, outcomes), err
}

// advanceFor is how long one request goes on with a file.
const advanceFor = 2 * time.Second

// advance goes on with a file for a while. Repeating it is harmless, as is going on with one file at several places.
func (h *Handler) advance(ctx context.Context, digest string) (cardprocessingproto.ClearingReport, error) {
	within, cancel := context.WithTimeout(ctx, advanceFor)
	defer cancel()
	for within.Err() == nil {
		c, taken, err := h.clearings.Find(ctx, digest)
		switch {
		case err != nil:
			return cardprocessingproto.ClearingReport{}, err
		case !taken:
			return cardprocessingproto.ClearingReport{}, errs.Missing("clearing_file")
		case c.State.GetState() == doneWith:
			return h.report(ctx, digest)
		case c.State.GetState() == posting:
			err = h.postPiece(ctx, c)
		default:
			err = h.reconcile(ctx, c)
		}
		if err != nil {
			return cardprocessingproto.ClearingReport{}, err
		}
	}
	return h.report(ctx, digest)
}

// postTogether is how many records are posted at once.
const postTogether = 16

// postPiece posts the next piece of a file. A record that was posted before is answered as it was then.
func (h *Handler) postPiece(ctx context.Context, c storage.Clearing) error {
	state := c.State
	number := state.GetPostedPieces()
	text, err := h.clearings.Piece(ctx, state.GetDigest(), number)
	if err != nil {
		return err
	}
	lines, err := logic.DecodeLines(text, state.GetPieceLines()[number], h.clock.Now())
	if err != nil {
		return fmt.Errorf("reading a piece that was found good: %w", err)
	}
	became := make([]*cardprocessingproto.ClearingOutcome, len(lines))
	together, within := errgroup.WithContext(ctx)
	together.SetLimit(postTogether)
	for i, line := range lines {
		together.Go(func() (err error) {
			became[i], err = h.post(within, state, line)
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return fmt.Errorf("posting a piece of a file: %w", err)
	}
	next := proto.CloneOf(state)
	next.PostedPieces++
	next.AdvancedMs = h.clock.Now().UnixMilli()
	if next.GetPostedPieces() == int64(len(state.GetPieceLines())) {
		next.State = reconciling
	}
	outcome := logic.Together(became)
	ours, err := h.clearings.Posted(ctx, c, next, outcome)
	if ours {
		h.metrics.reconciled(outcome.GetBreaks())
	}
	return err
}

// post posts one record, and says what became of it.
func (h *Handler) post(
	ctx context.Context, file *cardprocessingproto.ClearingFile, line logic.Line,
) (*cardprocessingproto.ClearingOutcome, error) {
	if slices.Contains(file.GetRepeatedLines(), line.Number) {
		return logic.Repeated(line), nil
	}
	kind := logic.Clearing
	if line.IsRefund() {
		kind = logic.Refund
	}
	p, done, err := h.followIn(ctx, kind, line.FollowUp(), file.GetDigest())
	if err != nil {
		coded := errs.Of(err)
		if slices.Contains([]string{errs.BadRequest, errs.NotFound, errs.Conflict, errs.PreconditionFailed}, coded.Class()) {
			return logic.Refused(line, coded.Code), nil
		}
		return nil, err
	}
	return logic.Became(line, p, done.PaymentEvent, file.GetDigest()), nil
}

// advanceLate goes on with a file that was left behind.
func (h *Handler) advanceLate(ctx context.Context, listed worklist.Item) error {
	c, taken, err := h.clearings.Find(ctx, listed.Name)
	if err != nil {
		return err
	}
	now := h.clock.Now()
	switch {
	case taken && c.State.GetState() == doneWith, !taken && now.Sub(listed.Hour) > inFlight:
		return h.clearing.Remove(ctx, listed.Hour, listed.Name)
	case !taken, now.Sub(time.UnixMilli(c.State.GetAdvancedMs())) < unansweredAfter:
		return nil // Whoever sent it is still at it.
	}
	_, err = h.advance(ctx, listed.Name)
	return err
}
