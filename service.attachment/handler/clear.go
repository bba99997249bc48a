package handler

import (
	"context"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/logic"
	"farthing/service.attachment/storage"
)

// inFlight is longer than anybody takes between listing an attached file and marking it as removed, and shorter than a
// sweep comes back to an hour.
const inFlight = 90 * time.Minute

// clear looks at a file, or at an attempt to upload one, whose time has come: what nobody has attached is deleted, and
// what was begun is finished.
func (h *Handler) clear(ctx context.Context, item worklist.Item) error {
	file, attempt := storage.Listed(item)
	f, found, err := h.kept.FileState(ctx, file)
	now := h.clock.Now()
	switch {
	case err != nil:
		return err
	case !found: // It was listed, and then not even begun.
	case attempt != "":
		err = h.clearAttempt(ctx, f, attempt)
	case f.Orphaned(now):
		err = h.clearOrphan(ctx, f)
	case f.State == logic.Removed, f.State == logic.Attached && now.Sub(item.Hour) >= inFlight:
		err = h.finish(ctx, file)
	default: // Its time is yet to come, or somebody is about to remove it.
		return nil
	}
	if err != nil {
		return err
	}
	return h.kept.Due().Remove(ctx, item.Hour, item.Name)
}

// clearAttempt deletes what an attempt has written that is not the one that counts.
func (h *Handler) clearAttempt(ctx context.Context, f logic.File, attempt string) error {
	if f.Readable() && f.Attempt == attempt {
		return nil
	}
	return h.pieces.Delete(ctx, f.Store, f.ID, attempt, logic.PiecesMax)
}

// clearOrphan removes a file that nobody has attached, unless somebody has by now.
func (h *Handler) clearOrphan(ctx context.Context, f logic.File) error {
	done, err := h.removeAs(ctx, f)
	switch {
	case err != nil:
		return err
	case !done:
		return worklist.ErrStays
	}
	h.files.WithLabelValues("orphaned").Inc()
	return nil
}

// remove marks a file as removed, for ever, and deletes what there is of it. Repeating it is harmless.
func (h *Handler) remove(ctx context.Context, file string) error {
	for range changeTries {
		was, found, err := h.kept.FileState(ctx, file)
		if err != nil || !found {
			return err
		}
		if was.State == logic.Removed {
			return h.settle(ctx, was)
		}
		if done, err := h.removeAs(ctx, was); err != nil || done {
			return err
		}
	}
	return errs.New(errs.Conflict, "The file is being changed")
}

// removeAs is remove of a file as it was read, and tells whether it did so: not if somebody has changed it since.
func (h *Handler) removeAs(ctx context.Context, was logic.File) (bool, error) {
	next := was
	next.State = logic.Removed
	changed, err := h.kept.ChangeFile(ctx, was, next, h.clock.Now())
	if err != nil || !changed {
		return false, err
	}
	h.files.WithLabelValues("removed").Inc()
	return true, h.settle(ctx, next)
}

// finish brings what follows from a file's state in line with it. Of a customer who was forgotten nothing follows.
func (h *Handler) finish(ctx context.Context, file string) error {
	f, found, err := h.kept.FindFile(ctx, file)
	if err != nil || !found {
		return err
	}
	return h.settle(ctx, f)
}

// settle puts an attached file on its account's list, and takes a removed one off it and deletes its bytes. Two may do
// so at once, one of whom has seen the file as it was: who has put it on the list looks once more.
func (h *Handler) settle(ctx context.Context, f logic.File) error {
	if f.State == logic.Attached {
		a, err := shown(f)
		if err != nil {
			return err
		}
		if err := h.kept.Put(ctx, a); err != nil {
			return err
		}
		if f, _, err = h.kept.FileState(ctx, f.ID); err != nil {
			return err
		}
	}
	if f.State != logic.Removed {
		return nil
	}
	if f.Attachment.ID != "" {
		if err := h.kept.Delete(ctx, f.Attachment); err != nil {
			return err
		}
	}
	if f.Attempt == "" {
		return nil
	}
	return h.pieces.Delete(ctx, f.Store, f.ID, f.Attempt, f.Pieces())
}
