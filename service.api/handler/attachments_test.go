package handler

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	attachmentproto "farthing/service.attachment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

type fakeAttachments struct {
	attachmentproto.AttachmentsClient
	b *bank
}

// uploadedFile is what service.attachment would keep of a file.
type uploadedFile struct {
	data        []byte
	attempts    map[string]bool
	contentType string
	whole       *attachmentproto.CompleteRequest
}

func (f fakeAttachments) Begin(
	_ context.Context, req *attachmentproto.BeginRequest, _ ...grpc.CallOption,
) (*attachmentproto.BeginResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &attachmentproto.BeginResponse{FileToken: "FILE", UploadToken: "UPLOAD", FileName: "lunch.png"}, nil
}

func (f fakeAttachments) file(token string) (*uploadedFile, error) {
	if found, ok := f.b.files[token]; ok {
		return found, f.b.fails["attachment"]
	}
	return nil, errs.Missing("file")
}

func (f fakeAttachments) Attempt(
	_ context.Context, req *attachmentproto.AttemptRequest, _ ...grpc.CallOption,
) (*attachmentproto.AttemptResponse, error) {
	file, err := f.file(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	file.attempts[req.GetAttempt()], file.contentType = true, req.GetContentType()
	return &attachmentproto.AttemptResponse{}, nil
}

func (f fakeAttachments) WritePiece(
	_ context.Context, req *attachmentproto.WritePieceRequest, _ ...grpc.CallOption,
) (*attachmentproto.WritePieceResponse, error) {
	file, err := f.file(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	if int(req.GetNumber())*attachmentproto.PieceBytes != len(file.data) || !file.attempts[req.GetAttempt()] {
		return nil, errs.BadParam("number", "must be the next")
	}
	file.data = append(file.data, req.GetData()...)
	return &attachmentproto.WritePieceResponse{}, nil
}

func (f fakeAttachments) Complete(
	_ context.Context, req *attachmentproto.CompleteRequest, _ ...grpc.CallOption,
) (*attachmentproto.CompleteResponse, error) {
	file, err := f.file(req.GetUploadToken())
	if err != nil {
		return nil, err
	}
	file.whole = req
	return &attachmentproto.CompleteResponse{}, nil
}

func (f fakeAttachments) Open(
	_ context.Context, req *attachmentproto.OpenRequest, _ ...grpc.CallOption,
) (*attachmentproto.OpenResponse, error) {
	file, err := f.file(req.GetFileToken())
	if err != nil {
		return nil, err
	}
	pieces := (len(file.data) + attachmentproto.PieceBytes - 1) / attachmentproto.PieceBytes
	return &attachmentproto.OpenResponse{
		FileType: file.contentType, FileName: "lunch.png", Bytes: int64(len(file.data)), Pieces: int32(pieces),
	}, nil
}

func (f fakeAttachments) ReadPiece(
	_ context.Context, req *attachmentproto.ReadPieceRequest, _ ...grpc.CallOption,
) (*attachmentproto.ReadPieceResponse, error) {
	file, err := f.file(req.GetFileToken())
	if err != nil {
		return nil, err
	}
	from := int(req.GetNumber()) * attachmentproto.PieceBytes
	return &attachmentproto.ReadPieceResponse{
		Data: file.data[from:min(from+attachmentproto.PieceBytes, len(file.data))],
	}, nil
}

func (f fakeAttachments) Register(
	_ context.Context, req *attachmentproto.RegisterRequest, _ ...grpc.CallOption,
) (*attachmentproto.RegisterResponse, error) {
	f.b.changes = append(f.b.changes, req)
	made := &attachmentproto.Attachment{
		Id: idOf("attach", "made", noon), UserId: req.GetUserId(), AccountId: req.GetAccountId(),
		TransactionId: req.GetTransactionId(), FileType: req.GetFileType(), CreatedMs: noon.UnixMilli(),
	}
	if made.FileToken = req.GetFileToken(); made.GetFileToken() == "" {
		made.Url = req.GetFileUrl()
	}
	made.FileName = "lunch.png"
	return &attachmentproto.RegisterResponse{Attachment: made}, nil
}

func (f fakeAttachments) Get(
	_ context.Context, req *attachmentproto.GetRequest, _ ...grpc.CallOption,
) (*attachmentproto.GetResponse, error) {
	found, err := find(f.b, "attachment", f.b.attachments, (*attachmentproto.Attachment).GetId, req.GetAttachmentId())
	return &attachmentproto.GetResponse{Attachment: found}, err
}

func (f fakeAttachments) Deregister(
	_ context.Context, req *attachmentproto.DeregisterRequest, _ ...grpc.CallOption,
) (*attachmentproto.DeregisterResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &attachmentproto.DeregisterResponse{}, nil
}

// List answers one attachment a page.
func (f fakeAttachments) List(
	_ context.Context, req *attachmentproto.ListRequest, _ ...grpc.CallOption,
) (*attachmentproto.ListResponse, error) {
	f.b.asked = append(f.b.asked, req)
	if err := f.b.fails["attachment"]; err != nil {
		return nil, err
	}
	rsp := &attachmentproto.ListResponse{}
	for _, each := range f.b.attachments {
		tx := each.GetTransactionId()
		if each.GetAccountId() != req.GetAccountId() || tx < req.GetFirstTransactionId() ||
			tx > req.GetLastTransactionId() || each.GetId() <= req.GetPageToken() {
			continue
		}
		if len(rsp.GetAttachments()) == 1 {
			rsp.NextPageToken = rsp.GetAttachments()[0].GetId()
			break
		}
		rsp.Attachments = append(rsp.Attachments, each)
	}
	return rsp, nil
}

// attachmentsOfAlice are a file of hers, and one that lies elsewhere.
func attachmentsOfAlice() []*attachmentproto.Attachment {
	of := func(n time.Duration) *attachmentproto.Attachment {
		return &attachmentproto.Attachment{
			Id: idOf("attach", "of alice", noon.Add(n)), UserId: alice, AccountId: alicesAcc,
			TransactionId: idOf("tx", "pending", noon), FileType: "image/png", CreatedMs: noon.Add(time.Hour).UnixMilli(),
		}
	}
	here, there := of(0), of(time.Minute)
	here.FileToken, here.FileName, there.Url = "FILE", "lunch.png", "https://elsewhere.example/lunch.png"
	return []*attachmentproto.Attachment{here, there}
}

func badAttachments(tx string) []badly {
	const upload, register = "/attachment/upload", "/attachment/register"
	return []badly{
		{"POST", upload, `{"file_type":"image/png"}`, "missing_param.file_name"},
		{"POST", upload, `{"file_name":"a.png"}`, "missing_param.file_type"},
		{"POST", upload, `{"file_name":"a.png","file_type":"image/png","content_length":0}`, "bad_param.content_length"},
		{"POST", upload, `{"file_name":"a.png","file_type":"image/png","content_length":"x"}`, "bad_param.content_length"},
		{"POST", register, `{"file_url":"https://a.b","file_type":"image/png"}`, "missing_param.external_id"},
		{"POST", register, `{"external_id":"` + tx + `","file_type":"image/png"}`, "missing_param.file_url"},
		{"POST", register, `{"external_id":"` + tx + `","file_url":"https://a.b"}`, "missing_param.file_type"},
		{"POST", "/attachment/deregister", `{}`, "missing_param.id"},
	}
}

func TestAnUploadIsBegunByFormAndByJSON(t *testing.T) {
	for name, c := range map[string]struct {
		form, json string
		length     int64
	}{
		"form":        {form: "file_name=foo.png&file_type=image%2Fpng&content_length=12345", length: 12345},
		"old form":    {form: "file_name=foo.png&file_type=image/png"},
		"JSON":        {json: `{"file_name":"foo.png","file_type":"image/png","content_length":12345}`, length: 12345},
		"JSON's text": {json: `{"file_name":"foo.png","file_type":"image/png","content_length":"12345"}`, length: 12345},
	} {
		b := newBank()
		door := b.serve(t).As("alice")
		rsp := door.JSON("POST", "/attachment/upload", c.json)
		if c.form != "" {
			rsp = door.Form("POST", "/attachment/upload/", c.form)
		}
		want := &attachmentproto.BeginRequest{
			UserId: alice, FileName: "foo.png", FileType: "image/png", ContentLength: c.length,
		}
		if diff := cmp.Diff(want, b.changes[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: asked for\n%s", name, diff)
		}
		wantGolden(t, "upload.json", rsp)
	}
}

// uploading is the API of a bank in which a file was begun.
func uploading(t *testing.T) (*uploadedFile, *edgetest.Door) {
	t.Helper()
	b, file := newBank(), &uploadedFile{attempts: make(map[string]bool)}
	b.files = map[string]*uploadedFile{"UPLOAD": file, "FILE": file}
	return file, b.serve(t) // Nobody needs a token.
}

func gzipped(t *testing.T, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAFileIsUploadedByPOSTOrPUTPlainOrGzipped(t *testing.T) {
	whole := bytes.Repeat([]byte("lunch"), 100_000)
	for name, c := range map[string]struct {
		method, path, encoding, contentType string
		body                                io.Reader
		sent                                int
	}{
		"POST":         {"POST", "", "", "image/png", bytes.NewReader(whole), len(whole)},
		"PUT":          {"PUT", "/", "", "", bytes.NewReader(whole), len(whole)},
		"put":          {"put", "?file=lunch.png", "", "image/png", bytes.NewReader(whole), len(whole)},
		"of no length": {"PUT", "", "", "image/png", io.MultiReader(bytes.NewReader(whole)), len(whole)},
		"gzipped":      {"PUT", "", "gzip", "image/png", bytes.NewReader(gzipped(t, whole)), len(gzipped(t, whole))},
	} {
		file, door := uploading(t)
		if c.contentType != "" {
			door = door.With("Content-Type", c.contentType)
		}
		rsp := door.With("Content-Encoding", c.encoding).With("Accept", "image/png").
			Do(c.method, "/attachment/upload/UPLOAD"+c.path, c.body)
		if string(rsp.Body) != "{}\n" || rsp.Status != http.StatusOK {
			t.Errorf("%s: got %d %s", name, rsp.Status, rsp.Body)
			continue
		}
		sum := sha256.Sum256(whole)
		if !bytes.Equal(file.data, whole) || len(file.attempts) != 1 || !file.attempts[file.whole.GetAttempt()] ||
			file.whole.GetBytes() != int64(len(whole)) || file.whole.GetSentBytes() != int64(c.sent) ||
			!bytes.Equal(file.whole.GetSha256(), sum[:]) || file.contentType != c.contentType {
			t.Errorf("%s: of %d bytes %d were kept, as %q: %v", name, len(whole), len(file.data), file.contentType, file.whole)
		}
	}
}

func TestAnUploadThatIsCutShortOrTooLongIsNotCompleted(t *testing.T) {
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		code     string
	}{
		"too long":           {"", make([]byte, attachmentproto.BytesMax+1), "bad_request.body_too_large"},
		"too long, inflated": {"gzip", gzipped(t, make([]byte, attachmentproto.BytesMax+1)), "bad_request.body_too_large"},
		"cut short":          {"gzip", gzipped(t, []byte("lunch"))[:20], "bad_request.bad_body"},
	} {
		file, door := uploading(t)
		door.With("Content-Encoding", c.encoding).Do("PUT", "/attachment/upload/UPLOAD", bytes.NewReader(c.body)).
			Refused(http.StatusBadRequest, c.code)
		if file.whole != nil {
			t.Errorf("%s: completed was %v", name, file.whole)
		}
	}
	file, door := uploading(t)
	door.Do("PUT", "/attachment/upload/ANOTHER", strings.NewReader("x")).Refused(http.StatusNotFound, "not_found.file")
	if door.Do("PUT", "/attachment/upload/UPLOAD", nil); file.whole.GetBytes() != 0 {
		t.Errorf("of nothing: %v", file.whole)
	}
}

// unread is a body that is not to be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("it was read")
	return 0, io.EOF
}

// Nobody needs a token to come here, and whoever has no upload URL is turned away before the file is read.
func TestAStrangersFileIsNotRead(t *testing.T) {
	b, rsp := newBank(), httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), "PUT", "/attachment/upload/GUESS", unread{t})
	req.ContentLength = 1_000
	door(b.peers(), edge.Standard{}).ServeHTTP(rsp, req)
	if rsp.Code != http.StatusNotFound {
		t.Errorf("got %d %s", rsp.Code, rsp.Body)
	}
}

