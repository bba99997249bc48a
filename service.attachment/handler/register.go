package handler

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
	"farthing/service.attachment/storage"
)

const urlMax = 2_000

// Register attaches a file here, or a URL, to a transaction. A repeat answers the first attachment.
func (h *Handler) Register(
	ctx context.Context, req *attachmentproto.RegisterRequest,
) (*attachmentproto.RegisterResponse, error) {
	kind, err := checkRegister(req)
	if err != nil {
		return nil, err
	}
	a := logic.Attachment{
		User: req.GetUserId(), Account: req.GetAccountId(), Transaction: req.GetTransactionId(), Type: req.GetFileType(),
		Created: h.clock.Now(),
	}
	if _, _, here := logic.ReadToken(req.GetFileToken()); here {
		a, err = h.attachFile(ctx, a, kind, req.GetFileToken())
	} else {
		a.URL = req.GetFileUrl()
		a, err = h.attachURL(ctx, a)
	}
	if err != nil {
		return nil, err
	}
	h.files.WithLabelValues("attached").Inc()
	return &attachmentproto.RegisterResponse{Attachment: protoOf(a)}, nil
}

func checkRegister(req *attachmentproto.RegisterRequest) (kind string, err error) {
	switch {
	case req.GetUserId() == "":
		return "", errs.MissingParam("user_id")
	case req.GetFileUrl() == "":
		return "", errs.MissingParam("file_url")
	}
	for _, err := range []error{
		id.Check("account_id", "acc", req.GetAccountId()), id.Check("transaction_id", "tx", req.GetTransactionId()),
		edge.Text("file_type", req.GetFileType(), fileNameMax),
		edge.URL("file_url", req.GetFileUrl(), urlMax, "https", "http"),
	} {
		if err != nil {
			return "", err
		}
	}
	return logic.CheckKind("file_type", req.GetFileType())
}

// attachFile attaches a file of the customer's own. What decides is the file's state; the lists follow from it.
func (h *Handler) attachFile(
	ctx context.Context, a logic.Attachment, kind, token string,
) (logic.Attachment, error) {
	f, err := h.named(ctx, token)
	if err != nil {
		return a, err
	}
	if f.State != logic.Attached {
		if err := h.checkRoom(ctx, a); err != nil {
			return a, err
		}
	}
	a.ID, a.File = h.ids.New("attach"), f.ID
	if f, err = h.change(ctx, f.ID, func(f logic.File) (logic.File, error) { return f.Attach(a, kind) }); err != nil {
		return a, err
	}
	if err := h.settle(ctx, f); err != nil {
		return a, err
	}
	return shown(f)
}

// shown is the attachment of an attached file, with what its URL is made of.
func shown(f logic.File) (logic.Attachment, error) {
	a := f.Attachment
	created, err := id.Time("attachment_id", "attach", a.ID)
	a.Created, a.Name, a.Secret = created, f.Name, f.Secret
	return a, err
}

// attachURL attaches what lies elsewhere: once to a transaction, by whomever it is asked.
func (h *Handler) attachURL(ctx context.Context, a logic.Attachment) (logic.Attachment, error) {
	at, err := id.Time("transaction_id", "tx", a.Transaction)
	if err != nil {
		return a, err
	}
	a.ID = id.Derived("attach", at, a.Transaction+" "+a.URL)
	if there, found, err := h.kept.Find(ctx, a.ID); err != nil || found {
		return there, err
	}
	if err := h.checkRoom(ctx, a); err != nil {
		return a, err
	}
	return a, h.kept.Put(ctx, a)
}

func (h *Handler) checkRoom(ctx context.Context, a logic.Attachment) error {
	there, err := h.kept.Of(ctx, a.Account, a.Transaction)
	if err == nil && len(there) >= logic.PerTransaction {
		err = errs.New(errs.PreconditionFailed+".too_many_attachments",
			fmt.Sprintf("A transaction has at most %d attachments", logic.PerTransaction))
	}
	return err
}

