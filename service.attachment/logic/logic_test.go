package logic_test

import (
	"strings"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.attachment/logic"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// firsts are how files of each kind begin.
func firsts() map[string]string {
	return map[string]string{
		"image/jpeg": "\xff\xd8\xff\xe0\x00\x10JFIF", "image/png": "\x89PNG\r\n\x1a\n\x00", "image/gif": "GIF89a\x01",
		"image/webp": "RIFF\x24\x00\x00\x00WEBPVP8 ", "image/heic": "\x00\x00\x00\x18ftypheic\x00",
		"application/pdf": "%PDF-1.7\n",
	}
}

func TestAFileIsOfTheKindThatItsBytesBeginAs(t *testing.T) {
	all := firsts()
	all["none"], all["short"], all["page"], all["drawing"] = "", "\xff\xd8", "<!doctype html>", "<svg onload=alert(1)>"
	for of, first := range all {
		for kind := range firsts() {
			if err := logic.CheckFirst(kind, []byte(first)); (err == nil) != (of == kind) {
				t.Errorf("a file of %s, said to be %s: %v", of, kind, err)
			}
		}
	}
	if err := logic.CheckFirst("text/html", []byte("<!doctype html>")); err == nil {
		t.Error("a page is taken")
	}
}

func TestAKindIsWhatAMediaTypeNames(t *testing.T) {
	for said, want := range map[string]string{
		"image/png": "image/png", "IMAGE/PNG": "image/png", " image/png ; q=1": "image/png", "image/jpg": "image/jpeg",
		"image/heif": "image/heif", "application/pdf": "application/pdf",
		"image/svg+xml": "", "text/html": "", "image/*": "", "png": "", "image/tiff": "",
	} {
		got, err := logic.CheckKind("file_type", said)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", said, got, err)
		}
		if want == "" && !errs.Is(err, "bad_request.bad_param.file_type") {
			t.Errorf("%q: got %v", said, err)
		}
	}
	if _, err := logic.CheckKind("file_type", ""); !errs.Is(err, "bad_request.missing_param.file_type") {
		t.Errorf("none: %v", err)
	}
}

func TestWhoUploadsMaySayNothingOfTheKindButNotAnother(t *testing.T) {
	for said, ok := range map[string]bool{
		"": true, "image/jpeg": true, "image/jpg": true, "application/octet-stream": true, "image/png": false,
		"application/x-www-form-urlencoded": true, "application/json; charset=utf-8": true, "text/html": false,
		"multipart/form-data; boundary=x": false,
	} {
		if err := logic.CheckSaid("image/jpeg", said); (err == nil) != ok {
			t.Errorf("%q: %v", said, err)
		}
	}
}

func uploaded() logic.Upload {
	return logic.Upload{Attempt: "a", Bytes: 1_000, SentBytes: 900, SHA256: []byte("sum")}
}

func TestWhatWasUploadedFirstStays(t *testing.T) {
	begun := logic.File{State: logic.Begun, Kind: "image/png"}
	first, err := begun.Complete(uploaded())
	if err != nil || first.State != logic.Uploaded || first.Attempt != "a" || first.Bytes != 1_000 || first.Pieces() != 1 {
		t.Fatalf("uploaded: %+v, %v", first, err)
	}
	again := uploaded()
	again.Attempt = "b"
	if same, err := first.Complete(again); err != nil || same.Attempt != "a" {
		t.Errorf("again: %+v, %v", same, err)
	}
	again.SHA256 = []byte("other")
	if _, err := first.Complete(again); !errs.Is(err, "conflict.uploaded") {
		t.Errorf("another file: %v", err)
	}
	first.State = logic.Removed
	if _, err := first.Complete(uploaded()); !errs.Is(err, "not_found.file") {
		t.Errorf("once it is removed: %v", err)
	}
}

