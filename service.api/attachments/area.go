// Package attachments lets programs attach files to transactions, and keeps the files that they upload for it.
package attachments

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	attachmentproto "farthing/service.attachment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Area is the routes below Path, and whom they ask.
type Area struct {
	Accounts     accountproto.AccountsClient
	Attachments  attachmentproto.AttachmentsClient
	Transactions transactionsproto.TransactionsClient
	Origin       func(edge.Request) string // Where programs find the API.
}

// Path is where the area is mounted. The other two need no token: who knows such a URL has what it is for.
const (
	Path       = "/attachment"
	UploadPath = Path + "/upload/:token"
	FilePath   = Path + "/file/:token/:name"
)

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	writes := caller.Needs("attachments:write")
	router := &edge.Router{}
	router.POST("/upload", edge.Service(a.begin).Filter(writes))
	router.POST("/register", edge.Service(a.register).Filter(writes))
	router.POST("/deregister", edge.Service(a.deregister).Filter(writes))
	router.POST("/upload/:token", a.receive)
	router.PUT("/upload/:token", a.receive)
	router.GET("/file/:token/:name", a.send)
	return router
}

// register attaches to a transaction of the caller's: a file that the caller has uploaded, or one that lies elsewhere.
// A repeat answers the first attachment. It makes three calls, one after the other.
func (a Area) register(req edge.Request) edge.Response {
	form := req.Form()
	asked := &attachmentproto.RegisterRequest{
		UserId: caller.Of(req).UserID, TransactionId: form.Required("external_id"), FileUrl: form.Required("file_url"),
		FileType: form.Required("file_type"),
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	on, err := caller.OwnTransaction(req, a.Accounts, a.Transactions, asked.GetTransactionId())
	if err != nil {
		return edge.Error(err)
	}
	asked.AccountId, asked.FileToken = on.GetAccountId(), apiproto.FileToken(asked.GetFileUrl())
	made, err := a.Attachments.Register(req.Context(), asked)
	if err != nil {
		return edge.Error(fmt.Errorf("registering the attachment: %w", err))
	}
	return edge.OK(struct {
		Attachment apiproto.Attachment `json:"attachment"`
	}{apiproto.AttachmentOf(made.GetAttachment(), a.Origin(req))})
}

// deregister takes an attachment off a transaction of the caller's; a file that was uploaded is deleted. A repeat is
// not_found.attachment.
func (a Area) deregister(req edge.Request) edge.Response {
	form := req.Form()
	named := caller.Thing{Kind: "attachment", Prefix: "attach", ID: form.Required("id")}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	get := func(ctx context.Context) (*attachmentproto.Attachment, string, error) {
		got, err := a.Attachments.Get(ctx, &attachmentproto.GetRequest{AttachmentId: named.ID})
		return got.GetAttachment(), got.GetAttachment().GetAccountId(), err
	}
	if _, err := caller.OwnThing(req, a.Accounts, named, get); err != nil {
		return edge.Error(err)
	}
	_, err := a.Attachments.Deregister(req.Context(), &attachmentproto.DeregisterRequest{AttachmentId: named.ID})
	if err != nil {
		return edge.Error(fmt.Errorf("deregistering the attachment: %w", err))
	}
	return edge.OK(nil)
}
