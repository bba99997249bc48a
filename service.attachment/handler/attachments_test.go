package handler

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
	"farthing/service.attachment/storage"
)

func TestAFileIsReadAsItWasUploadedByWhoHasItsToken(t *testing.T) {
	b := newBank(t, nil)
	for _, length := range []int{8, logic.PieceBytes, logic.PieceBytes + 1, 3*logic.PieceBytes - 1} {
		begun, file := b.begin(t), picture(length)
		if begun.GetFileName() != "my-lunch.png" {
			t.Errorf("it is called %q", begun.GetFileName())
		}
		if got, err := b.read(t, begun.GetFileToken()); !errs.Is(err, "not_found.file") {
			t.Errorf("before it is there: %d bytes, %v", len(got), err)
		}
		for range 2 { // A repeat changes nothing.
			if err := b.upload(t, begun.GetUploadToken(), "a", file); err != nil {
				t.Fatalf("uploading: %v", err)
			}
			if got, err := b.read(t, begun.GetFileToken()); err != nil || !bytes.Equal(got, file) {
				t.Errorf("of %d bytes there are %d, %v", length, len(got), err)
			}
		}
		token := begun.GetFileToken()
		for _, guess := range []string{token[:len(token)-1] + "0", token + "0", token[:22], "", strings.Repeat("0", 48)} {
			if _, err := b.read(t, guess); !errs.Is(err, "not_found.file") {
				t.Errorf("by another token: %v", err)
			}
		}
	}
}

func TestTheFirstUploadThatIsWholeCounts(t *testing.T) {
	b := newBank(t, nil)
	begun, file, other := b.begin(t), picture(2*logic.PieceBytes), picture(2*logic.PieceBytes-1)
	b.cutShort(t, begun.GetUploadToken(), "cutshort")
	if err := b.upload(t, begun.GetUploadToken(), "first", file); err != nil {
		t.Fatalf("uploading: %v", err)
	}
	if err := b.upload(t, begun.GetUploadToken(), "again", file); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := b.upload(t, begun.GetUploadToken(), "other", other); !errs.Is(err, "conflict.uploaded") {
		t.Errorf("another file: %v", err)
	}
	if got, err := b.read(t, begun.GetFileToken()); err != nil || !bytes.Equal(got, file) {
		t.Errorf("there are %d bytes, %v", len(got), err)
	}
	attached, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch")))
	if err != nil {
		t.Fatal(err)
	}
	if left := b.sweep(t, logic.AttachWithin+2*time.Hour); left != 0 {
		t.Errorf("%d stay listed", left)
	}
	for attempt, there := range map[string]bool{"first": true, "again": false, "other": false, "cutshort": false} {
		if got := b.has(t, begun, attempt); got != there {
			t.Errorf("the pieces of %s are there: %v", attempt, got)
		}
	}
	if len(b.listed(t, attached.GetTransactionId())) != 1 {
		t.Error("it is not attached any more")
	}
}

// cutShort begins an attempt, and writes its first piece only.
func (b *bank) cutShort(t *testing.T, token, attempt string) {
	t.Helper()
	_, err := b.api.Attempt(t.Context(), &attachmentproto.AttemptRequest{UploadToken: token, Attempt: attempt})
	if err != nil {
		t.Fatal(err)
	}
	half := &attachmentproto.WritePieceRequest{UploadToken: token, Attempt: attempt, Data: picture(logic.PieceBytes)}
	if _, err := b.api.WritePiece(t.Context(), half); err != nil {
		t.Fatal(err)
	}
}