func TestAFileIsShownToWhoKnowsWhereItLiesAndRunsNothing(t *testing.T) {
	file, door := uploading(t)
	file.data, file.contentType = bytes.Repeat([]byte("lunch"), 100_000), "image/png"
	rsp := door.With("Accept", "image/*").Get("/attachment/file/FILE/lunch.png")
	if rsp.Status != http.StatusOK || !bytes.Equal(rsp.Body, file.data) {
		t.Errorf("got %d, %d bytes", rsp.Status, len(rsp.Body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Disposition":     "inline; filename=lunch.png",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Referrer-Policy": "no-referrer",
	} {
		if got := rsp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	file.contentType = "application/pdf"
	rsp = door.Get("/attachment/file/FILE/anything")
	if got := rsp.Header.Get("Content-Disposition"); got != "attachment; filename=lunch.png" {
		t.Errorf("of a document: %q", got)
	}
	door.Get("/attachment/file/GUESS/lunch.png").Refused(http.StatusNotFound, "not_found.file")
}

func TestAFileThatCannotBeReadToItsEndIsNotTakenForWhole(t *testing.T) {
	b := newBank()
	file := &uploadedFile{data: make([]byte, 2*attachmentproto.PieceBytes), contentType: "image/png"}
	b.files = map[string]*uploadedFile{"FILE": file}
	to := b.peers()
	to.attachments = halfway{to.attachments}
	server := edgetest.Serve(t, door(to, edge.Standard{}))
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL()+"/attachment/file/FILE/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	rsp, err := client.Do(req)
	if err == nil {
		_, err = io.ReadAll(rsp.Body)
		_ = rsp.Body.Close()
	}
	if err == nil {
		t.Error("it was read to its end")
	}
}

// halfway reads the first piece of each file only.
type halfway struct {
	attachmentproto.AttachmentsClient
}

func (h halfway) ReadPiece(
	ctx context.Context, req *attachmentproto.ReadPieceRequest, options ...grpc.CallOption,
) (*attachmentproto.ReadPieceResponse, error) {
	if req.GetNumber() > 0 {
		return nil, errs.New(errs.Unavailable, "Not now")
	}
	return h.AttachmentsClient.ReadPiece(ctx, req, options...)
}

func TestAnAttachmentIsRegisteredWhereverItsFileLies(t *testing.T) {
	for url, token := range map[string]string{
		"https://api.farthing.example/attachment/file/FILE/lunch.png": "FILE",
		"http://127.0.0.1:8080/attachment/file/FILE/lunch.png?a=b":    "FILE",
		"https://elsewhere.example/lunch.png":                         "",
	} {
		b := newBank()
		b.transactions = append(b.transactions, pending("pending", noon))
		tx := b.transactions[0].GetId()
		rsp := b.serve(t).As("alice").JSON("POST", "/attachment/register",
			`{"external_id":"`+tx+`","file_url":"`+url+`","file_type":"image/png"}`)
		want := &attachmentproto.RegisterRequest{
			UserId: alice, AccountId: alicesAcc, TransactionId: tx, FileType: "image/png", FileUrl: url, FileToken: token,
		}
		if diff := cmp.Diff(want, b.changes[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: asked for\n%s", url, diff)
		}
		if token != "" {
			wantGolden(t, "attachment.json", rsp)
		}
	}
}

func TestATransactionShowsWhatIsAttachedToIt(t *testing.T) {
	b := newBank()
	b.transactions = []*transactionsproto.Transaction{pending("pending", noon), pending("other", noon.Add(time.Hour))}
	b.attachments = attachmentsOfAlice()
	door, path := b.serve(t).As("alice"), "/transactions/"+b.transactions[0].GetId()
	wantGolden(t, "attached.json", door.Get(path))
	type shown struct {
		ID          string
		Attachments []struct{ URL string }
	}
	var one struct{ Transaction shown }
	door.Form("PATCH", path, "metadata[foo]=bar").Into(&one)
	var all struct{ Transactions []shown }
	door.Get("/transactions?account_id=" + alicesAcc).Into(&all)
	for name, got := range map[string]shown{"annotated": one.Transaction, "listed": all.Transactions[0]} {
		if len(got.Attachments) != 2 || got.Attachments[1].URL != "https://elsewhere.example/lunch.png" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := all.Transactions[1]; got.Attachments != nil {
		t.Errorf("another shows %+v", got)
	}
}

// A page asks once for what is attached, whatever its length, and an empty one not at all.
func TestAListAsksOnceForAttachments(t *testing.T) {
	b := newBank()
	for n := range 30 {
		b.transactions = append(b.transactions, pending("pending", noon.Add(time.Duration(n)*time.Second)))
	}
	door := b.serve(t).As("alice")
	for before, want := range map[string]int{"2027-01-01T00:00:00Z": 1, "2026-01-01T00:00:00Z": 0} {
		b.asked = nil
		door.Get("/transactions?account_id=" + alicesAcc + "&before=" + before).Into(new(any))
		asked := 0
		for _, each := range b.asked {
			if list, ok := each.(*attachmentproto.ListRequest); ok {
				asked++
				if list.GetFirstTransactionId() != b.transactions[0].GetId() ||
					list.GetLastTransactionId() != b.transactions[29].GetId() {
					t.Errorf("asked for %v", list)
				}
			}
		}
		if asked != want {
			t.Errorf("before %s it asked %d times, want %d", before, asked, want)
		}
	}
}

// What cannot be answered whole is not done: nobody is told that nothing was when something was.
func TestWithoutItsAttachmentsATransactionIsNeitherShownNorAnnotated(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	b.fails["attachment"] = errs.New(errs.Unavailable, "Try again")
	door, path := b.serve(t).As("alice"), "/transactions/"+b.transactions[0].GetId()
	door.Get(path).Refused(http.StatusServiceUnavailable, "unavailable")
	door.Form("PATCH", path, "metadata[foo]=bar").Refused(http.StatusServiceUnavailable, "unavailable")
	wantUnchanged(t, b)
}