// Get is an attachment: not_found.attachment if there is none.
func (h *Handler) Get(ctx context.Context, req *attachmentproto.GetRequest) (*attachmentproto.GetResponse, error) {
	a, err := h.attachment(ctx, req.GetAttachmentId())
	if err != nil {
		return nil, err
	}
	return &attachmentproto.GetResponse{Attachment: protoOf(a)}, nil
}

func (h *Handler) attachment(ctx context.Context, attachmentID string) (logic.Attachment, error) {
	if err := id.Check("attachment_id", "attach", attachmentID); err != nil {
		return logic.Attachment{}, err
	}
	a, found, err := h.kept.Find(ctx, attachmentID)
	if err == nil && !found {
		err = errs.Missing("attachment")
	}
	return a, err
}

// Deregister takes an attachment off its transaction and deletes its file:
//
//	listed ── removed: nobody attaches or reads it any more ── off its lists ── its bytes are deleted ── struck off
//
// Whoever dies on the way is followed by the sweep.
func (h *Handler) Deregister(
	ctx context.Context, req *attachmentproto.DeregisterRequest,
) (*attachmentproto.DeregisterResponse, error) {
	a, err := h.attachment(ctx, req.GetAttachmentId())
	if err != nil {
		return nil, err
	}
	if a.File == "" {
		return &attachmentproto.DeregisterResponse{}, h.kept.Delete(ctx, a)
	}
	now := h.clock.Now()
	if err := h.kept.List(ctx, now, a.File, ""); err != nil {
		return nil, err
	}
	if err := h.remove(ctx, a.File); err != nil {
		return nil, err
	}
	return &attachmentproto.DeregisterResponse{}, h.kept.StrikeOff(ctx, now, a.File, "")
}

// pageBytesMax keeps a page within what a call may answer, and pageMax what is read for it.
const (
	pageBytesMax = 200 << 10
	pageMax      = 500
)

// List is what is attached to some transactions of an account that follow each other.
func (h *Handler) List(ctx context.Context, req *attachmentproto.ListRequest) (*attachmentproto.ListResponse, error) {
	transaction, attachment, _ := strings.Cut(req.GetPageToken(), "/")
	for _, err := range []error{
		id.Check("account_id", "acc", req.GetAccountId()),
		id.Check("first_transaction_id", "tx", req.GetFirstTransactionId()),
		id.Check("last_transaction_id", "tx", req.GetLastTransactionId()),
		checkToken(req.GetPageToken(), transaction, attachment),
	} {
		if err != nil {
			return nil, err
		}
	}
	found, err := h.kept.Between(ctx, storage.Window{
		Account: req.GetAccountId(), First: req.GetFirstTransactionId(), Last: req.GetLastTransactionId(),
		After: storage.Place{Transaction: transaction, Attachment: attachment}, Limit: pageMax,
	})
	if err != nil {
		return nil, err
	}
	return firstPage(found), nil
}

// firstPage is as many of what was found, from the first, as one answer may have.
func firstPage(found []logic.Attachment) *attachmentproto.ListResponse {
	rsp, size := &attachmentproto.ListResponse{}, 0
	more := len(found) == pageMax
	for i, each := range found {
		shown := protoOf(each)
		if size += proto.Size(shown); i > 0 && size > pageBytesMax {
			more = true
			break
		}
		rsp.Attachments = append(rsp.Attachments, shown)
	}
	if more {
		last := found[len(rsp.GetAttachments())-1]
		rsp.NextPageToken = last.Transaction + "/" + last.ID
	}
	return rsp
}

func checkToken(token, transaction, attachment string) error {
	if token == "" {
		return nil
	}
	if id.Check("", "tx", transaction) != nil || id.Check("", "attach", attachment) != nil {
		return errs.BadParam("page_token", "must be the next_page_token of an earlier answer")
	}
	return nil
}

func protoOf(a logic.Attachment) *attachmentproto.Attachment {
	shown := &attachmentproto.Attachment{
		Id: a.ID, UserId: a.User, AccountId: a.Account, TransactionId: a.Transaction, FileType: a.Type, Url: a.URL,
		CreatedMs: a.Created.UnixMilli(),
	}
	if a.File != "" {
		shown.FileToken, shown.FileName = logic.Token(a.File, a.Secret), a.Name
	}
	return shown
}