// has tells whether there is the first piece of an attempt.
func (b *bank) has(t *testing.T, begun *attachmentproto.BeginResponse, attempt string) bool {
	t.Helper()
	file, _, _ := logic.ReadToken(begun.GetFileToken())
	key, err := b.kept.Key(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.pieces.Read(t.Context(), storage.Piece{Store: "tables", File: file, Attempt: attempt}, key)
	if err != nil && !errs.Is(err, "not_found.piece") {
		t.Fatal(err)
	}
	return err == nil
}

func TestAnUploadURLIsGoodForAnHourAndCannotBeGuessed(t *testing.T) {
	b := newBank(t, nil)
	token := b.begin(t).GetUploadToken()
	for _, guess := range []string{"", "x", "%", token[:len(token)-2] + "AA", b.begin(t).GetFileToken()} {
		err := b.upload(t, guess, "a", picture(8))
		if err == nil || errs.Of(err).Code != "forbidden.bad_upload_url" {
			t.Errorf("%q: %v", guess, err)
		}
	}
	b.Bank.Clock.AdvanceTo(b.Bank.Clock.Now().Add(logic.UploadWithin - time.Minute))
	if err := b.upload(t, token, "a", picture(8)); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	b.Bank.Clock.AdvanceTo(b.Bank.Clock.Now().Add(time.Minute))
	if err := b.upload(t, token, "a", picture(8)); !errs.Is(err, "forbidden.bad_upload_url.expired") {
		t.Errorf("after it: %v", err)
	}
	_, err := b.api.Complete(t.Context(), &attachmentproto.CompleteRequest{UploadToken: token, Attempt: "a"})
	if !errs.Is(err, "forbidden.bad_upload_url.expired") {
		t.Errorf("completing after it: %v", err)
	}
}

func TestABeginningIsRefusedByFieldAndRule(t *testing.T) {
	b := newBank(t, nil)
	for want, spoil := range map[string]func(*attachmentproto.BeginRequest){
		"missing_param.user_id":    func(r *attachmentproto.BeginRequest) { r.UserId = "" },
		"missing_param.file_name":  func(r *attachmentproto.BeginRequest) { r.FileName = "" },
		"bad_param.file_name":      func(r *attachmentproto.BeginRequest) { r.FileName = strings.Repeat("é", 256) },
		"missing_param.file_type":  func(r *attachmentproto.BeginRequest) { r.FileType = "" },
		"bad_param.file_type":      func(r *attachmentproto.BeginRequest) { r.FileType = "image/svg+xml" },
		"bad_param.content_length": func(r *attachmentproto.BeginRequest) { r.ContentLength = logic.BytesMax + 1 },
	} {
		req := &attachmentproto.BeginRequest{UserId: user, FileName: "a.png", FileType: "image/png", ContentLength: 9}
		spoil(req)
		if _, err := b.api.Begin(t.Context(), req); errs.Of(err).Code != "bad_request."+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWhatIsUploadedMustBeWhatWasSaid(t *testing.T) {
	b := newBank(t, nil)
	begun, err := b.api.Begin(t.Context(), &attachmentproto.BeginRequest{
		UserId: user, FileName: "a.png", FileType: "image/png", ContentLength: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*attachmentproto.WritePieceRequest){
		"bad_param.file":    func(r *attachmentproto.WritePieceRequest) { r.Data = []byte("<script>alert(1)</script>") },
		"bad_param.attempt": func(r *attachmentproto.WritePieceRequest) { r.Attempt = "../a" },
		"bad_param.number":  func(r *attachmentproto.WritePieceRequest) { r.Number = -1 },
	} {
		req := &attachmentproto.WritePieceRequest{
			UploadToken: begun.GetUploadToken(), Attempt: "a", Data: picture(100),
		}
		spoil(req)
		if _, err := b.api.WritePiece(t.Context(), req); errs.Of(err).Code != "bad_request."+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for want, req := range map[string]*attachmentproto.AttemptRequest{
		"bad_param.content_type": {Attempt: "a", ContentType: "text/html"}, "bad_param.attempt": {Attempt: ""},
	} {
		req.UploadToken = begun.GetUploadToken()
		if _, err := b.api.Attempt(t.Context(), req); errs.Of(err).Code != "bad_request."+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err = b.api.WritePiece(t.Context(), &attachmentproto.WritePieceRequest{
		UploadToken: begun.GetUploadToken(), Attempt: "a", Number: logic.PiecesMax - 1, Data: picture(logic.PieceBytes),
	})
	if !errs.Is(err, "bad_request.bad_param.file") {
		t.Errorf("beyond the longest: %v", err)
	}
	err = b.upload(t, begun.GetUploadToken(), "a", picture(99))
	if !errs.Is(err, "bad_request.bad_param.content_length") {
		t.Errorf("of another length: %v", err)
	}
	if err := b.upload(t, begun.GetUploadToken(), "b", nil); !errs.Is(err, "bad_request.bad_param.file") {
		t.Errorf("empty: %v", err)
	}
	if err := b.upload(t, begun.GetUploadToken(), "c", picture(100)); err != nil {
		t.Errorf("as it was said: %v", err)
	}
}

func TestAFileIsAttachedToOneTransactionAndListedThere(t *testing.T) {
	b := newBank(t, nil)
	begun := b.uploaded(t, picture(8))
	req := registering(begun.GetFileToken(), transaction("lunch"))
	first, err := b.register(t, req)
	if err != nil {
		t.Fatalf("registering: %v", err)
	}
	want := &attachmentproto.Attachment{
		Id: first.GetId(), UserId: user, AccountId: account(), TransactionId: transaction("lunch"), FileType: "image/png",
		FileToken: begun.GetFileToken(), FileName: "my-lunch.png", CreatedMs: first.GetCreatedMs(),
	}
	again, err := b.register(t, req)
	got, getErr := b.api.Get(t.Context(), &attachmentproto.GetRequest{AttachmentId: first.GetId()})
	for name, is := range map[string]*attachmentproto.Attachment{
		"first": first, "again": again, "got": got.GetAttachment(), "listed": b.listed(t, transaction("lunch"))[0],
	} {
		if diff := cmp.Diff(want, is, protocmp.Transform()); diff != "" || err != nil || getErr != nil {
			t.Errorf("%s: %v, %v\n%s", name, err, getErr, diff)
		}
	}
	other := registering(begun.GetFileToken(), transaction("tea"))
	if _, err := b.register(t, other); !errs.Is(err, "conflict.file_registered") {
		t.Errorf("to another transaction: %v", err)
	}
	if n := len(b.listed(t, transaction("lunch"))); n != 1 {
		t.Errorf("it is listed %d times", n)
	}
	if len(b.listed(t, transaction("tea"))) != 0 {
		t.Error("it is listed at another")
	}
}

func TestWhatCannotBeAttachedIsNot(t *testing.T) {
	b := newBank(t, nil)
	file, empty := b.uploaded(t, picture(8)).GetFileToken(), b.begin(t).GetFileToken()
	for want, spoil := range map[string]func(*attachmentproto.RegisterRequest){
		"bad_request.missing_param.user_id":        func(r *attachmentproto.RegisterRequest) { r.UserId = "" },
		"bad_request.missing_param.file_url":       func(r *attachmentproto.RegisterRequest) { r.FileUrl = "" },
		"bad_request.bad_param.file_url":           func(r *attachmentproto.RegisterRequest) { r.FileUrl = "ftp://a.b/c" },
		"bad_request.missing_param.file_type":      func(r *attachmentproto.RegisterRequest) { r.FileType = "" },
		"bad_request.bad_param.file_type":          func(r *attachmentproto.RegisterRequest) { r.FileType = "image/gif" },
		"bad_request.missing_param.transaction_id": func(r *attachmentproto.RegisterRequest) { r.TransactionId = "" },
		"bad_request.bad_param.account_id":         func(r *attachmentproto.RegisterRequest) { r.AccountId = "x" },
		"not_found.file":                           func(r *attachmentproto.RegisterRequest) { r.UserId = "user_bob" },
		"precondition_failed.not_uploaded":         func(r *attachmentproto.RegisterRequest) { r.FileToken = empty },
	} {
		req := registering(file, transaction("lunch"))
		spoil(req)
		if _, err := b.register(t, req); errs.Of(err).Code != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	guess := registering(file[:len(file)-1]+"0", transaction("lunch"))
	if _, err := b.register(t, guess); !errs.Is(err, "not_found.file") {
		t.Errorf("by a guess: %v", err)
	}
	if listed := b.listed(t, transaction("lunch")); len(listed) != 0 {
		t.Errorf("listed is %v", listed)
	}
}

func elsewhere(n int) *attachmentproto.RegisterRequest {
	return &attachmentproto.RegisterRequest{
		UserId: user, AccountId: account(), TransactionId: transaction("lunch"), FileType: "image/jpg",
		FileUrl: fmt.Sprintf("https://example.com/%d.jpg", n), FileToken: "not-ours",
	}
}

func TestWhatLiesElsewhereIsAttachedByItsURLUpToABound(t *testing.T) {
	b := newBank(t, nil)
	first, err := b.register(t, elsewhere(0))
	if err != nil || first.GetUrl() != elsewhere(0).GetFileUrl() || first.GetFileType() != "image/jpg" ||
		first.GetFileToken() != "" {
		t.Fatalf("registered: %v, %v", first, err)
	}
	b.Bank.Clock.AdvanceTo(b.Bank.Clock.Now().Add(time.Hour))
	if again, err := b.register(t, elsewhere(0)); err != nil || !proto.Equal(again, first) {
		t.Errorf("again: %v, %v", again, err)
	}
	for n := 1; n < logic.PerTransaction; n++ {
		if _, err := b.register(t, elsewhere(n)); err != nil {
			t.Fatalf("number %d: %v", n, err)
		}
	}
	file := registering(b.uploaded(t, picture(8)).GetFileToken(), transaction("lunch"))
	for _, more := range []*attachmentproto.RegisterRequest{elsewhere(99), file} {
		if _, err := b.register(t, more); !errs.Is(err, "precondition_failed.too_many_attachments") {
			t.Errorf("one too many: %v", err)
		}
	}
	if err := b.deregister(t, first.GetId()); err != nil {
		t.Fatalf("deregistering: %v", err)
	}
	if err := b.deregister(t, first.GetId()); !errs.Is(err, "not_found.attachment") {
		t.Errorf("again: %v", err)
	}
	if _, err := b.register(t, file); err != nil || len(b.listed(t, transaction("lunch"))) != logic.PerTransaction {
		t.Errorf("in its place: %v", err)
	}
}

func TestADeregisteredFileIsGone(t *testing.T) {
	b := newBank(t, nil)
	begun := b.uploaded(t, picture(2*logic.PieceBytes))
	req := registering(begun.GetFileToken(), transaction("lunch"))
	attached, err := b.register(t, req)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.deregister(t, attached.GetId()); err != nil {
		t.Fatalf("deregistering: %v", err)
	}
	if err := b.deregister(t, attached.GetId()); !errs.Is(err, "not_found.attachment") {
		t.Errorf("again: %v", err)
	}
	b.wantGone(t, begun, attached)
	if _, err := b.register(t, req); !errs.Is(err, "not_found.file") {
		t.Errorf("attaching it again: %v", err)
	}
	if err := b.upload(t, begun.GetUploadToken(), "b", picture(8)); !errs.Is(err, "not_found.file") {
		t.Errorf("uploading it again: %v", err)
	}
	if left := b.sweep(t, logic.AttachWithin+time.Hour); left != 0 || b.has(t, begun, "b") {
		t.Errorf("%d stay listed", left)
	}
}

func (b *bank) wantGone(t *testing.T, begun *attachmentproto.BeginResponse, a *attachmentproto.Attachment) {
	t.Helper()
	if _, err := b.read(t, begun.GetFileToken()); !errs.Is(err, "not_found.file") {
		t.Errorf("it is read: %v", err)
	}
	if listed := b.listed(t, transaction("lunch")); len(listed) != 0 {
		t.Errorf("it is listed: %v", listed)
	}
	_, err := b.api.Get(t.Context(), &attachmentproto.GetRequest{AttachmentId: a.GetId()})
	if !errs.Is(err, "not_found.attachment") {
		t.Errorf("it is found: %v", err)
	}
	if b.has(t, begun, "a") {
		t.Error("its pieces are there")
	}
}

func TestWhatNobodyAttachesIsDeletedAfterADay(t *testing.T) {
	b := newBank(t, nil)
	orphan, begun, kept := b.uploaded(t, picture(logic.PieceBytes+1)), b.begin(t), b.uploaded(t, picture(8))
	if _, err := b.register(t, registering(kept.GetFileToken(), transaction("tea"))); err != nil {
		t.Fatal(err)
	}
	b.sweep(t, logic.AttachWithin-time.Hour)
	if _, err := b.read(t, orphan.GetFileToken()); err != nil {
		t.Errorf("within the day: %v", err)
	}
	if left := b.sweep(t, 3*time.Hour); left != 0 {
		t.Errorf("%d stay listed", left)
	}
	b.wantGone(t, orphan, &attachmentproto.Attachment{Id: id.Derived("attach", noon, "none")})
	for _, gone := range []*attachmentproto.BeginResponse{orphan, begun} {
		if _, err := b.register(t, registering(gone.GetFileToken(), transaction("lunch"))); !errs.Is(err, "not_found.file") {
			t.Errorf("attaching it: %v", err)
		}
	}
	if _, err := b.read(t, kept.GetFileToken()); err != nil {
		t.Errorf("what is attached: %v", err)
	}
}

// Whatever is cut short anywhere is finished by a repeat, or by the sweep of a day later.
func TestAttachingAndDetachingThatIsCutShortIsFinished(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		begun := b.uploaded(t, picture(8))
		attached, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch")))
		if err != nil {
			t.Fatalf("registering: %v", err)
		}
		b.Settle(t)
		if listed := b.listed(t, transaction("lunch")); len(listed) != 1 || listed[0].GetId() != attached.GetId() {
			t.Errorf("listed is %v", listed)
		}
		if err := b.deregister(t, attached.GetId()); err != nil && !errs.Is(err, "not_found.attachment") {
			t.Fatalf("deregistering: %v", err)
		}
		b.Settle(t)
		for range 2 {
			b.sweep(t, logic.AttachWithin+time.Hour)
		}
		b.wantGone(t, begun, attached)
	})
}

// Who dies between a file's being attached and its being listed is followed by the sweep.
func TestTheSweepListsWhatIsAttachedAndNotListed(t *testing.T) {
	b := newBank(t, nil)
	begun := b.uploaded(t, picture(8))
	attached, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch")))
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := b.kept.Find(t.Context(), attached.GetId())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.kept.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if left := b.sweep(t, logic.AttachWithin+2*time.Hour); left != 0 {
		t.Errorf("%d stay listed", left)
	}
	if listed := b.listed(t, transaction("lunch")); len(listed) != 1 || !proto.Equal(listed[0], attached) {
		t.Errorf("listed is %v", listed)
	}
}

func TestAListOfManyComesInPagesWithoutGap(t *testing.T) {
	b := newBank(t, nil)
	want := make(map[string]bool)
	var all []string
	for n := range 8 {
		for m := range logic.PerTransaction {
			req := elsewhere(m)
			req.TransactionId = transaction(fmt.Sprint(n))
			req.FileUrl += strings.Repeat("x", 1_900)
			a, err := b.register(t, req)
			if err != nil {
				t.Fatal(err)
			}
			want[a.GetId()] = true
			all = append(all, a.GetTransactionId())
		}
	}
	seen, pages := make(map[string]bool), 0
	for token := ""; ; pages++ {
		rsp, err := b.api.List(t.Context(), &attachmentproto.ListRequest{
			AccountId: account(), FirstTransactionId: slices.Min(all), LastTransactionId: slices.Max(all), PageToken: token,
		})
		if err != nil || proto.Size(rsp) > 256<<10 {
			t.Fatalf("a page of %d bytes, %v", proto.Size(rsp), err)
		}
		for _, each := range rsp.GetAttachments() {
			if seen[each.GetId()] {
				t.Errorf("%s is there twice", each.GetId())
			}
			seen[each.GetId()] = true
		}
		if token = rsp.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(seen) != len(want) || pages == 0 {
		t.Errorf("%d of %d in %d pages", len(seen), len(want), pages+1)
	}
}

func TestAListRefusesByName(t *testing.T) {
	b := newBank(t, nil)
	good := attachmentproto.ListRequest{
		AccountId: account(), FirstTransactionId: transaction("a"), LastTransactionId: transaction("a"),
	}
	for want, spoil := range map[string]func(*attachmentproto.ListRequest){
		"missing_param.account_id":          func(r *attachmentproto.ListRequest) { r.AccountId = "" },
		"bad_param.first_transaction_id":    func(r *attachmentproto.ListRequest) { r.FirstTransactionId = "x" },
		"missing_param.last_transaction_id": func(r *attachmentproto.ListRequest) { r.LastTransactionId = "" },
		"bad_param.page_token":              func(r *attachmentproto.ListRequest) { r.PageToken = transaction("a") },
	} {
		req := proto.CloneOf(&good)
		spoil(req)
		if _, err := b.api.List(t.Context(), req); errs.Of(err).Code != "bad_request."+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNothingOfAFileIsLogged(t *testing.T) {
	b := newBank(t, nil)
	begun := b.uploaded(t, picture(8))
	if _, err := b.register(t, registering(begun.GetFileToken(), transaction("lunch"))); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"lunch.png", begun.GetFileToken(), begun.GetUploadToken(), begun.GetFileToken()[22:]} {
		if strings.Contains(b.Logged(), secret) {
			t.Errorf("%q is logged", secret)
		}
	}
}
