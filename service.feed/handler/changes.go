package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
)

// changesMax bounds a page of Changes by its items, whose bytes are bounded, too.
const changesMax = 100

// Changes is how an account's feed has changed after a change, in the order of their ids. A page may be shorter than
// its limit; the end is an empty one.
func (h *Handler) Changes(
	ctx context.Context, req *feedproto.ChangesRequest,
) (*feedproto.ChangesResponse, error) {
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetLimit() < 1 || req.GetLimit() > changesMax:
		return nil, errs.BadParam("limit", fmt.Sprintf("must be from 1 to %d", changesMax))
	}
	made, err := id.Time("after_id", feedproto.ChangePrefix, req.GetAfterId())
	if err != nil {
		return nil, err
	}
	now, afterID := h.clock.Now(), req.GetAfterId()
	if kept := now.Add(-feedproto.ChangesKept); made.Before(kept) { // No more is there, and each month costs a read.
		afterID = id.Lowest(feedproto.ChangePrefix, kept)
	}
	until := id.Lowest(feedproto.ChangePrefix, now.Add(feedproto.ChangeLate)) // A replica's clock may be ahead.
	changes, err := h.items.Changes(ctx, req.GetAccountId(), afterID, until, int(req.GetLimit()))
	if err != nil {
		return nil, err
	}
	return &feedproto.ChangesResponse{Changes: changes[:fitting(changes)]}, nil
}

// fitting is how many changes a call may answer.
func fitting(changes []*feedproto.Change) int {
	size := 0
	for i, change := range changes {
		if size += proto.Size(change); i > 0 && size > pageBytesMax {
			return i
		}
	}
	return len(changes)
}
