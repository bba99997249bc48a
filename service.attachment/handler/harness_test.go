package handler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const user = "user_alice"

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func account() string             { return id.Derived("acc", noon, "alice") }
func transaction(n string) string { return id.Derived("tx", noon, n) }

// bank is service.attachment, as service.api sees it, without a sweeper of its own.
type bank struct {
	*foundationtest.Bank
	*Handler

	api attachmentproto.AttachmentsClient
}

func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.Handler, err = newHandler(env); err == nil {
			attachmentproto.RegisterAttachmentsServer(env.GRPC, b.Handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, service)
	b.api = attachmentproto.NewAttachmentsClient(b.Dial(t, "service.api", Service.Name))
	return b
}

// picture is a picture of a length.
func picture(length int) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("lunch "), length/6+1)...)[:length]
}

func (b *bank) begin(t *testing.T) *attachmentproto.BeginResponse {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*attachmentproto.BeginResponse, error) {
		return b.api.Begin(t.Context(), &attachmentproto.BeginRequest{
			UserId: user, FileName: "../my lunch.png", FileType: "image/png",
		})
	})
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	return rsp
}

// upload uploads a file in an attempt, insisting on each step.
func (b *bank) upload(t *testing.T, token, attempt string, file []byte) error {
	t.Helper()
	_, err := foundationtest.Until(func() (*attachmentproto.AttemptResponse, error) {
		return b.api.Attempt(t.Context(), &attachmentproto.AttemptRequest{UploadToken: token, Attempt: attempt})
	})
	if err != nil {
		return err
	}
	for n := 0; n*logic.PieceBytes < len(file); n++ {
		piece := &attachmentproto.WritePieceRequest{
			UploadToken: token, Attempt: attempt, Number: int32(n),
			Data: file[n*logic.PieceBytes : min((n+1)*logic.PieceBytes, len(file))],
		}
		_, err := foundationtest.Until(func() (*attachmentproto.WritePieceResponse, error) {
			return b.api.WritePiece(t.Context(), piece)
		})
		if err != nil {
			return err
		}
	}
	sum := sha256.Sum256(file)
	_, err = foundationtest.Until(func() (*attachmentproto.CompleteResponse, error) {
		return b.api.Complete(t.Context(), &attachmentproto.CompleteRequest{
			UploadToken: token, Attempt: attempt, Bytes: int64(len(file)), SentBytes: int64(len(file)), Sha256: sum[:],
		})
	})
	return err
}

// uploaded is a place with a file in it.
func (b *bank) uploaded(t *testing.T, file []byte) *attachmentproto.BeginResponse {
	t.Helper()
	begun := b.begin(t)
	if err := b.upload(t, begun.GetUploadToken(), "a", file); err != nil {
		t.Fatalf("uploading: %v", err)
	}
	return begun
}

// read is a file by its token, piece by piece.
func (b *bank) read(t *testing.T, token string) ([]byte, error) {
	t.Helper()
	opened, err := b.api.Open(t.Context(), &attachmentproto.OpenRequest{FileToken: token})
	if err != nil {
		return nil, err
	}
	var file []byte
	for n := range opened.GetPieces() {
		rsp, err := b.api.ReadPiece(t.Context(), &attachmentproto.ReadPieceRequest{FileToken: token, Number: n})
		if err != nil {
			return nil, err
		}
		file = append(file, rsp.GetData()...)
	}
	if int64(len(file)) != opened.GetBytes() {
		t.Errorf("there are %d bytes, and it says %d", len(file), opened.GetBytes())
	}
	return file, nil
}

func registering(token, tx string) *attachmentproto.RegisterRequest {
	return &attachmentproto.RegisterRequest{
		UserId: user, AccountId: account(), TransactionId: tx, FileType: "image/png", FileToken: token,
		FileUrl: "https://bank.example/attachment/file/" + token + "/my-lunch.png",
	}
}

func (b *bank) register(t *testing.T, req *attachmentproto.RegisterRequest) (*attachmentproto.Attachment, error) {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*attachmentproto.RegisterResponse, error) {
		return b.api.Register(t.Context(), req)
	})
	return rsp.GetAttachment(), err
}

// listed is what is attached to a transaction.
func (b *bank) listed(t *testing.T, tx string) []*attachmentproto.Attachment {
	t.Helper()
	rsp, err := b.api.List(t.Context(), &attachmentproto.ListRequest{
		AccountId: account(), FirstTransactionId: tx, LastTransactionId: tx,
	})
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	return rsp.GetAttachments()
}

func (b *bank) deregister(t *testing.T, attachment string) error {
	t.Helper()
	_, err := foundationtest.Until(func() (*attachmentproto.DeregisterResponse, error) {
		return b.api.Deregister(t.Context(), &attachmentproto.DeregisterRequest{AttachmentId: attachment})
	})
	return err
}

// sweep looks at all that is due some time later, and answers how much stays listed.
func (b *bank) sweep(t *testing.T, later time.Duration) (left int) {
	t.Helper()
	began := b.Bank.Clock.Now()
	b.Bank.Clock.AdvanceTo(began.Add(later))
	now := b.Bank.Clock.Now()
	each := func(take func(context.Context, worklist.Item) error) {
		if err := b.kept.Due().Each(t.Context(), began.Add(-time.Hour), now, take); err != nil {
			t.Fatalf("sweeping: %v", err)
		}
	}
	each(func(ctx context.Context, item worklist.Item) error {
		if err := b.clear(ctx, item); !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) {
			return err
		}
		return nil // It stays listed for the next time.
	})
	each(func(context.Context, worklist.Item) error { left++; return nil })
	return left
}