func TestAnUploadIsAsLongAsItsSenderSaid(t *testing.T) {
	for name, c := range map[string]struct {
		declared, bytes, sent int64
		code                  string
	}{
		"nothing was said": {0, 5, 5, ""}, "before it was zipped": {5, 5, 3, ""}, "after it was zipped": {3, 5, 3, ""},
		"longer": {4, 5, 5, "content_length"}, "shorter": {6, 5, 5, "content_length"}, "empty": {0, 0, 0, "file"},
		"the longest": {0, logic.BytesMax, 1, ""}, "too long": {0, logic.BytesMax + 1, 1, "file"},
	} {
		f := logic.File{State: logic.Begun, Declared: c.declared}
		f, err := f.Complete(logic.Upload{Bytes: c.bytes, SentBytes: c.sent})
		switch {
		case c.code == "" && (err != nil || f.Pieces() > logic.PiecesMax):
			t.Errorf("%s: %v, %d pieces", name, err, f.Pieces())
		case c.code != "" && !errs.Is(err, "bad_request.bad_param."+c.code):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileIsAttachedOnce(t *testing.T) {
	file := logic.File{State: logic.Uploaded, User: "alice", Kind: "image/png"}
	to := logic.Attachment{ID: "attach_1", User: "alice", Account: "acc_1", Transaction: "tx_1"}
	attached, err := file.Attach(to, "image/png")
	if err != nil || attached.State != logic.Attached || attached.Attachment != to {
		t.Fatalf("attached: %+v, %v", attached, err)
	}
	repeat := to
	repeat.ID = "attach_2"
	if again, err := attached.Attach(repeat, "image/png"); err != nil || again.Attachment.ID != "attach_1" {
		t.Errorf("again: %+v, %v", again, err)
	}
	for code, spoil := range map[string]func(*logic.File, *logic.Attachment){
		"conflict.file_registered": func(f *logic.File, to *logic.Attachment) {
			*f = attached
			to.Transaction = "tx_2"
		},
		"not_found.file":                   func(_ *logic.File, to *logic.Attachment) { to.User = "bob" },
		"precondition_failed.not_uploaded": func(f *logic.File, _ *logic.Attachment) { f.State = logic.Begun },
		"bad_request.bad_param.file_type":  func(f *logic.File, _ *logic.Attachment) { f.Kind = "image/gif" },
	} {
		f, to := file, to
		spoil(&f, &to)
		if _, err := f.Attach(to, "image/png"); !errs.Is(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	file.State = logic.Removed
	if _, err := file.Attach(to, "image/png"); !errs.Is(err, "not_found.file") {
		t.Errorf("once it is removed: %v", err)
	}
}

func TestOnlyWhatNobodyAttachesIsOrphaned(t *testing.T) {
	late := noon.Add(logic.AttachWithin)
	for state, want := range map[logic.State]bool{
		logic.Begun: true, logic.Uploaded: true, logic.Attached: false, logic.Removed: false,
	} {
		f := logic.File{State: state, Created: noon}
		if f.Orphaned(late) != want || f.Orphaned(late.Add(-time.Millisecond)) {
			t.Errorf("%v: %v", state, f.Orphaned(late))
		}
	}
}

func TestATokenIsReadAsItWasMadeAndNothingElseIsOne(t *testing.T) {
	file, secret := id.Derived("file", noon, "x"), strings.Repeat("S", 26)
	gotFile, gotSecret, ok := logic.ReadToken(logic.Token(file, secret))
	if gotFile != file || gotSecret != secret || !ok {
		t.Errorf("got %s, %s, %v", gotFile, gotSecret, ok)
	}
	token := logic.Token(file, secret)
	for _, none := range []string{"", "x", secret, strings.Repeat("S", 48), token[1:], "/" + token} {
		if f, s, ok := logic.ReadToken(none); ok {
			t.Errorf("%q is a token of %s, %s", none, f, s)
		}
	}
}

func TestANameKeepsWhatMayStandInAURL(t *testing.T) {
	for name, want := range map[string]string{
		"foo.png": "foo.png", "": "file", "../../etc/passwd": "passwd", `C:\pictures\me.JPG`: "me.JPG",
		".htaccess":      "htaccess",
		"a b\"c\r\n.png": "a-b-c--.png", "Quittung März.pdf": "Quittung-M-rz.pdf", "/": "file", "..": "file",
		strings.Repeat("x", 200) + ".png": strings.Repeat("x", 96) + ".png",
	} {
		if got := logic.SafeName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func FuzzANameIsSafe(f *testing.F) {
	f.Add("foo.png")
	f.Add("..\\\x00é/\"")
	f.Fuzz(func(t *testing.T, name string) {
		got := logic.SafeName(name)
		if got == "" || len(got) > 100 || strings.ContainsAny(got, "/\\\"%?#\r\n ;") || strings.HasPrefix(got, ".") {
			t.Fatalf("%q is kept as %q", name, got)
		}
		if logic.SafeName(got) != got {
			t.Fatalf("%q is kept as %q", got, logic.SafeName(got))
		}
	})
}
